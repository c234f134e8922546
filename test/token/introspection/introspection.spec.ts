import { generateKeyPairSync, type KeyObject, webcrypto } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { jwtVerify } from 'jose';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import {
  type AuthorizationServerProfile,
  checkAuthorizationServers,
  type IntrospectionOptions,
} from '../../../lib/authorization-servers/index.js';
import type { AuthenticationEvent, AuthenticationRequirements } from '../../../lib/core/index.js';
import {
  AccessTokenRefused,
  AccessTokenVerifier,
  AuthorizationServerUnavailable,
  type VerifiedAccessToken,
} from '../../../lib/token/index.js';
import { KeptResponses } from '../../../lib/token/introspection/kept-responses.js';
import { pass, stopClockOfEachTest } from '../../support/clock.js';
import { manualTimeouts, serverOfEachTest, slowAnswers, unusableAnswers } from '../json-server.js';
import { INTROSPECTION, introspectingVerifierOf, type ServerOptions } from '../verification.js';

const NOW = Date.UTC(2026, 0, 1) / 1000;
const AUDIENCE = 'https://api.example';
const METADATA = '/.well-known/openid-configuration';

stopClockOfEachTest(NOW * 1000);
const server = serverOfEachTest();
const warnings: string[] = [];
const messages: string[] = [];
beforeEach(() => {
  warnings.length = 0;
  messages.length = 0;
});

const verifier = (introspection: Partial<IntrospectionOptions> = {}, options: Partial<ServerOptions> = {}) =>
  introspectingVerifierOf(server.origin, { ...options, introspection }, warnings, messages);

/** What a well-behaved server says of a token of alice. */
const active = (claims: Record<string, unknown> = {}) => ({
  active: true,
  iss: server.origin,
  aud: AUDIENCE,
  sub: 'alice',
  client_id: 'spa',
  scope: 'read write',
  token_type: 'Bearer',
  exp: NOW + 300,
  acr: 'urn:example:mfa',
  auth_time: NOW - 10,
  ...claims,
});

async function outcome(answer: Promise<VerifiedAccessToken> | VerifiedAccessToken): Promise<string> {
  try {
    await answer;
    return 'accepted';
  } catch (error) {
    if (error instanceof AccessTokenRefused) return `${error.error}: ${error.message}`;
    if (error instanceof AuthorizationServerUnavailable) return error.message.replace(String(error.issuer), 'AS');
    throw error;
  }
}

const NOT_ACTIVE = 'invalid_token: The access token is not active';
const AUDIENCE_REFUSED = 'invalid_token: The access token is for another audience';
const KIND_REFUSED = 'invalid_token: The token is not a bearer access token';
const SUBJECT_REFUSED = 'invalid_token: The access token has no subject';
const EXPIRED = 'invalid_token: The access token has expired';

describe('the response about an opaque token', () => {
  test('RS-81 acr and auth_time are read like those of a JWT', async () => {
    server.json(INTROSPECTION, active());
    const { event, claims } = await verifier().verify('opaque');
    expect(event).toEqual({
      issuer: server.origin,
      acr: 'urn:example:mfa',
      authTime: NOW - 10,
      subject: 'alice',
      clientId: 'spa',
      scope: 'read write',
    });
    expect(claims).toEqual(active());
    expect(Object.isFrozen(claims)).toBe(true);
  });

  test.each<[what: string, claims: Record<string, unknown>, expected: string]>([
    ['RS-80 active: false', { active: false }, NOT_ACTIVE],
    ['RS-80 active: "true"', { active: 'true' }, NOT_ACTIVE],
    ['RS-80 active: 1', { active: 1 }, NOT_ACTIVE],
    ['RS-80 active: null', { active: null }, NOT_ACTIVE],
    ['RS-80 no active', { active: undefined }, NOT_ACTIVE],
    ['our audience among others', { aud: ['https://other.example', AUDIENCE] }, 'accepted'],
    ['another audience', { aud: 'https://other.example' }, AUDIENCE_REFUSED],
    ['no audience', { aud: undefined }, AUDIENCE_REFUSED],
    ['an audience that is a number', { aud: 7 }, AUDIENCE_REFUSED],
    ['no issuer', { iss: undefined }, 'accepted'],
    ['another issuer', { iss: 'https://other.example' }, 'invalid_token: The issuer of the access token is not known'],
    ['an issuer that is null', { iss: null }, 'invalid_token: The issuer of the access token is not known'],
    ['no token_type', { token_type: undefined }, 'accepted'],
    ['token_type in lower case', { token_type: 'bearer' }, 'accepted'],
    ['a DPoP token', { token_type: 'DPoP' }, KIND_REFUSED],
    ['a token_type that is a list', { token_type: ['Bearer'] }, KIND_REFUSED],
    ['token_use access_token', { token_use: 'access_token' }, 'accepted'],
    ['a refresh token by token_use', { token_use: 'refresh_token' }, KIND_REFUSED],
    ['an ID token by token_use', { token_use: 'id_token' }, KIND_REFUSED],
    [
      'a token bound to a key',
      { cnf: {} },
      'invalid_token: The access token is bound to a key, and no proof of possession is accepted here',
    ],
    ['RS-82 no acr and no auth_time', { acr: undefined, auth_time: undefined }, 'accepted'],
    ['RS-82 no exp', { exp: undefined }, 'accepted'],
    [
      'RS-86 exp and iat in milliseconds, auth_time in seconds',
      { exp: (NOW + 60) * 1000, iat: NOW * 1000 },
      'accepted',
    ],
    ['an exp that has passed', { exp: NOW - 6 }, EXPIRED],
    ['an exp that is text', { exp: String(NOW + 300) }, EXPIRED],
    ['an nbf to come', { nbf: NOW + 60 }, 'invalid_token: The access token is not valid yet'],
    ['no subject, a client', { sub: undefined }, 'accepted'],
    ['neither subject nor client', { sub: undefined, client_id: undefined }, SUBJECT_REFUSED],
    ['a subject that is a number', { sub: 7 }, SUBJECT_REFUSED],
    [
      'a claim that would change a prototype',
      { constructor: { prototype: {} } },
      'invalid_token: The access token has a claim name that is not accepted',
    ],
  ])('%s', async (_, claims, expected) => {
    server.json(INTROSPECTION, active(claims));
    expect(await outcome(verifier().verify('opaque'))).toBe(expected);
  });

  test.each<[what: string, before: string, type: string | undefined]>([
    ['with a byte order mark', '\uFEFF', 'application/json'],
    ['as text', '', 'text/plain; charset=utf-8'],
    ['without a media type', '', undefined],
  ])('a response %s is read', async (_, before, type) => {
    const headers = type === undefined ? {} : { 'content-type': type };
    server.text(INTROSPECTION, before + JSON.stringify(active()), 200, headers as Record<string, string>);
    expect(await outcome(verifier().verify('opaque'))).toBe('accepted');
  });

  test('a client without a user is its own subject, so that no user is challenged', async () => {
    server.json(INTROSPECTION, active({ sub: undefined, acr: undefined, auth_time: undefined }));
    const { event } = await verifier().verify('opaque');
    expect(event).toMatchObject({ subject: 'spa', clientId: 'spa' });
  });

  test('RS-85 claims are read at the paths of the profile', async () => {
    server.json(
      INTROSPECTION,
      active({ acr: undefined, auth_time: undefined, ext: { acr: 'high', auth_time: NOW - 3 } }),
    );
    const profile = { claims: { acr: ['ext', 'acr'], authTime: ['ext', 'auth_time'] } };
    const { event } = await verifier({}, { profile }).verify('opaque');
    expect(event).toMatchObject({ acr: 'high', authTime: NOW - 3 });
  });

  test('a missing audience is accepted if the profile says that the server omits it', async () => {
    server.json(INTROSPECTION, active({ aud: undefined }));
    expect(await outcome(verifier({}, { profile: { absentClaims: ['aud'] } }).verify('opaque'))).toBe('accepted');
    server.json(INTROSPECTION, active({ aud: 'https://other.example' }));
    expect(await outcome(verifier({}, { profile: { absentClaims: ['aud'] } }).verify('opaque'))).toBe(AUDIENCE_REFUSED);
  });
});

