import { closestMatch } from '../../lib/core/index.js';

test.each<[what: string, word: string, candidates: string[], nearest: string | undefined]>([
  ['a letter too many', 'mfaa', ['phr', 'mfa', 'pwd'], 'mfa'],
  ['two letters swapped', 'urn:exmaple:mfa', ['urn:example:pwd', 'urn:example:mfa'], 'urn:example:mfa'],
  ['field CL-17 another case', 'MFA', ['phr', 'pwd', 'mfa'], 'mfa'],
  ['field CL-17 another case at the end', 'urn:example:MFA', ['urn:example:phr', 'urn:example:mfa'], 'urn:example:mfa'],
  ['another case and a letter too many', 'MFAA', ['PHR', 'PWD', 'mfa'], 'mfa'],
  ['another case than two candidates', 'Mfa', ['MFA', 'mfa'], 'mfa'],
  ['no candidates', 'mfa', [], undefined],
])('the closest match with %s is found', (_, word, candidates, nearest) => {
  expect(closestMatch(word, candidates)).toBe(nearest);
});
