import {
  createTestAuthorizationServer,
  type TestAccessTokenOptions,
  type TestAuthorizationServer,
} from 'nestjs-step-up/testing';
import type { AccessTokenVerifier } from '../../../lib/token/index.js';
import { encode } from '../signed-token.js';
import { outcome, refusal, verifierOf } from '../verification.js';

const START = Date.UTC(2026, 0, 1);
const now = START / 1000;

let server: TestAuthorizationServer;
let verifier: AccessTokenVerifier;
let clock: jest.SpyInstance<number, []>;
beforeAll(async () => {
  server = await createTestAuthorizationServer();
});
afterAll(() => server?.close());
beforeEach(() => {
  clock = jest.spyOn(Date, 'now').mockReturnValue(START);
  verifier = verifierOf(server);
});
afterEach(() => clock.mockRestore());

const fate = async (options: TestAccessTokenOptions) => outcome(verifier, await server.accessToken(options));

test('a token by RFC 9068 is accepted, with its claims and its authentication event', async () => {
  const claims = { amr: ['pwd', 'otp'], jti: 'c0ffee' };
  const token = await server.accessToken({ acr: 'mfa', authTime: now - 60, scope: 'a b', claims });
  expect(await verifier.verify(token)).toEqual({
    claims: {
      iss: server.issuer,
      aud: server.audience,
      sub: 'alice',
      client_id: 'test-client',
      scope: 'a b',
      iat: now,
      exp: now + 300,
      acr: 'mfa',
      auth_time: now - 60,
      ...claims,
    },
    event: {
      issuer: server.issuer,
      acr: 'mfa',
      authTime: now - 60,
      amr: ['pwd', 'otp'],
      subject: 'alice',
      clientId: 'test-client',
      scope: 'a b',
    },
    server: expect.objectContaining({ issuer: server.issuer }),
  });
});

describe('typ', () => {
  test.each(['at+jwt', 'at+JWT', 'AT+JWT', 'application/at+jwt', 'Application/AT+JWT'])(
    'RS-61 %s is accepted: a media type, compared without regard to case',
    async (typ) => expect(await fate({ header: { typ } })).toBe('accepted'),
  );

  test.each([
    'JWT',
    'jwt',
    'application/jwt',
    'ID',
    'logout+jwt',
    'token-introspection+jwt',
    'dpop+jwt',
    'secevent+jwt',
    'refresh+jwt',
    'at+jwt ',
    ' at+jwt',
    'at+jwt;v=1',
    'application/application/at+jwt',
    'x-application/at+jwt',
    'text/at+jwt',
    'at-jwt',
    '',
  ])('RS-60 %j is refused', async (typ) => expect(await fate({ header: { typ } })).toBe(refusal.typ));

  test('RS-60 a token without typ is refused', async () => {
    expect(await fate({ header: { typ: undefined } })).toBe(refusal.typ);
  });

  test.each([null, 5, true, ['at+jwt'], { typ: 'at+jwt' }])('RS-60 a typ that is %j is refused', async (typ) => {
    expect(await fate({ header: { typ } })).toBe(refusal.typUnreadable);
  });

  test('RS-67 an ID token is refused', async () => {
    const claims = { aud: 'test-client', nonce: 'n', at_hash: 'h', client_id: undefined, scope: undefined };
    expect(await fate({ header: { typ: 'JWT' }, claims })).toBe(refusal.typ);
  });
});

describe('iss', () => {
  test.each([
    ['a slash more', () => `${server.issuer}/`],
    ['another case', () => server.issuer.replace('http', 'HTTP')],
    ['a space behind', () => `${server.issuer} `],
    ['another host for the same address', () => server.issuer.replace('127.0.0.1', 'localhost')],
    ['somebody else', () => 'https://attacker.example'],
    ['nothing', () => ''],
    ['no claim', () => undefined],
    ['null', () => null],
    ['a list with the issuer', () => [server.issuer]],
    ['an object', () => ({ [server.issuer]: server.issuer })],
    ['a number', () => 1],
    ['true', () => true],
    ['the name of a prototype', () => '__proto__'],
    ['the name of an inherited member', () => 'constructor'],
  ])('RS-63 %s is refused', async (_, iss) => expect(await fate({ claims: { iss: iss() } })).toBe(refusal.iss));
});