describe('a server that gives no usable response is unavailable, not the token invalid', () => {
  const withReason = unusableAnswers
    .filter(({ name }) => name !== 'a redirect')
    .map(({ name, reason, answer }) => {
      const shortened = reason.replace('1024', '64').replace('is not a JSON object', 'gives no usable response');
      return [name, shortened, answer] as const;
    });
  test.each<readonly [string, string, RequestListener]>([
    ...withReason,
    ['a redirect', 'is answered with status 302', (_, response) => response.writeHead(302, { location: '/' }).end()],
    ['status 404', 'is answered with status 404', (_, response) => response.writeHead(404).end()],
    ['status 204', 'is answered with status 204', (_, response) => response.writeHead(204).end()],
    [
      'an answer of 100 KiB',
      'is larger than 64 KiB',
      (_, response) => response.end(JSON.stringify({ ...active(), more: 'x'.repeat(102_400) })),
    ],
    [
      'a signed answer that nobody asked for',
      'gives no usable response',
      (_, response) => response.writeHead(200, { 'content-type': 'application/token-introspection+jwt' }).end('a.b.c'),
    ],
    [
      'error invalid_request',
      'gives no usable response',
      (_, response) => response.writeHead(400).end('{"error":"invalid_request"}'),
    ],
    // members of an error of the library that asks
    ...[{ code: 'OAUTH_INVALID_RESPONSE' }, { body: { active: false } }, { cause: null }].map(
      (members): [string, string, RequestListener] => [
        `an error with ${JSON.stringify(members)}`,
        'gives no usable response',
        (_, response) => response.writeHead(400).end(JSON.stringify({ error: 'invalid_request', ...members })),
      ],
    ),
  ])('%s', async (_, reason, answer) => {
    server.answers.set(INTROSPECTION, answer);
    expect(await outcome(verifier().verify('opaque'))).toBe(`AS: its introspection endpoint ${reason}`);
    expect(warnings).toEqual([]);
  });

  test.each<readonly [string, RequestListener]>([
    ['status 401', (_, response) => response.writeHead(401, { 'www-authenticate': 'Basic' }).end()],
    ['status 403', (_, response) => response.writeHead(403).end()],
    ['error invalid_client', (_, response) => response.writeHead(400).end('{"error":"invalid_client"}')],
    ['error unauthorized_client', (_, response) => response.writeHead(400).end('{"error":"unauthorized_client"}')],
  ])('RS-84 credentials that are refused with %s make the server unavailable', async (_, answer) => {
    server.answers.set(INTROSPECTION, answer);
    const refused = await outcome(verifier().verify('opaque'));
    expect(refused).toBe('AS: its introspection endpoint refuses the credentials of this API');
    expect(warnings).toEqual([`introspection_credentials_refused ${server.origin}`]);
  });

  test.each<[method: string, given: Partial<IntrospectionOptions>, other: string | undefined]>([
    ['client_secret_basic', {}, 'client_secret_post'],
    ['client_secret_post', { clientAuthentication: 'client_secret_post' }, 'client_secret_basic'],
    [
      'private_key_jwt',
      { privateKey: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string },
      undefined,
    ],
  ])('RS-84 the advice on credentials that are refused as %s says what to check', async (_, given, other) => {
    server.text(INTROSPECTION, '', 401);
    await outcome(verifier(given).verify('opaque'));
    expect(messages).toEqual([
      'the introspection endpoint refuses the credentials of this API; check "introspection.clientId", its secret or key, ' +
        'and that the client may introspect tokens' +
        (other === undefined ? '' : `; if they are right, set "introspection.clientAuthentication" to '${other}'`),
    ]);
  });

  test('a server that cannot be reached is unavailable', async () => {
    const there = verifier();
    await server.close();
    const refused = await outcome(there.verify('opaque'));
    expect(refused).toBe('AS: its introspection endpoint cannot be reached (ECONNREFUSED)');
    await server.listen();
  });

  test('the error contains nothing of the response', async () => {
    server.text(INTROSPECTION, '{"active":true,"secret":"tell nobody"');
    const error = await Promise.resolve(verifier().verify('opaque')).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AuthorizationServerUnavailable);
    expect((error as Error).cause).toBeUndefined();
  });

  test.each(slowAnswers)('$name: the request ends after five seconds', async ({ answer }) => {
    const timeouts = manualTimeouts();
    server.answers.set(INTROSPECTION, answer);
    const refused = outcome(verifier().verify('opaque'));
    await server.receives(INTROSPECTION);
    timeouts.expire();
    jest.restoreAllMocks();
    expect(await refused).toBe('AS: its introspection endpoint was not read in time');
    expect(new Set(timeouts.milliseconds)).toEqual(new Set([5000]));
  });

  test('a failure for one token does not refuse the next token', async () => {
    let fails = true;
    server.answers.set(INTROSPECTION, (_, response) => {
      if (fails) response.writeHead(500).end();
      else response.end(JSON.stringify(active()));
    });
    const there = verifier();
    expect(await outcome(there.verify('opaque'))).toContain('status 500');
    fails = false;
    expect(await outcome(there.verify('other'))).toBe('accepted');
  });

  describe('a hundred pending requests', () => {
    const CROWDED = 'AS: its introspection endpoint has too many pending requests';
    let waiting: (() => void)[];
    let lapses: (() => void)[];
    let there: AccessTokenVerifier;

    beforeEach(() => {
      waiting = [];
      lapses = [];
      const { setTimeout } = globalThis;
      const delay = (callback: () => void, milliseconds?: number) => {
        if (milliseconds !== 1000) return setTimeout(callback, milliseconds);
        lapses.push(callback);
        return setTimeout(() => undefined, 0);
      };
      jest.spyOn(globalThis, 'setTimeout').mockImplementation(delay as typeof setTimeout);
      server.answers.set(INTROSPECTION, (_, response) => waiting.push(() => response.end(JSON.stringify(active()))));
      there = verifier();
    });
    afterEach(() => jest.restoreAllMocks());
    const ask = (count: number, name: string) =>
      Array.from({ length: count }, (_, index) => outcome(there.verify(`${name}-${index}`)));
    const underWay = async (count: number) => {
      while (waiting.length < count) await new Promise((resolve) => setImmediate(resolve));
      return waiting.length;
    };
    const answerAll = () => {
      for (const answer of waiting.splice(0)) answer();
    };

    test('further requests wait, and are sent in order', async () => {
      const first = ask(100, 'first');
      const more = ask(101, 'more');
      expect(await underWay(100)).toBe(100);
      answerAll();
      expect(new Set(await Promise.all(first))).toEqual(new Set(['accepted']));
      expect(await underWay(100)).toBe(100);
      expect(server.hits(INTROSPECTION)).toBe(200);
      answerAll();
      await underWay(1);
      answerAll();
      expect(new Set(await Promise.all(more))).toEqual(new Set(['accepted']));
    });

    test('a request that waits longer than a second fails, and its place goes to the next one', async () => {
      const first = ask(100, 'first');
      await underWay(100);
      const late = there.verify('late');
      while (lapses.length === 0) await undefined;
      lapses[0]?.();
      await expect(late).rejects.toMatchObject({ code: 'introspection_overloaded', retryAfter: 1 });
      expect(await outcome(late)).toBe(CROWDED);
      const next = ask(1, 'next');
      answerAll();
      await Promise.all(first);
      await underWay(1);
      answerAll();
      expect(await Promise.all(next)).toEqual(['accepted']);
    });
  });
});

