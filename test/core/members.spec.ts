import { checkMembers, StepUpConfigurationError } from '../../lib/core/index.js';

const KNOWN = ['refreshAfter', 'staleFor', 'aud'];
const check = (options: object, known: Iterable<string> = KNOWN) =>
  checkMembers(options, known, (member) => `"keys" has no member "${member}"`);

test.each<[what: string, options: object]>([
  ['none', {}],
  ['some', { staleFor: 1 }],
  ['all', { refreshAfter: 1, staleFor: undefined, aud: 3 }],
  ['inherited ones beside', Object.create({ another: 1 }, { aud: { enumerable: true, value: 1 } })],
])('checkMembers accepts known members: %s', (_, options) => {
  expect(() => check(options)).not.toThrow();
});

test.each<[member: string, hint: string]>([
  ['refreshafter', 'the closest is "refreshAfter"; '],
  ['refreshAftr', 'the closest is "refreshAfter"; '],
  // a third of it, and beyond
  ['staleXYZ_', ''],
  ['staleForXYZ', 'the closest is "staleFor"; '],
  ['staleForXYZ4', 'the closest is "staleFor"; '],
  ['staleForXYZ45', ''],
  // one slip is always close
  ['au', 'the closest is "aud"; '],
  ['ad', 'the closest is "aud"; '],
  ['a', ''],
  ['somethingElse', ''],
])('checkMembers refuses "%s", and names what is close', (member, hint) => {
  const refused = () => check({ aud: 1, [member]: 1 });
  expect(refused).toThrow(StepUpConfigurationError);
  expect(refused).toThrow(
    new StepUpConfigurationError(`"keys" has no member "${member}"; ${hint}known are refreshAfter, staleFor, aud`),
  );
});

test('checkMembers refuses every member if none is known', () => {
  expect(() => check({ a: 1 }, new Set())).toThrow(
    new StepUpConfigurationError('"keys" has no member "a"; known are '),
  );
});