describe('aud', () => {
  test.each([
    ['alone', () => server.audience],
    ['in a list', () => [server.audience]],
    ['among others', () => ['https://other.example', server.audience]],
    ['beside what is no text', () => [5, null, server.audience]],
  ])('RS-64 our identifier %s is accepted', async (_, aud) => {
    expect(await fate({ claims: { aud: aud() } })).toBe('accepted');
  });

  test.each([
    ['missing', () => undefined],
    ['null', () => null],
    ['empty', () => ''],
    ['an empty list', () => []],
    ['another API', () => 'https://other.example'],
    ['a list of other APIs', () => ['https://other.example', 'https://third.example']],
    ['the client', () => 'test-client'],
    ['longer than ours', () => `${server.audience}/`],
    ['shorter than ours', () => server.audience.slice(0, -1)],
    ['ours in another case', () => server.audience.toUpperCase()],
    ['ours among others in one text', () => `https://other.example ${server.audience}`],
    ['ours in a list within a list', () => [[server.audience]]],
    ['ours as a name', () => ({ [server.audience]: true })],
    ['ours at the index of an object', () => ({ 0: server.audience, length: 1 })],
    ['a number', () => 0],
    ['true', () => true],
  ])('RS-64 aud that is %s is refused', async (_, aud) => {
    expect(await fate({ claims: { aud: aud() } })).toBe(refusal.aud);
  });

  test('RS-64 any one of several configured identifiers is accepted', async () => {
    verifier = verifierOf({ issuer: server.issuer, audience: ['https://first.example', 'urn:second'] });
    expect(await fate({ claims: { aud: 'urn:second' } })).toBe('accepted');
    expect(await fate({ claims: { aud: server.audience } })).toBe(refusal.aud);
  });
});

describe('claims are handed over as they were sent', () => {
  test.each([
    ['one audience', () => server.audience],
    ['a list of one', () => [server.audience]],
    ['a list with others', () => ['https://other.example', server.audience]],
    ['the second one that is accepted', () => 'urn:second'],
  ])('%s', async (_, aud) => {
    verifier = verifierOf({ issuer: server.issuer, audience: [server.audience, 'urn:second'] });
    const token = await server.accessToken({ claims: { aud: aud() } });
    const { claims } = await verifier.verify(token);
    expect(claims).toEqual(JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()));
  });
});

describe('exp, nbf and iat', () => {
  test.each([
    ['RS-66 exp within the tolerance', { exp: now - 4 }, 'accepted'],
    ['RS-66 exp a fraction within the tolerance', { exp: now - 4.999 }, 'accepted'],
    ['RS-66 exp at the end of the tolerance', { exp: now - 5 }, refusal.exp],
    ['RS-66 exp long ago', { exp: 1 }, refusal.exp],
    ['exp 0', { exp: 0 }, refusal.exp],
    ['exp below zero', { exp: -now }, refusal.exp],
    ['no exp', { exp: undefined }, refusal.expMissing],
    ['exp null', { exp: null }, refusal.exp],
    ['exp as text', { exp: String(now + 300) }, refusal.exp],
    ['exp true', { exp: true }, refusal.exp],
    ['exp in a list', { exp: [now + 300] }, refusal.exp],
    ['exp in an object', { exp: { valueOf: now + 300 } }, refusal.exp],
    ['nbf now', { nbf: now }, 'accepted'],
    ['nbf at the end of the tolerance', { nbf: now + 5 }, 'accepted'],
    ['nbf beyond the tolerance', { nbf: now + 6 }, refusal.nbf],
    ['nbf null', { nbf: null }, refusal.nbf],
    ['nbf as text', { nbf: String(now) }, refusal.nbf],
    ['nbf in a list', { nbf: [now] }, refusal.nbf],
    ['iat at the end of the tolerance', { iat: now + 5 }, 'accepted'],
    ['iat beyond the tolerance', { iat: now + 6 }, refusal.iatFuture],
    ['iat an hour ahead', { iat: now + 3600 }, refusal.iatFuture],
    ['iat in milliseconds', { iat: START }, refusal.iatFuture],
    ['RS-70 no iat', { iat: undefined }, refusal.iat],
    ['iat null', { iat: null }, refusal.iat],
    ['iat as text', { iat: String(now) }, refusal.iat],
    ['iat in a list', { iat: [now] }, refusal.iat],
    ['iat true', { iat: true }, refusal.iat],
  ])('%s', async (_, claims, expected) => expect(await fate({ claims })).toBe(expected));
});

