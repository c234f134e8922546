import {
  createTestAuthorizationServer,
  type TestAccessTokenOptions,
  type TestAuthorizationServer,
} from 'nestjs-step-up/testing';
import {
  type AuthorizationServerProfile,
  checkAuthorizationServers,
  profiles,
} from '../../../lib/authorization-servers/index.js';
import { AccessTokenRefused, AccessTokenVerifier, examineJwt } from '../../../lib/token/index.js';
import { KeySet } from '../../../lib/token/keys/key-set.js';

const CLOCK_TOLERANCE = 5;

let server: TestAuthorizationServer;
beforeAll(async () => {
  server = await createTestAuthorizationServer();
});
afterAll(() => server?.close());

/** The codes of all refusals, next to the one by which a verifier refuses. */
async function codesOf(token: string, profile: AuthorizationServerProfile) {
  const { issuer, audience } = server;
  const [configured] = checkAuthorizationServers([{ issuer, audience, profile }]);
  const clock = { now: Date.now() / 1000, clockTolerance: CLOCK_TOLERANCE };
  const { refusals } = await examineJwt(token, configured!, clock);
  const first = await new Promise((resolve) =>
    resolve(new AccessTokenVerifier([configured!], CLOCK_TOLERANCE).verify(token)),
  )
    .then(() => undefined)
    .catch((error: AccessTokenRefused) => error.code);
  return { all: refusals.map(({ code }) => code), first };
}

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

test.each<[name: string, options: TestAccessTokenOptions, profile: AuthorizationServerProfile, codes: string[]]>([
  ['a good token', {}, {}, []],
  [
    'SRV-7 a token of a server that knows no RFC 9068',
    { header: { typ: undefined }, claims: { aud: 'page', client_id: undefined, jti: undefined } },
    {},
    ['typ_mismatch', 'audience_mismatch', 'client_id_missing', 'jti_missing'],
  ],
  [
    'SRV-5 a lightweight token of Keycloak',
    { header: { typ: 'JWT' }, claims: { typ: 'Bearer', azp: 'page', sub: undefined, aud: undefined } },
    profiles.keycloak,
    ['audience_mismatch', 'sub_missing'],
  ],
  [
    'a token of which everything is wrong, and of an unknown key',
    {
      header: { typ: ['a'], crit: ['b64'], b64: true, kid: 'other' },
      claims: {
        aud: 1,
        exp: 1,
        nbf: 'x',
        cnf: {},
        sub: 1,
        client_id: 1,
        jti: 1,
        iat: 'x',
        nonce: 'n',
        deep: nested(200),
      },
    },
    { otherTokenClaims: ['nonce'] },
    [
      'crit_unsupported',
      'typ_unreadable',
      'audience_mismatch',
      'token_expired',
      'token_not_yet_valid',
      'key_unknown',
      'token_kind_mismatch',
      'cnf_unsupported',
      'sub_missing',
      'client_id_missing',
      'jti_missing',
      'iat_missing',
      'claims_too_deep',
    ],
  ],
  ['no exp, issued in the future', { claims: { exp: undefined, iat: 9e9 } }, {}, ['exp_missing', 'iat_in_future']],
  ['a kid that is no text', { header: { kid: 1 }, claims: { sub: '' } }, {}, ['kid_unreadable', 'sub_missing']],
  [
    'another issuer, whose keys are not looked for',
    { header: { kid: 'other' }, claims: { iss: 'https://other.example', jti: 1 } },
    {},
    ['issuer_unknown', 'jti_missing'],
  ],
])(
  'every rule that a JWT breaks is found, and the first is that of the verifier: %s',
  async (_, options, profile, codes) => {
    const token = await server.accessToken(options);
    await expect(codesOf(token, profile)).resolves.toEqual({ all: codes, first: codes[0] });
  },
);

test('a signature that does not hold is found next to what the claims lack', async () => {
  const [header, payload] = (await server.accessToken({ claims: { jti: undefined } })).split('.');
  const [, , signature] = (await server.accessToken({})).split('.');
  await expect(codesOf(`${header}.${payload}.${signature}`, {})).resolves.toEqual({
    all: ['signature_invalid', 'jti_missing'],
    first: 'signature_invalid',
  });
});

test('a token whose key cannot be read is examined as far as it can be', async () => {
  const token = await server.accessToken({ claims: { jti: undefined } });
  const { issuer, audience } = server;
  const [unreachable] = checkAuthorizationServers([{ issuer, audience, jwksUri: `${issuer}/no-keys` }]);
  const examination = await examineJwt(token, unreachable!, {
    now: Date.now() / 1000,
    clockTolerance: CLOCK_TOLERANCE,
  });
  expect(examination).toMatchObject({ refusals: [{ code: 'jti_missing' }], unavailable: { code: 'keys_unreadable' } });
});

test('the signature of an algorithm that is not allowed is not checked', async () => {
  const [, payload, signature] = (await server.accessToken({})).split('.');
  const header = Buffer.from('{"alg":"HS256","typ":"at+jwt","kid":"other"}').toString('base64url');
  await expect(codesOf(`${header}.${payload}.${signature}`, {})).resolves.toEqual({
    all: ['algorithm_not_allowed'],
    first: 'algorithm_not_allowed',
  });
});

test('another issuer is named, next to the one that is expected', async () => {
  const [configured] = checkAuthorizationServers([{ issuer: server.issuer, audience: server.audience }]);
  const token = await server.accessToken({ claims: { iss: 'https://other.example' } });
  const clock = { now: Date.now() / 1000, clockTolerance: CLOCK_TOLERANCE };
  expect((await examineJwt(token, configured!, clock)).refusals).toEqual([
    expect.objectContaining({ code: 'issuer_unknown', found: 'https://other.example', expected: [server.issuer] }),
  ]);
});

test('an error that is neither a refusal nor an outage is not hidden', async () => {
  const [configured] = checkAuthorizationServers([{ issuer: server.issuer, audience: server.audience }]);
  const clock = { now: Date.now() / 1000, clockTolerance: CLOCK_TOLERANCE };
  const fault = jest.spyOn(KeySet.prototype, 'keyFor').mockImplementation(() => {
    throw new RangeError('a fault');
  });
  try {
    await expect(examineJwt(await server.accessToken({}), configured!, clock)).rejects.toThrow(RangeError);
  } finally {
    fault.mockRestore();
  }
});

test('what is no JWT is refused', async () => {
  const [configured] = checkAuthorizationServers([{ issuer: server.issuer, audience: server.audience }]);
  const clock = { now: Date.now() / 1000, clockTolerance: CLOCK_TOLERANCE };
  await expect(examineJwt('opaque', configured!, clock)).rejects.toBeInstanceOf(AccessTokenRefused);
});