describe('RS-84 the API authenticates', () => {
  interface Sent {
    authorization: string | undefined;
    form: Record<string, string>;
  }
  async function sent(introspection: Partial<IntrospectionOptions>): Promise<Sent> {
    const requests: Promise<Sent>[] = [];
    const read = async (request: IncomingMessage): Promise<Sent> => ({
      authorization: request.headers.authorization,
      form: Object.fromEntries(new URLSearchParams(await text(request))),
    });
    server.answers.set(INTROSPECTION, (request, response) => {
      requests.push(read(request));
      response.end(JSON.stringify(active()));
    });
    await verifier(introspection).verify('the-token');
    return requests[0] as Promise<Sent>;
  }
  const ASKED = { token: 'the-token', token_type_hint: 'access_token' };

  test('the API authenticates with client_secret_basic by default, both parts form-encoded', async () => {
    const { authorization, form } = await sent({ clientId: 'https://api:1', clientSecret: 'a b+c' });
    expect(authorization).toBe(`Basic ${btoa('https%3A%2F%2Fapi%3A1:a+b%2Bc')}`);
    expect(form).toEqual(ASKED);
  });

  test('SRV-8 Basic credentials are encoded no more than a form is', async () => {
    const { authorization } = await sent({ clientId: 'bank-api', clientSecret: 'a-secret_with.marks*%~é' });
    expect(authorization).toBe(`Basic ${btoa('bank-api:a-secret_with.marks*%25%7E%C3%A9')}`);
  });

  test('the API authenticates with client_secret_post', async () => {
    const { authorization, form } = await sent({ clientAuthentication: 'client_secret_post' });
    expect(authorization).toBeUndefined();
    expect(form).toEqual({ ...ASKED, client_id: 'api', client_secret: 's3cret' });
  });

  const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }) as string;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });
  const ed25519 = generateKeyPairSync('ed25519');
  test.each<
    [
      what: string,
      privateKey: NonNullable<IntrospectionOptions['privateKey']>,
      publicKey: KeyObject,
      header: { alg: string; kid?: string },
    ]
  >([
    ['an RSA key as PEM', pem(rsa.privateKey), rsa.publicKey, { alg: 'RS256' }],
    ['a P-256 key as PEM', pem(p256.privateKey), p256.publicKey, { alg: 'ES256' }],
    [
      'a P-384 key as JWK',
      { ...p384.privateKey.export({ format: 'jwk' }), kid: 'k1' },
      p384.publicKey,
      { alg: 'ES384', kid: 'k1' },
    ],
    [
      'an RSA key for PS512',
      { ...rsa.privateKey.export({ format: 'jwk' }), alg: 'PS512' },
      rsa.publicKey,
      { alg: 'PS512' },
    ],
    ['a P-521 key as PEM', pem(p521.privateKey), p521.publicKey, { alg: 'ES512' }],
    [
      'an RSA key as JWK whose kid is no text',
      { ...rsa.privateKey.export({ format: 'jwk' }), kid: 7 },
      rsa.publicKey,
      { alg: 'RS256' },
    ],
    ['an Ed25519 key', pem(ed25519.privateKey), ed25519.publicKey, { alg: 'Ed25519' }],
  ])('the API authenticates with private_key_jwt and %s', async (_, privateKey, publicKey, header) => {
    const { authorization, form } = await sent({ privateKey });
    expect(authorization).toBeUndefined();
    const { client_assertion: assertion, ...others } = form;
    expect(others).toEqual({
      ...ASKED,
      client_id: 'api',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    if (header.alg === 'Ed25519') {
      // jose 4 knows the algorithm as EdDSA alone
      expect(JSON.parse(atob((assertion as string).split('.')[0] as string))).toEqual(header);
      return;
    }
    const verified = await jwtVerify(assertion as string, publicKey, {
      issuer: 'api',
      subject: 'api',
      audience: server.origin,
      currentDate: new Date(NOW * 1000),
    });
    expect(verified.protectedHeader).toEqual(header);
  });

  // nodejs/node#45485 is of the kind: Node's readers of PKCS#8 take an error that another call left for their own.
  test.each<[string, string]>([
    ['an RSA key', pem(rsa.privateKey)],
    ['a P-256 key', pem(p256.privateKey)],
    ['an Ed25519 key', pem(ed25519.privateKey)],
  ])('%s is read and used although OpenSSL still holds errors of other calls', async (_, privateKey) => {
    const leaveErrors = () => [rsa, p256].map(({ publicKey }) => publicKey.equals(ed25519.publicKey));
    server.json(INTROSPECTION, active());
    leaveErrors();
    const there = verifier({ privateKey });
    leaveErrors();
    await expect(there.verify('one')).resolves.toHaveProperty('event.subject', 'alice');
    expect(server.requests).toEqual([INTROSPECTION]);
  });

  test('the private key that signs cannot be exported', async () => {
    const imported = jest.spyOn(webcrypto.subtle, 'importKey');
    await sent({ privateKey: pem(p256.privateKey) });
    const key = (await imported.mock.results[0]?.value) as webcrypto.CryptoKey;
    imported.mockRestore();
    expect([key.extractable, key.usages]).toEqual([false, ['sign']]);
  });

  test.each<[what: string, privateKey: NonNullable<IntrospectionOptions['privateKey']>]>([
    ['no key at all', 'secret text'],
    ['a public key', rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string],
    ['a key that cannot sign', pem(generateKeyPairSync('x25519').privateKey)],
    ['an algorithm of another kind', { ...rsa.privateKey.export({ format: 'jwk' }), alg: 'HS256' }],
    ['an algorithm with more behind it', { ...rsa.privateKey.export({ format: 'jwk' }), alg: 'RS2567' }],
    ['an algorithm with more before it', { ...rsa.privateKey.export({ format: 'jwk' }), alg: 'XPS256' }],
  ])('the privateKey %s is refused at boot, and the error does not quote it', (_, privateKey) => {
    expect(() => verifier({ privateKey })).toThrow(
      new TypeError(
        `"introspection of ${server.origin}.privateKey" is not a readable private key: RSA, EC or Ed25519, as PEM or JWK`,
      ),
    );
  });
});