describe('sub, client_id and jti', () => {
  const wrong = [undefined, null, '', 5, true, ['alice'], { sub: 'alice' }];
  test.each(
    [
      { claim: 'sub', expected: refusal.sub },
      { claim: 'client_id', expected: refusal.client },
      { claim: 'jti', expected: refusal.jti },
    ].flatMap(({ claim, expected }) => wrong.map((value) => ({ claim, value, expected }))),
  )('RS-70 $claim that is $value is refused', async ({ claim, value, expected }) => {
    expect(await fate({ claims: { [claim]: value } })).toBe(expected);
  });
});

describe('cnf', () => {
  test.each([
    { jkt: 'thumbprint' },
    { 'x5t#S256': 'thumbprint' },
    { jwk: { kty: 'EC' } },
    { kid: 'a' },
    { jwe: 'a' },
    { jku: 'https://as.example/jwks' },
    { unheard: 'of' },
    {},
    [],
    'text',
    '',
    0,
    false,
    null,
  ])('RS-114 a token bound by %j is not taken for a bearer token', async (cnf) => {
    expect(await fate({ claims: { cnf } })).toBe(refusal.cnf);
  });
});

describe('acr, auth_time, amr and scope do not decide whether a token is valid', () => {
  test.each([
    ['acr a number', { acr: 2 }, {}],
    ['acr null', { acr: null }, {}],
    ['acr a list', { acr: ['mfa'] }, {}],
    ['acr an object', { acr: { value: 'mfa' } }, {}],
    ['auth_time null', { auth_time: null }, {}],
    ['auth_time as text', { auth_time: '1' }, { authTime: '1' }],
    ['auth_time in an object', { auth_time: { at: 1 } }, { authTime: { at: 1 } }],
    ['amr as text', { amr: 'mfa' }, {}],
    ['amr with a number', { amr: ['pwd', 1] }, {}],
    ['scope a number', { scope: 5 }, {}],
    ['scope an object', { scope: { a: true } }, {}],
    ['scope a list', { scope: ['a', 'b'] }, { scope: 'a b' }],
    ['scope a list with a number', { scope: ['a', 1] }, {}],
  ])('%s: the event has it only if it can be read', async (_, claims, event) => {
    const token = await server.accessToken({ authTime: null, claims: { scope: undefined, ...claims } });
    const verified = await verifier.verify(token);
    expect(verified.event).toEqual({ issuer: server.issuer, subject: 'alice', clientId: 'test-client', ...event });
  });

  test.each(['then', 'toString', 'toJSON', 'valueOf', 'hasOwnProperty', 'constructor', 'isPrototypeOf'])(
    'a claim named %s is a claim like any other',
    async (name) => {
      const verified = await verifier.verify(await server.accessToken({ claims: { [name]: 'text' } }));
      expect(Object.getOwnPropertyDescriptor(verified.claims, name)?.value).toBe('text');
    },
  );
});

describe('a token that is refused before its signature costs neither key nor request', () => {
  test.each<[what: string, options: TestAccessTokenOptions, expected: string]>([
    ['issuer', { claims: { iss: 'https://other.example' } }, refusal.iss],
    ['audience', { claims: { aud: 'other' } }, refusal.aud],
    ['exp', { expiresIn: -60 }, refusal.exp],
    ['nbf', { claims: { nbf: now + 60 } }, refusal.nbf],
    ['typ', { header: { typ: 'JWT' } }, refusal.typ],
    ['kid', { header: { kid: 5 } }, refusal.kid],
  ])('RS-69 %s', async (_, options, expected) => {
    const before = server.keyRequests;
    expect(await fate(options)).toBe(expected);
    expect(server.keyRequests).toBe(before);
  });

  test('RS-65 algorithm', async () => {
    const before = server.keyRequests;
    const [, payload] = (await server.accessToken()).split('.');
    for (const alg of ['none', 'HS256', 'ES256K', 'es256', '']) {
      const token = `${encode({ alg, typ: 'at+jwt' })}.${payload}.c2ln`;
      expect(await outcome(verifier, token)).toBe(refusal.alg);
    }
    expect(server.keyRequests).toBe(before);
  });
});

describe('clock', () => {
  test('exp is judged by the time of the request, not of the boot', async () => {
    const token = await server.accessToken({ expiresIn: 10 });
    clock.mockReturnValue(START + 14_999);
    expect(await outcome(verifier, token)).toBe('accepted');
    clock.mockReturnValue(START + 15_000);
    expect(await outcome(verifier, token)).toBe(refusal.exp);
  });
});
