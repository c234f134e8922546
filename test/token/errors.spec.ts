import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { type AuthorizationServerProfile, profiles } from '../../lib/authorization-servers/index.js';
import {
  AccessTokenRefused,
  type AccessTokenRefusedCode,
  AuthorizationServerUnavailable,
  presentedToken,
} from '../../lib/token/index.js';
import { refusedBy } from '../../lib/token/refuse.js';
import { verifierOf } from './verification.js';

let server: TestAuthorizationServer;
beforeAll(async () => {
  server = await createTestAuthorizationServer();
});
afterAll(() => server?.close());

async function refusalOf(
  token: Parameters<TestAuthorizationServer['accessToken']>[0],
  profile: AuthorizationServerProfile = {},
): Promise<unknown> {
  try {
    await verifierOf({ ...server, profile }).verify(await server.accessToken(token));
    return 'accepted';
  } catch (error) {
    return error;
  }
}

describe('a refused access token carries the rule and its facts', () => {
  test.each<[name: string, token: Parameters<typeof refusalOf>[0], facts: Record<string, unknown>]>([
    [
      'another typ',
      { header: { typ: 'JWT' } },
      { code: 'typ_mismatch', error: 'invalid_token', found: 'JWT', expected: ['at+jwt'] },
    ],
    [
      'another audience',
      { claims: { aud: ['https://other.example'] } },
      { code: 'audience_mismatch', found: ['https://other.example'], expected: ['https://api.example'] },
    ],
    ['an audience that is no text', { claims: { aud: { of: 'alice' } } }, { code: 'audience_mismatch' }],
    ['another issuer', { claims: { iss: 'https://other.example' } }, { found: 'https://other.example' }],
    ['no subject', { claims: { sub: undefined } }, { code: 'sub_missing', claim: 'sub' }],
    ['no client', { claims: { client_id: undefined } }, { code: 'client_id_missing', claim: 'client_id' }],
    ['no identifier', { claims: { jti: undefined } }, { code: 'jti_missing', claim: 'jti' }],
    ['no time of issue', { claims: { iat: undefined } }, { code: 'iat_missing', claim: 'iat' }],
    ['a key it is bound to', { claims: { cnf: { jkt: 'x' } } }, { code: 'cnf_unsupported', claim: 'cnf' }],
    ['a time that has passed', { claims: { exp: 1 } }, { code: 'token_expired' }],
  ])('%s', async (_, token, facts) => {
    expect(await refusalOf(token)).toMatchObject({ error: 'invalid_token', ...facts });
  });

  test('a refusal names an algorithm that is not allowed, and those that are', async () => {
    const [, payload] = (await server.accessToken({})).split('.');
    const header = Buffer.from('{"alg":"HS256","typ":"at+jwt"}').toString('base64url');
    const verifier = verifierOf({ ...server, algorithms: ['ES256'] });
    expect(() => verifier.verify(`${header}.${payload}.c2ln`)).toThrow(
      expect.objectContaining({ code: 'algorithm_not_allowed', found: 'HS256', expected: ['ES256'] }),
    );
  });

  test('a refusal names a claim at the path that the profile has', async () => {
    const refused = await refusalOf({ claims: { ext: {} } }, { claims: { clientId: ['ext', 'client'] } });
    expect(refused).toMatchObject({ code: 'client_id_missing', claim: 'ext.client' });
  });

  test('a refusal names a claim that only other tokens have', async () => {
    const refused = await refusalOf({ claims: { nonce: 'n-0S6' } }, { otherTokenClaims: ['nonce'] });
    expect(refused).toMatchObject({ code: 'token_kind_mismatch', claim: 'nonce', expected: [null] });
  });

  test.each<[name: string, profile: AuthorizationServerProfile, claims: Record<string, unknown>, facts: object]>([
    ['another value', profiles.entra, { azp: 'a', ver: '1.0' }, { claim: 'ver', found: '1.0', expected: ['2.0'] }],
    ['a value that is not text', profiles.entra, { azp: 'a', ver: 1 }, { claim: 'ver', expected: ['2.0'] }],
    ['no such claim', profiles.entra, { ver: '2.0' }, { claim: 'azp' }],
    ['another kind', profiles.keycloak, { typ: 'Refresh' }, { claim: 'typ', found: 'Refresh', expected: ['Bearer'] }],
  ])('field RS-18 the mark that a profile asks for is named, with %s', async (_, profile, claims, facts) => {
    const { code, message, ...rest } = (await refusalOf(
      { header: { typ: 'JWT' }, claims },
      profile,
    )) as AccessTokenRefused;
    expect({ ...rest, code, message }).toEqual({
      name: 'AccessTokenRefused',
      error: 'invalid_token',
      issuer: server.issuer,
      code: 'token_kind_mismatch',
      message: 'The claims of the token are not those of an access token',
      ...facts,
    });
  });

  test('a refusal contains neither the token nor its claims', async () => {
    const refused = await refusalOf({ claims: { aud: { of: 'alice' }, email: 'alice@example.com' } });
    expect(JSON.stringify({ ...(refused as object), message: (refused as Error).message })).not.toContain('alice');
  });

  test('two tokens in one request are an invalid request', () => {
    const request = { headers: { authorization: 'Bearer abc' }, url: '/?access_token=abc' };
    expect(() => presentedToken(request)).toThrow(new AccessTokenRefused('access_token_repeated'));
    expect(new AccessTokenRefused('access_token_repeated').error).toBe('invalid_request');
  });
});