describe('the address of the endpoint', () => {
  const discovered = () => verifier({ endpoint: undefined as never });

  test('the endpoint is read from the metadata, once', async () => {
    server.json(METADATA, { issuer: server.origin, introspection_endpoint: server.origin + INTROSPECTION });
    server.json(INTROSPECTION, active());
    const there = discovered();
    await there.verify('one');
    await there.verify('two');
    expect(server.requests).toEqual([METADATA, INTROSPECTION, INTROSPECTION]);
  });

  test('metadata without an endpoint makes the server unavailable, and is read again within a second', async () => {
    server.json(METADATA, { issuer: server.origin });
    const there = discovered();
    const reason = 'AS: its metadata has no https "introspection_endpoint" (http is accepted on loopback only)';
    expect(await outcome(there.verify('one'))).toBe(reason);
    expect(await outcome(there.verify('two'))).toBe(reason);
    expect(server.hits(METADATA)).toBe(1);
    server.json(METADATA, { issuer: server.origin, introspection_endpoint: server.origin + INTROSPECTION });
    server.json(INTROSPECTION, active());
    pass(1);
    expect(await outcome(there.verify('one'))).toBe('accepted');
  });

  test('a known endpoint stays in use if the metadata cannot be read again', async () => {
    server.json(METADATA, { issuer: server.origin, introspection_endpoint: server.origin + INTROSPECTION });
    server.text(INTROSPECTION, '{"error":"invalid_request"}', 400);
    const there = discovered();
    expect(await outcome(there.verify('odd'))).toContain('no usable response');
    server.answers.delete(METADATA);
    server.json(INTROSPECTION, active());
    pass(10);
    expect(await outcome(there.verify('one'))).toBe('accepted');
    expect(server.hits(METADATA)).toBe(2);
  });

  test('the metadata is read again after failures of the endpoint, at most every ten seconds', async () => {
    server.json(METADATA, { issuer: server.origin, introspection_endpoint: server.origin + INTROSPECTION });
    server.text(INTROSPECTION, 'down', 500);
    const there = discovered();
    const hits: number[] = [];
    for (const seconds of [0, 0, 9.9, 0.1, 9.9, 0.1]) {
      pass(seconds);
      expect(await outcome(there.verify('one'))).toContain('status 500');
      hits.push(server.hits(METADATA));
    }
    expect(hits).toEqual([1, 1, 1, 2, 2, 3]);
  });

  test.each<[what: string, chance: number, times: number[]]>([
    ['the longest', 1, [0, 100, 300, 700, 1500, 2500]],
    ['the shortest', 0, [0, 50, 150, 350, 750, 1250, 1750, 2250, 2750]],
  ])(
    'metadata that was never read is read again after a delay that doubles up to a second: %s',
    async (_, chance, times) => {
      const random = jest.spyOn(Math, 'random').mockReturnValue(chance);
      const there = discovered();
      const read: number[] = [];
      for (let milliseconds = 0; milliseconds < 3000; milliseconds += 50) {
        const before = server.hits(METADATA);
        await Promise.all([outcome(there.verify('one')), outcome(there.verify('two'))]);
        if (server.hits(METADATA) > before) read.push(milliseconds);
        expect(server.hits(METADATA) - before).toBeLessThanOrEqual(1);
        pass(0.05);
      }
      random.mockRestore();
      expect(read).toEqual(times);
    },
  );

  test('a server without an endpoint may be asked again after a second', async () => {
    server.json(METADATA, { issuer: server.origin });
    await expect(discovered().verify('one')).rejects.toMatchObject({ code: 'endpoint_missing', retryAfter: 1 });
  });

  test('metadata that could not be read is read again if the clock was set back', async () => {
    const there = discovered();
    expect(await outcome(there.verify('one'))).toContain('its metadata cannot be read');
    server.json(METADATA, { issuer: server.origin, introspection_endpoint: server.origin + INTROSPECTION });
    server.json(INTROSPECTION, active());
    pass(-3600);
    expect(await outcome(there.verify('one'))).toBe('accepted');
  });

  test('an endpoint that has moved is found again', async () => {
    server.json(METADATA, { issuer: server.origin, introspection_endpoint: server.origin + INTROSPECTION });
    server.json(INTROSPECTION, active());
    const there = discovered();
    await there.verify('one');
    server.answers.delete(INTROSPECTION);
    server.json(METADATA, { issuer: server.origin, introspection_endpoint: `${server.origin}/moved` });
    server.json('/moved', active());
    pass(10);
    expect(await outcome(there.verify('two'))).toContain('status 404');
    expect(await outcome(there.verify('two'))).toBe('accepted');
  });
});

