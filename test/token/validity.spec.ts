import { checkStillValid, checkValidity } from '../../lib/token/validity.js';

const NOW = 1_800_000_000;

/** The rules that claims break at a time. */
function brokenAt(now: number, claims: Readonly<Record<string, unknown>>, check = checkStillValid): string[] {
  const broken: string[] = [];
  check(claims, { now, clockTolerance: 5 }, (code) => void broken.push(code));
  return broken;
}

describe('the time during which a token is valid', () => {
  it.each<[what: string, claims: Readonly<Record<string, unknown>>, broken: string[]]>([
    ['ends with exp and the tolerance', { exp: NOW - 5 }, ['token_expired']],
    ['has not ended a moment before', { exp: NOW - 4.999 }, []],
    ['begins with nbf, less the tolerance', { nbf: NOW + 5 }, []],
    ['has not begun a moment before', { nbf: NOW + 5.001 }, ['token_not_yet_valid']],
    ['is over for an exp that is no number', { exp: `${NOW + 60}` }, ['token_expired']],
    ['has not begun for an nbf that is no number', { nbf: `${NOW - 60}` }, ['token_not_yet_valid']],
    ['is not limited without exp and nbf', {}, []],
  ])('%s', (_, claims, broken) => expect(brokenAt(NOW, claims)).toEqual(broken));

  it.each([Number.NaN, undefined as unknown as number])('is over if the clock says %s', (now) => {
    expect(brokenAt(now, { exp: NOW, nbf: 0 })).toEqual(['token_expired', 'token_not_yet_valid']);
  });

  it('needs an exp in a JWT', () => expect(brokenAt(NOW, {}, checkValidity)).toEqual(['exp_missing']));
});
