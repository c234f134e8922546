import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { checkAuthorizationServers, type ServerOptions } from '../../../lib/authorization-servers/index.js';
import { AccessTokenVerifier, checkPossession } from '../../../lib/token/index.js';
import { type DPoPKey, dpopHeaders, dpopKey, PUBLIC_URL } from '../../support/dpop.js';

let server: TestAuthorizationServer;
let key: DPoPKey;
let other: DPoPKey;
beforeAll(async () => {
  server = await createTestAuthorizationServer();
  [key, other] = [await dpopKey(), await dpopKey()];
});
afterAll(() => server?.close());

/** Whose introspection tells of each token what is given, next to what the server says. */
function verifierOf(options: Partial<ServerOptions> = {}) {
  const { issuer, audience, introspection } = server;
  const servers = checkAuthorizationServers([
    {
      issuer,
      audience,
      boundTokens: 'accepted',
      introspection: { ...introspection, when: 'always', cacheFor: 0 },
      ...options,
    },
  ]);
  return new AccessTokenVerifier(servers, 5, { possession: checkPossession({ publicUrl: PUBLIC_URL }, servers) });
}

const sent = (token: string, by = key) =>
  ({ scheme: 'DPoP', request: { method: 'GET', url: '/', headers: dpopHeaders(token, by.proof({ token })) } }) as const;

describe('introspection of a JWT that is bound to a key', () => {
  test.each<[name: string, told: () => Record<string, unknown>, code: string | undefined]>([
    ['the same key', () => ({ cnf: key.cnf, token_type: 'DPoP' }), undefined],
    ['nothing of a key', () => ({ cnf: undefined }), undefined],
    ['the type alone', () => ({ cnf: undefined, token_type: 'DPoP' }), undefined],
    ['another key', () => ({ cnf: other.cnf }), 'introspection_mismatch'],
    ['a further key', () => ({ cnf: { ...key.cnf, 'x5t#S256': key.jkt } }), 'introspection_mismatch'],
    ['no key', () => ({ cnf: null }), 'cnf_unsupported'],
    ['a key of an unknown kind', () => ({ cnf: { kid: 'a' } }), 'cnf_unsupported'],
  ])('a response that tells %s', async (_, told, code) => {
    const token = await server.accessToken({ claims: { cnf: key.cnf } });
    const answered = jest.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      if (!String(input).endsWith('/introspect')) return original(input, init);
      const response = (await (await original(input, init)).json()) as Record<string, unknown>;
      return Response.json({ ...response, ...told() });
    });
    try {
      const verified = verifierOf().verify(token, sent(token));
      if (code === undefined) await expect(verified).resolves.toMatchObject({ claims: { cnf: key.cnf } });
      else await expect(verified).rejects.toMatchObject({ code, issuer: server.issuer });
    } finally {
      answered.mockRestore();
    }
  });

  test('a JWT that says nothing of the key that the server tells is refused', async () => {
    const token = await server.accessToken();
    const answered = jest.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      if (!String(input).endsWith('/introspect')) return original(input, init);
      const response = (await (await original(input, init)).json()) as Record<string, unknown>;
      return Response.json({ ...response, cnf: key.cnf });
    });
    try {
      await expect(verifierOf().verify(token, { scheme: 'Bearer', request: {} })).rejects.toMatchObject({
        code: 'introspection_mismatch',
      });
    } finally {
      answered.mockRestore();
    }
  });
});

const original = globalThis.fetch;

describe('profiles that mark tokens that are bound by DPoP', () => {
  const claims = { azp: 'spa', typ: 'DPoP' };
  const header = { typ: 'JWT' };
  const introspection = undefined;

  test('Keycloak: typ DPoP is an access token if it is bound to a key, and typ Bearer is then not', async () => {
    const outcome = async (of: Record<string, unknown>) => {
      const token = await server.accessToken({ header, claims: { ...claims, ...of } });
      const verifier = verifierOf({ profile: 'keycloak', introspection });
      const { code = 'accepted' } = (await Promise.resolve()
        .then(() => verifier.verify(token, sent(token)))
        .catch((error: unknown) => error)) as { code?: string };
      return code;
    };
    expect([
      await outcome({ cnf: key.cnf }),
      await outcome({ cnf: key.cnf, typ: 'Bearer' }),
      await outcome({ cnf: key.cnf, typ: 'ID' }),
      await outcome({ cnf: key.cnf, typ: 'Refresh' }),
      await outcome({}),
      await outcome({ cnf: {} }),
    ]).toEqual([
      'accepted',
      'token_kind_mismatch',
      'token_kind_mismatch',
      'token_kind_mismatch',
      'token_kind_mismatch',
      'token_kind_mismatch',
    ]);
  });
});