describe('responses in memory', () => {
  beforeEach(() => server.json(INTROSPECTION, active()));

  test('RS-83 a response is kept for a minute', async () => {
    const there = verifier();
    await there.verify('opaque');
    pass(59);
    await there.verify('opaque');
    expect(server.hits(INTROSPECTION)).toBe(1);
    pass(1);
    await there.verify('opaque');
    expect(server.hits(INTROSPECTION)).toBe(2);
  });

  test.each([
    [0, 0, 2],
    [10, 9, 1],
    [10, 10, 2],
  ])('with cacheFor %d, after %d seconds the server has had %d requests', async (cacheFor, seconds, questions) => {
    const there = verifier({ cacheFor });
    await there.verify('opaque');
    pass(seconds);
    await there.verify('opaque');
    expect(server.hits(INTROSPECTION)).toBe(questions);
  });

  test('RS-83 a response is never kept beyond exp', async () => {
    server.json(INTROSPECTION, active({ exp: NOW + 20 }));
    const there = verifier();
    await there.verify('opaque');
    server.json(INTROSPECTION, { active: false });
    pass(19);
    expect(await outcome(there.verify('opaque'))).toBe('accepted');
    pass(1);
    expect(await outcome(there.verify('opaque'))).toBe(NOT_ACTIVE);
  });

  test('a response is not used if the clock was set back', async () => {
    const there = verifier();
    await there.verify('opaque');
    pass(-60);
    await there.verify('opaque');
    expect(server.hits(INTROSPECTION)).toBe(2);
  });

  test('look-ups of one token at the same time send one request', async () => {
    const there = verifier();
    await Promise.all([there.verify('opaque'), there.verify('opaque'), there.verify('opaque')]);
    expect(server.hits(INTROSPECTION)).toBe(1);
    await Promise.all([there.verify('one'), there.verify('two')]);
    expect(server.hits(INTROSPECTION)).toBe(3);
  });

  test.each<[what: string, answer: RequestListener]>([
    ['inactive', (_, response) => response.end('{"active":false}')],
    ['unavailable', (_, response) => response.writeHead(500).end()],
  ])('a response that says %s is not kept', async (_, answer) => {
    server.answers.set(INTROSPECTION, answer);
    const there = verifier();
    expect(await outcome(there.verify('opaque'))).not.toBe('accepted');
    server.json(INTROSPECTION, active());
    expect(await outcome(there.verify('opaque'))).toBe('accepted');
  });

  test('at most a thousand responses are kept, and the oldest are dropped first', async () => {
    const there = verifier({ endpoint: server.origin + INTROSPECTION });
    for (let index = 0; index < 1001; index += 1) await there.verify(`opaque-${index}`);
    await there.verify('opaque-1');
    expect(server.hits(INTROSPECTION)).toBe(1001);
    await there.verify('opaque-0');
    expect(server.hits(INTROSPECTION)).toBe(1002);
  });

  // of 64 KiB, the most that is read; what they take in memory was measured
  test.each<[what: string, claim: unknown, mebibytes: number]>([
    ['small objects', Array.from({ length: 21_000 }, () => ({})), 1.2],
    ['numbers', Array.from({ length: 32_000 }, () => 1), 0.24],
    ['text', 'a'.repeat(65_000), 0.06],
    ['lists within lists', JSON.parse('['.repeat(30_000) + ']'.repeat(30_000)), 1.2],
  ])('responses of much %s are kept up to 16 MiB, and the oldest are dropped first', async (_, claim, mebibytes) => {
    const kept = new KeptResponses();
    const count = Math.ceil(16 / mebibytes) + 1;
    const one = { claims: { active: true, claim }, at: NOW };
    for (let index = 0; index < count; index += 1) kept.set(`opaque-${index}`, one);
    expect(kept.get('opaque-0')).toBeUndefined();
    expect(kept.get(`opaque-${count - 1}`)).toBe(one);
    expect(kept.bytes).toBeLessThanOrEqual(16 * 1024 * 1024);
    // with room for those that have come since
    kept.set(`opaque-${count - 1}`, { claims: { active: true }, at: NOW });
    kept.set('small', { claims: { active: true }, at: NOW });
    expect(kept.get('small')).toBeDefined();
  });

  test('a response in the place of another one takes its own room alone', () => {
    const kept = new KeptResponses();
    const small = { claims: { active: true }, at: NOW };
    // the first one with these claims takes more
    for (const _ of ['first', 'second']) kept.set('opaque', small);
    const { bytes } = kept;
    kept.set('opaque', { claims: { active: true, more: 'a'.repeat(1000) }, at: NOW });
    expect(kept.bytes).toBeGreaterThan(bytes + 1000);
    kept.set('opaque', small);
    expect(kept.bytes).toBe(bytes);
  });

  test('a server that answers at length is asked again about those whose answers had no room', async () => {
    server.json(INTROSPECTION, active({ claim: Array.from({ length: 20_000 }, () => ({})) }));
    const there = verifier({ endpoint: server.origin + INTROSPECTION });
    for (let index = 0; index < 16; index += 1) await there.verify(`opaque-${index}`);
    await there.verify('opaque-15');
    expect(server.hits(INTROSPECTION)).toBe(16);
    await there.verify('opaque-0');
    expect(server.hits(INTROSPECTION)).toBe(17);
  });
});