/** The error code of RFC 6750 §3.1, or of RFC 9449 §7.1 and §9, that clients are told for each rule. */
const ERRORS: Readonly<Record<AccessTokenRefusedCode, string>> = {
  authorization_header_repeated: 'invalid_request',
  authorization_header_malformed: 'invalid_request',
  access_token_repeated: 'invalid_request',
  access_token_ambiguous: 'invalid_request',
  renewal_without_connection: 'invalid_request',
  token_of_another_user: 'invalid_token',
  token_unreadable: 'invalid_token',
  token_too_long: 'invalid_token',
  scheme_before_token: 'invalid_token',
  jwt_malformed: 'invalid_token',
  jwt_unsigned: 'invalid_token',
  jwt_unreadable: 'invalid_token',
  claims_too_deep: 'invalid_token',
  claim_name_forbidden: 'invalid_token',
  issuer_unknown: 'invalid_token',
  crit_unsupported: 'invalid_token',
  algorithm_not_allowed: 'invalid_token',
  typ_unreadable: 'invalid_token',
  typ_mismatch: 'invalid_token',
  token_kind_mismatch: 'invalid_token',
  audience_mismatch: 'invalid_token',
  exp_missing: 'invalid_token',
  token_expired: 'invalid_token',
  token_not_yet_valid: 'invalid_token',
  cnf_unsupported: 'invalid_token',
  sub_missing: 'invalid_token',
  client_id_missing: 'invalid_token',
  jti_missing: 'invalid_token',
  iat_missing: 'invalid_token',
  iat_in_future: 'invalid_token',
  kid_unreadable: 'invalid_token',
  key_unknown: 'invalid_token',
  key_ambiguous: 'invalid_token',
  key_mismatch: 'invalid_token',
  signature_invalid: 'invalid_token',
  token_inactive: 'invalid_token',
  introspected_kind_mismatch: 'invalid_token',
  introspection_incomplete: 'invalid_token',
  introspection_mismatch: 'invalid_token',
  token_unbound: 'invalid_token',
  binding_unprovable: 'invalid_token',
  dpop_scheme_missing: 'invalid_token',
  proof_missing: 'invalid_dpop_proof',
  proof_repeated: 'invalid_dpop_proof',
  proof_unreadable: 'invalid_dpop_proof',
  proof_typ_mismatch: 'invalid_dpop_proof',
  proof_crit_unsupported: 'invalid_dpop_proof',
  proof_algorithm_not_allowed: 'invalid_dpop_proof',
  proof_key_unusable: 'invalid_dpop_proof',
  proof_key_mismatch: 'invalid_token',
  proof_signature_invalid: 'invalid_dpop_proof',
  proof_claim_missing: 'invalid_dpop_proof',
  proof_method_mismatch: 'invalid_dpop_proof',
  proof_url_mismatch: 'invalid_dpop_proof',
  proof_token_mismatch: 'invalid_dpop_proof',
  proof_expired: 'invalid_dpop_proof',
  proof_in_future: 'invalid_dpop_proof',
  proof_nonce_missing: 'use_dpop_nonce',
  proof_nonce_mismatch: 'use_dpop_nonce',
  proof_replayed: 'invalid_dpop_proof',
  certificate_missing: 'invalid_token',
  certificate_unreadable: 'invalid_token',
  certificate_mismatch: 'invalid_token',
  proof_unsupported: 'invalid_token',
  user_unknown: 'invalid_token',
  token_not_accepted: 'invalid_token',
};
const codes = Object.keys(ERRORS) as AccessTokenRefusedCode[];

describe('what a client is told of a refusal', () => {
  test.each(codes)('RFC 6750 §3 has an error code, and a description that a header can carry: %s', (code) => {
    const { error, message } = new AccessTokenRefused(code);
    expect(error).toBe(ERRORS[code]);
    expect(message).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  });

  test('tells one rule from another', () => {
    expect(new Set(codes.map((code) => new AccessTokenRefused(code).message)).size).toBe(codes.length);
  });
});

test('the issuer is noted at the refusal of a token, and at no other error', () => {
  const thrown = (error: Error) => {
    try {
      return refusedBy('https://as.example')(error);
    } catch (again) {
      expect(again).toBe(error);
      return (again as { issuer?: string }).issuer;
    }
  };
  expect(thrown(new AccessTokenRefused('token_inactive'))).toBe('https://as.example');
  expect(thrown(new RangeError('a fault'))).toBeUndefined();
});

test('an unavailable authorization server composes its message of issuer and reason', () => {
  const cause = new Error('refused');
  const unavailable = new AuthorizationServerUnavailable({
    issuer: 'https://as.example',
    code: 'keys_unreadable',
    reason: 'its key document cannot be reached (ECONNREFUSED)',
    retryAfter: 10,
    cause,
  });
  expect(unavailable.message).toBe('https://as.example: its key document cannot be reached (ECONNREFUSED)');
  expect(unavailable).toMatchObject({ issuer: 'https://as.example', code: 'keys_unreadable', retryAfter: 10, cause });
});

test('an authorization server that nobody knows is not named, and without a cause there is none', () => {
  const reason = '"resolveAuthorizationServer" has thrown';
  const unavailable = new AuthorizationServerUnavailable({ code: 'resolver_failed', reason, retryAfter: 1 });
  expect([unavailable.message, unavailable.issuer, Object.hasOwn(unavailable, 'cause')]).toEqual([
    reason,
    undefined,
    false,
  ]);
  expect(unavailable).toMatchObject({ name: 'AuthorizationServerUnavailable', reason });
});
