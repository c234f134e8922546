import type { BoundTokens } from '../../lib/authorization-servers/index.js';
import { checkConfirmation, confirmationOf, isSameConfirmation } from '../../lib/token/confirmation.js';
import { AccessTokenRefused } from '../../lib/token/index.js';

const JKT = `${'A'.repeat(41)}-_`;
const X5T = `${'z'.repeat(41)}09`;

function outcome(cnf: unknown, methods: Partial<BoundTokens>): string {
  const boundTokens: BoundTokens = { policy: 'accepted', dpop: false, mtls: false, ...methods };
  try {
    checkConfirmation({ cnf }, { boundTokens });
    return 'accepted';
  } catch (error) {
    if (error instanceof AccessTokenRefused) return `${error.code} ${error.claim}`;
    throw error;
  }
}

describe('RFC 7800 §3.1 a token is bound to a key only in a way that is accepted', () => {
  const [dpop, mtls, both] = [{ dpop: true }, { mtls: true }, { dpop: true, mtls: true }];
  const refused = 'cnf_unsupported cnf';

  test.each<[what: string, cnf: unknown, methods: Partial<BoundTokens>, outcome: string]>([
    ['no cnf', undefined, {}, 'accepted'],
    ['no cnf, where it is accepted', undefined, both, 'accepted'],
    ['RFC 9449 §6.1 a DPoP key', { jkt: JKT }, dpop, 'accepted'],
    ['a DPoP key, for certificates alone', { jkt: JKT }, mtls, refused],
    ['RFC 8705 §3.1 a certificate', { 'x5t#S256': X5T }, mtls, 'accepted'],
    ['a certificate, for DPoP alone', { 'x5t#S256': X5T }, dpop, refused],
    ['both', { jkt: JKT, 'x5t#S256': X5T }, both, 'accepted'],
    ['both, for DPoP alone', { jkt: JKT, 'x5t#S256': X5T }, dpop, refused],
    ['both, for certificates alone', { jkt: JKT, 'x5t#S256': X5T }, mtls, refused],
    ['a further key', { jkt: JKT, kid: 'k' }, both, refused],
    ['a further key that has no value', { jkt: JKT, jwk: null }, both, refused],
    ['the remark of Keycloak next to a key', { jkt: JKT, 'kc-jkt-type': 'DPoP' }, dpop, 'accepted'],
    ['the remark of Keycloak with another value', { jkt: JKT, 'kc-jkt-type': 'other' }, dpop, refused],
    ['the remark of Keycloak alone', { 'kc-jkt-type': 'DPoP' }, both, refused],
    ['no member', {}, both, refused],
    ['a list', [], both, refused],
    ['a list with a key', [{ jkt: JKT }], both, refused],
    ['null', null, both, refused],
    ['a text', JKT, both, refused],
    ['a number', 0, both, refused],
  ])('%s', (_, cnf, methods, expected) => expect(outcome(cnf, methods)).toBe(expected));

  test.each<[what: string, jkt: unknown]>([
    ['a character less', JKT.slice(1)],
    ['a character more', `${JKT}A`],
    ['a character in front', `=${JKT}`],
    ['a line behind', `${JKT}\n`],
    ['the other alphabet of base64', `${JKT.slice(1)}+`],
    ['padding', `${JKT.slice(1)}=`],
    ['nothing', ''],
    ['a list with it', [JKT]],
    ['null', null],
    ['a number', 43],
  ])('a digest that is no SHA-256 in base64url is refused: %s', (_, jkt) => {
    expect(outcome({ jkt }, both)).toBe(refused);
    expect(outcome({ 'x5t#S256': jkt }, both)).toBe(refused);
  });
});

test.each<[what: string, one: object | undefined, other: object | undefined, isSame: boolean]>([
  ['none and none', undefined, undefined, true],
  ['one key', { jkt: JKT }, { jkt: JKT }, true],
  ['one certificate', { 'x5t#S256': X5T }, { 'x5t#S256': X5T }, true],
  ['one of both', { jkt: JKT, 'x5t#S256': X5T }, { 'x5t#S256': X5T, jkt: JKT }, true],
  ['a key and its remark', { jkt: JKT }, { jkt: JKT, 'kc-jkt-type': 'DPoP' }, true],
  ['a key and none', { jkt: JKT }, undefined, false],
  ['none and a certificate', undefined, { 'x5t#S256': X5T }, false],
  ['two keys', { jkt: JKT }, { jkt: X5T }, false],
  ['two certificates', { 'x5t#S256': JKT }, { 'x5t#S256': X5T }, false],
  ['a key, and a certificate with the same digest', { jkt: JKT }, { 'x5t#S256': JKT }, false],
  ['a key, and a certificate more', { jkt: JKT }, { jkt: JKT, 'x5t#S256': X5T }, false],
])('two tokens are bound to the same keys: %s', (_, one, other, isSame) => {
  expect(isSameConfirmation({ cnf: one }, { cnf: other })).toBe(isSame);
  expect(isSameConfirmation({ cnf: other }, { cnf: one })).toBe(isSame);
  expect(confirmationOf({ cnf: one })).toBe(one);
});