describe('a cache of several instances', () => {
  const stored = () => {
    const entries = new Map<string, unknown>();
    const ttls: number[] = [];
    return {
      entries,
      ttls,
      get: async (key: string) => entries.get(key),
      set: async (key: string, value: unknown, ttl: number) => {
        ttls.push(ttl);
        return entries.set(key, JSON.parse(JSON.stringify(value)));
      },
    };
  };
  beforeEach(() => server.json(INTROSPECTION, active()));

  test('a shared cache serves both instances, holds no token, and forgets in time', async () => {
    const cache = stored();
    await verifier({ cache }).verify('the-token');
    expect(await outcome(verifier({ cache }).verify('the-token'))).toBe('accepted');
    expect(server.hits(INTROSPECTION)).toBe(1);
    expect(cache.ttls).toEqual([60_000]);
    const [[key, value]] = [...cache.entries] as [[string, unknown]];
    expect(key).toMatch(/^nestjs-step-up:introspection:[\w-]{43}$/);
    expect(JSON.stringify(value)).not.toContain('the-token');
    expect(value).toEqual({ claims: active(), at: NOW });
  });

  test.each<[what: string, cacheFor: number, claims: Record<string, unknown>]>([
    ['with cacheFor 0', 0, {}],
    ['that expires with its request', 60, { exp: NOW }],
    ['that expires before a millisecond is over', 60, { exp: NOW + 0.0009 }],
    ['that has expired within the tolerance of the clock', 60, { exp: NOW - 2 }],
  ])(
    'RS-83 a response %s is not given to a shared cache, for which 0 can mean for ever',
    async (_, cacheFor, claims) => {
      server.json(INTROSPECTION, active(claims));
      const cache = stored();
      expect(await outcome(verifier({ cache, cacheFor }).verify('the-token'))).toBe('accepted');
      expect(cache.entries.size).toBe(0);
    },
  );

  test('with cacheFor 0 a shared cache is not asked', async () => {
    const get = jest.fn(async () => undefined);
    await verifier({ cache: { get, set: async () => undefined }, cacheFor: 0 }).verify('the-token');
    expect(get).not.toHaveBeenCalled();
  });

  test('a shared cache gets whole milliseconds, since Redis accepts no others', async () => {
    const cache = stored();
    pass(0.9996);
    await verifier({ cache, cacheFor: 1.0005 }).verify('the-token');
    expect(cache.ttls).toEqual([1000]);
    server.json(INTROSPECTION, active({ exp: NOW + 2 }));
    await verifier({ cache }).verify('other-token');
    expect(cache.ttls[1]).toBe(1000);
  });

  test('clients do not share responses, since a server may tell each other claims', async () => {
    const cache = stored();
    await verifier({ cache }).verify('the-token');
    await verifier({ cache, clientId: 'other-api' }).verify('the-token');
    expect(server.hits(INTROSPECTION)).toBe(2);
  });

  test('servers do not share responses, since another may issue the same token', async () => {
    const cache = stored();
    const endpoint = server.origin + INTROSPECTION;
    server.json(INTROSPECTION, active({ iss: undefined }));
    await verifier({ cache, endpoint }).verify('the-token');
    await verifier({ cache, endpoint }, { issuer: 'https://other.example' }).verify('the-token');
    expect(server.hits(INTROSPECTION)).toBe(2);
  });

  test('the rules apply to a response from a shared cache too', async () => {
    const cache = stored();
    await verifier({ cache }).verify('the-token');
    const [key] = [...cache.entries.keys()] as [string];
    cache.entries.set(key, { claims: active({ aud: 'https://other.example' }), at: NOW });
    expect(await outcome(verifier({ cache }).verify('the-token'))).toBe(AUDIENCE_REFUSED);
  });

  test.each<[what: string, value: unknown]>([
    ['null', null],
    ['text', 'x'],
    ['no claims', { at: NOW }],
    ['claims that are a list', { claims: [], at: NOW }],
    ['no time', { claims: { active: true } }],
    ['one that is not active', { claims: { active: false, aud: AUDIENCE, sub: 'alice' }, at: NOW }],
    ['one that does not say so', { claims: { aud: AUDIENCE, sub: 'alice' }, at: NOW }],
    ['a time that is text', { claims: { active: true }, at: String(NOW) }],
    ['a time to come', { claims: { active: true }, at: NOW + 1 }],
    ['a time long ago', { claims: { active: true }, at: NOW - 61 }],
  ])('%s in a shared cache is ignored', async (_, value) => {
    const cache = { get: async () => value, set: async () => undefined };
    expect(await outcome(verifier({ cache }).verify('the-token'))).toBe('accepted');
    expect(server.hits(INTROSPECTION)).toBe(1);
  });

  test.each<[what: string, operation: () => Promise<unknown>]>([
    ['fails', () => Promise.reject(new Error('down'))],
    [
      'throws',
      () => {
        throw new Error('down');
      },
    ],
    ['never answers', () => new Promise(() => undefined)],
  ])('a shared cache that %s is skipped, and not asked for five seconds', async (_, get) => {
    const cache = { get: jest.fn(get), set: jest.fn(get) };
    const there = verifier({ cache });
    expect(await outcome(there.verify('the-token'))).toBe('accepted');
    expect(await outcome(there.verify('another-token'))).toBe('accepted');
    expect([cache.get.mock.calls.length, cache.set.mock.calls.length]).toEqual([1, 0]);
    expect(warnings).toEqual([`introspection_cache_unavailable ${server.origin}`]);
    expect(messages).toEqual(['the cache for introspection fails; the server is asked instead']);
    pass(5);
    await there.verify('one-more-token');
    expect(cache.get.mock.calls.length).toBe(2);
  });
});

describe('tokens that are not opaque', () => {
  const jose = Buffer.from('{"alg":"none"}').toString('base64url');
  test.each([
    `${jose}.e30.`,
    `${jose}.x.x`,
    `${jose}.x.x.x.x`,
    `${jose}.e30.x.`,
    `${jose}.e30.x.....`,
    `.${jose}.e30.x`,
    `${Buffer.from(' {"alg":"none"}').toString('base64')}.e30.x`,
    `${Buffer.from('{broken').toString('base64url')}.e30.x`,
  ])('%s is not introspected', async (token) => {
    server.json(INTROSPECTION, active());
    const there = verifier({ when: 'always' });
    expect(await outcome((async () => there.verify(token))())).toMatch(/^invalid_token/);
    expect(server.requests).toEqual([]);
  });

  test.each(['with space', 'with"quote', 'ünicode', 'a,b', '=', ''])('%j is refused unasked', async (token) => {
    server.json(INTROSPECTION, active());
    expect(await outcome(verifier().verify(token))).toBe(NOT_ACTIVE);
    expect(server.requests).toEqual([]);
  });

  test.each([
    'ory_at_abc.def',
    'a.b.c',
    'AAAA====',
    '2YotnFZFEjr1zCsicMWpAA',
    // JSON in one part, as some servers encode opaque tokens
    jose,
    '...',
  ])('%s is asked about', async (token) => {
    server.json(INTROSPECTION, active());
    expect(await outcome(verifier().verify(token))).toBe('accepted');
  });

  test('without introspection an opaque token is refused', async () => {
    const servers = checkAuthorizationServers([{ issuer: server.origin, audience: AUDIENCE }]);
    const there = new AccessTokenVerifier(servers, 5);
    expect(await outcome((async () => there.verify('opaque'))())).toBe(
      'invalid_token: The access token is not a signed JWT',
    );
  });
});

describe('JWTs that are introspected', () => {
  let issuer: TestAuthorizationServer;
  beforeEach(async () => {
    issuer = await createTestAuthorizationServer();
  });
  afterEach(() => issuer.close());

  function asking(
    when: IntrospectionOptions['when'],
    endpoint = server.origin + INTROSPECTION,
    options: object = {},
  ): AccessTokenVerifier {
    const { issuer: name, audience, jwksUri } = issuer;
    const introspection = { endpoint, clientId: 'api', clientSecret: 's3cret', ...(when !== undefined && { when }) };
    const servers = checkAuthorizationServers([{ issuer: name, audience, jwksUri, introspection, ...options }]);
    return new AccessTokenVerifier(servers, 5, {
      warn: (code, _issuer, message) => {
        warnings.push(code);
        messages.push(message);
      },
    });
  }
  const says = (claims: Record<string, unknown> = {}) =>
    server.json(INTROSPECTION, { active: true, acr: 'urn:example:phr', auth_time: NOW - 7, ...claims });
  const bare = () => issuer.accessToken({ authTime: null });

  /** As the service does for a route with `maxAge`. */
  const eventOf = async (there: AccessTokenVerifier, token: string): Promise<AuthenticationEvent> =>
    (await there.complete(token, await there.verify(token), { maxAge: 0 })).event;

  test('auth-time-missing adds the claims that the token lacks', async () => {
    says();
    const event = await eventOf(asking('auth-time-missing'), await bare());
    expect(event).toMatchObject({ acr: 'urn:example:phr', authTime: NOW - 7, subject: 'alice' });
  });

  test.each<
    [when: IntrospectionOptions['when'], token: object, requirements: AuthenticationRequirements, asked: number]
  >([
    ['event-missing', { authTime: NOW }, { acrValues: ['urn:example:phr'] }, 1],
    ['event-missing', { authTime: NOW }, { acrValues: ['urn:example:phr'], maxAge: 60 }, 1],
    ['event-missing', { authTime: NOW }, { maxAge: 60 }, 0],
    ['event-missing', { acr: 'urn:example:phr', authTime: null }, { maxAge: 60 }, 1],
    ['event-missing', { acr: 'urn:example:phr', authTime: null }, { acrValues: ['urn:example:phr'] }, 0],
    ['event-missing', { authTime: null }, { scope: 'read' }, 0],
    ['auth-time-missing', { authTime: NOW }, { acrValues: ['urn:example:phr'] }, 0],
    ['opaque', { authTime: null }, { acrValues: ['urn:example:phr'], maxAge: 60 }, 0],
  ])('SRV-6 %s with the token %j and the requirements %j asks %d times', async (when, token, requirements, asked) => {
    says({ auth_time: NOW - 7, ...('authTime' in token && token.authTime === NOW && { auth_time: NOW }) });
    const there = asking(when);
    const jwt = await issuer.accessToken(token);
    const verified = await there.verify(jwt);
    const { event } = await there.complete(jwt, verified, requirements);
    expect(server.hits(INTROSPECTION)).toBe(asked);
    if (asked === 1) expect(event).toMatchObject({ acr: 'urn:example:phr', authTime: expect.any(Number) });
  });

  test('SRV-6 event-missing introspects no opaque token', async () => {
    const there = asking('event-missing');
    expect(await outcome((async () => there.verify('opaque'))())).toBe(
      'invalid_token: The access token is not a signed JWT',
    );
    expect(server.hits(INTROSPECTION)).toBe(0);
  });

  test('introspection does not replace claims of the token', async () => {
    says({ acr: 'urn:example:mfa' });
    const token = await issuer.accessToken({ acr: 'urn:example:mfa', authTime: null });
    expect(await eventOf(asking('auth-time-missing'), token)).toMatchObject({
      acr: 'urn:example:mfa',
      authTime: NOW - 7,
    });
    const complete = await issuer.accessToken({ acr: 'urn:example:mfa', authTime: NOW - 99 });
    const event = await eventOf(asking('always'), complete);
    expect(event).toMatchObject({ acr: 'urn:example:mfa', authTime: NOW - 99 });
  });

  test.each<
    [when: IntrospectionOptions['when'], token: { authTime: number | null }, verifying: number, completing: number]
  >([
    ['opaque', { authTime: null }, 0, 0],
    ['auth-time-missing', { authTime: null }, 0, 1],
    ['auth-time-missing', { authTime: NOW }, 0, 0],
    ['always', { authTime: NOW }, 1, 1],
  ])('%s with %j asks %d times to verify, %d with the auth_time', async (when, token, verifying, completing) => {
    says();
    const there = asking(when);
    const jwt = await issuer.accessToken(token);
    const verified = await there.verify(jwt);
    expect(server.hits(INTROSPECTION)).toBe(verifying);
    await there.complete(jwt, verified, { maxAge: 0 });
    expect(server.hits(INTROSPECTION)).toBe(completing);
  });

  test.each<[what: string, claims: Record<string, unknown>, expected: string]>([
    [
      'another subject',
      { sub: 'mallory' },
      'invalid_token: The authorization server knows the access token as another one',
    ],
    [
      'another client',
      { client_id: 'other' },
      'invalid_token: The authorization server knows the access token as another one',
    ],
    [
      'another issuer',
      { iss: 'https://other.example' },
      'invalid_token: The authorization server knows the access token as another one',
    ],
    ['the same subject and client', { sub: 'alice', client_id: 'test-client' }, 'accepted'],
    [
      'bound to a key, of which the token says nothing',
      { cnf: { jkt: 'thumbprint' } },
      'invalid_token: The access token is bound to a key, and no proof of possession is accepted here',
    ],
    ['a DPoP token', { token_type: 'DPoP' }, KIND_REFUSED],
    ['a refresh token', { token_use: 'refresh_token' }, KIND_REFUSED],
    ['inactive', { active: false }, NOT_ACTIVE],
  ])('%s', async (_, claims, expected) => {
    says(claims);
    const token = await bare();
    expect(await outcome(asking('always').verify(token))).toBe(expected);
    const there = asking('auth-time-missing');
    const verified = await there.verify(token);
    expect(await outcome(there.complete(token, verified, { maxAge: 0 }))).toBe(expected);
  });

  test.each<[what: string, token: { acr?: string; authTime?: number }, response: Record<string, unknown>]>([
    ['a sign-in after the token was issued', {}, { auth_time: NOW + 1 }],
    ['a sign-in at another time than that of the token', { authTime: NOW - 99 }, { auth_time: NOW - 7 }],
    ['another acr than that of the token', { acr: 'urn:example:pwd' }, { acr: 'urn:example:mfa' }],
  ])('%s is that of the session, not of the token, and adds nothing', async (_, token, answer) => {
    says(answer);
    const jwt = await issuer.accessToken({ authTime: null, ...token });
    const there = asking('always');
    const own = { issuer: issuer.issuer, subject: 'alice', clientId: 'test-client', scope: 'openid', ...token };
    expect(await eventOf(there, jwt)).toEqual(own);
    expect(warnings).toEqual(['introspected_sign_in_mismatch']);
    expect(messages).toEqual([
      'introspection describes another sign-in than that of the token, perhaps the current session; ' +
        'let the server put acr and auth_time into access tokens',
    ]);
  });

  test('a sign-in in the second in which the token was issued is that of the token', async () => {
    says({ auth_time: NOW });
    expect(await eventOf(asking('always'), await bare())).toMatchObject({ authTime: NOW, acr: 'urn:example:phr' });
    expect(warnings).toEqual([]);
  });

  test('another sign-in than the first response about a JWT had adds nothing', async () => {
    const there = asking('always');
    const jwt = await bare();
    says({ acr: 'urn:example:pwd', auth_time: undefined });
    expect(await eventOf(there, jwt)).toMatchObject({ acr: 'urn:example:pwd' });
    pass(60);
    says({ acr: 'urn:example:mfa', auth_time: undefined });
    expect((await eventOf(there, jwt)).acr).toBeUndefined();
    expect(warnings).toEqual(['introspected_sign_in_mismatch']);
  });

  test('a JWT is the same one in every spelling of its signature: its first response stays the first', async () => {
    const there = asking('always');
    const jwt = await bare();
    says({ acr: 'urn:example:pwd', auth_time: undefined });
    expect(await eventOf(there, jwt)).toMatchObject({ acr: 'urn:example:pwd' });
    says({ acr: 'urn:example:mfa', auth_time: undefined });
    const signature = Buffer.from(jwt.slice(jwt.lastIndexOf('.') + 1), 'base64url');
    // the last character of 256 octets has four bits that stand for nothing
    const spellings = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
      .map((last) => jwt.slice(0, -1) + last)
      .filter((token) => Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url').equals(signature));
    expect(spellings).toHaveLength(16);
    for (const token of spellings.filter((spelling) => spelling !== jwt)) {
      expect((await eventOf(there, token)).acr).toBeUndefined();
    }
  });

  test('another list of acr values than that of the token adds nothing', async () => {
    const there = asking('auth-time-missing', undefined, { profile: { claims: { acr: 'acrs' }, acrType: 'list' } });
    says({ acrs: ['c1', 'c2'] });
    const event = await eventOf(there, await issuer.accessToken({ authTime: null, claims: { acrs: ['c1'] } }));
    expect(event).toMatchObject({ acrs: ['c1'] });
    expect(event.authTime).toBeUndefined();
  });

  test('RS-58 a JWT keeps its own times of factors, and a newer factor of the session adds none', async () => {
    const profile = {
      methods: { form: 'entries', method: 'method', time: 'at', acr: { mfa: ['totp'] } },
    } satisfies AuthorizationServerProfile;
    const amr = (age: number) => [{ method: 'totp', at: NOW - age }];
    says({ acr: undefined, auth_time: NOW - 900, amr: amr(5) });
    const own = await issuer.accessToken({ authTime: null, claims: { amr: amr(900) } });
    expect(await eventOf(asking('always', undefined, { profile }), own)).toMatchObject({
      acrTimes: { mfa: NOW - 900 },
    });
    expect(warnings).toEqual(['introspected_sign_in_mismatch']);
    const undated = await issuer.accessToken({ authTime: null, claims: { iat: undefined } });
    const there = asking('always', undefined, { profile: { ...profile, absentClaims: ['iat'] } });
    expect((await eventOf(there, undated)).acrTimes).toBeUndefined();
  });

  test('RS-58 a response adds the time of a factor that the JWT does not tell, and replaces no other', async () => {
    const profile = {
      methods: { form: 'entries', method: 'method', time: 'at', acrTimes: { mfa: ['totp'] } },
    } satisfies AuthorizationServerProfile;
    const amr = (...methods: [method: string, age: number][]) =>
      methods.map(([method, age]) => ({ method, at: NOW - age }));
    // a word of the application: nothing is translated before it is complete
    const required = { acrValues: ['strong'], maxAge: 300 };
    const timesOf = async (claims: object) => {
      const there = asking('event-missing', undefined, { profile });
      const jwt = await issuer.accessToken({ acr: 'mfa', authTime: NOW - 10, claims: { ...claims } });
      const verified = await there.verify(jwt);
      return (await there.complete(jwt, verified, required)).event.acrTimes;
    };
    says({ acr: undefined, auth_time: undefined, amr: amr(['pwd', 900], ['totp', 900]) });
    expect(await timesOf({})).toEqual({ mfa: NOW - 900 });
    expect(await timesOf({ amr: amr(['totp', 800]) })).toEqual({ mfa: NOW - 800 });
    // the methods of the token are those of its sign-in
    expect(await timesOf({ amr: amr(['pwd', 900]) })).toEqual({ mfa: undefined });
  });

  test('the delegate of a response is known if the token has none', async () => {
    says({ act: { sub: 'support' } });
    const { claims } = await asking('always').verify(await bare());
    expect(claims).toMatchObject({ sub: 'alice', act: { sub: 'support' } });
    const own = await issuer.accessToken({ claims: { act: { sub: 'agent' } } });
    expect((await asking('always').verify(own)).claims['act']).toEqual({ sub: 'agent' });
  });

  test('the delegate of a response is known also if the response is about another sign-in', async () => {
    says({ act: { sub: 'support' }, auth_time: NOW + 60 });
    const { claims, event } = await asking('always').verify(await issuer.accessToken({ acr: 'urn:example:phr' }));
    expect(claims['act']).toEqual({ sub: 'support' });
    expect(event.authTime).toBe(NOW);
    expect(warnings).toEqual(['introspected_sign_in_mismatch']);
  });

  test('a client credentials token gets no sign-in', async () => {
    says();
    const there = asking('always', undefined, { profile: { clientCredentialsClaims: { gty: 'client-credentials' } } });
    const machine = await issuer.accessToken({ authTime: null, claims: { gty: 'client-credentials' } });
    const { event } = await there.verify(machine);
    expect([event.acr, event.authTime]).toEqual([undefined, undefined]);
  });

  test('a JWT that is invalid is not introspected', async () => {
    says();
    const there = asking('always');
    const expired = await issuer.accessToken({ claims: { exp: NOW - 60 } });
    const [head, payload, signature] = (await issuer.accessToken()).split('.') as [string, string, string];
    const forged = `${head}.${payload}.${signature.slice(0, -4)}AAAA`;
    expect(await outcome((async () => there.verify(expired))())).toBe(EXPIRED);
    expect(await outcome((async () => there.verify(forged))())).toContain('signature');
    expect(server.requests).toEqual([]);
  });

  test('a server that does not introspect JWTs leaves auth_time missing, and is warned of', async () => {
    server.text(INTROSPECTION, '{"error":"unsupported_token_type"}', 400);
    const event = await eventOf(asking('auth-time-missing'), await bare());
    expect(event.authTime).toBeUndefined();
    expect(warnings).toEqual(['introspection_unsupported']);
    expect(messages).toEqual([
      'the server does not introspect JWTs, so that it cannot add what they lack; ' +
        'let it put auth_time into access tokens',
    ]);
  });

  test('a JWT that needs introspection is refused as unavailable in an outage', async () => {
    server.text(INTROSPECTION, '', 500);
    const token = await bare();
    const there = asking('auth-time-missing');
    const verified = await there.verify(token);
    expect(await outcome(there.complete(token, verified, { maxAge: 0 }))).toContain('status 500');
  });
});
