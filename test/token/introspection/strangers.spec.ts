import type { RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import {
  checkAuthorizationServers,
  type IntrospectionCache,
  type IntrospectionOptions,
} from '../../../lib/authorization-servers/index.js';
import {
  AccessTokenRefused,
  AccessTokenVerifier,
  AuthorizationServerUnavailable,
  type MaybePromise,
  type VerifiedAccessToken,
} from '../../../lib/token/index.js';
import { pass, stopClock } from '../../support/clock.js';
import { JsonServer } from '../json-server.js';

const NOW = Date.UTC(2026, 0, 1) / 1000;
const ENDPOINT = '/introspect';

let issuer: TestAuthorizationServer;
let server: JsonServer;
/** What the server says of tokens that are no strangers'. */
let answer: Record<string, unknown>;
/** Tokens that the server was asked about. */
let asked: string[];
/** What becomes of the requests of strangers. */
let strangers: Promise<string>[];

beforeEach(async () => {
  stopClock(NOW * 1000);
  issuer = await createTestAuthorizationServer();
  server = await new JsonServer().listen();
  answer = { active: true, aud: issuer.audience, sub: 'alice', client_id: 'test-client', token_type: 'Bearer' };
  asked = [];
  strangers = [];
  // strangers are never answered
  const listener: RequestListener = async (request, response) => {
    const token = new URLSearchParams(await text(request)).get('token') ?? '';
    asked.push(token);
    if (!token.startsWith('stranger')) response.end(JSON.stringify(answer));
  };
  server.answers.set(ENDPOINT, listener);
});
afterEach(async () => {
  jest.useRealTimers();
  await Promise.all([server.close(), issuer.close()]);
  await Promise.all(strangers);
});

function verifier(options: Partial<IntrospectionOptions> = {}): AccessTokenVerifier {
  const introspection = { endpoint: server.origin + ENDPOINT, clientId: 'api', clientSecret: 's3cret', ...options };
  const { audience, jwksUri } = issuer;
  const servers = checkAuthorizationServers([{ issuer: issuer.issuer, audience, jwksUri, introspection }]);
  return new AccessTokenVerifier(servers, 5);
}

async function outcome(verified: MaybePromise<VerifiedAccessToken>): Promise<string> {
  try {
    await verified;
    return 'accepted';
  } catch (error) {
    if (error instanceof AccessTokenRefused || error instanceof AuthorizationServerUnavailable) return error.code;
    throw error;
  }
}

/** Fills everything that strangers may fill, and the queue before it. */
function sendStrangers(there: AccessTokenVerifier): void {
  for (let index = 0; index < 1100; index += 1) strangers.push(outcome(there.verify(`stranger-${index}`)));
}

/** A cache that never answers, and keeps the keys of its look-ups. */
function slowCache(): IntrospectionCache & { lookUps: string[] } {
  const lookUps: string[] = [];
  const get = (key: string) => {
    lookUps.push(key);
    return new Promise<unknown>(() => undefined);
  };
  return { lookUps, get, set: async () => undefined };
}

describe('AT-7 strangers wait alone', () => {
  test('a JWT that was verified is introspected while strangers fill their queue', async () => {
    const there = verifier({ when: 'always' });
    const token = await issuer.accessToken();
    await there.verify(await issuer.accessToken({ claims: { jti: 'reads the keys' } }));
    sendStrangers(there);
    expect(await outcome(there.verify('stranger-one-more'))).toBe('introspection_overloaded');
    expect(await outcome(there.verify(token))).toBe('accepted');
  });

  test('an opaque token that was found active before is introspected while strangers fill their queue', async () => {
    const there = verifier();
    await there.verify('known');
    pass(60);
    sendStrangers(there);
    expect(await outcome(there.verify('known'))).toBe('accepted');
    expect(asked.filter((token) => token === 'known')).toHaveLength(2);
  });

  test('an opaque token that was found inactive since is a stranger', async () => {
    const there = verifier();
    await there.verify('known');
    pass(60);
    const { active } = answer;
    answer['active'] = false;
    expect(await outcome(there.verify('known'))).toBe('token_inactive');
    answer['active'] = active;
    sendStrangers(there);
    expect(await outcome(there.verify('known'))).toBe('introspection_overloaded');
  });

  test('an opaque token that is active and not for us is a stranger', async () => {
    const there = verifier();
    answer['aud'] = 'https://other.example';
    expect(await outcome(there.verify('foreign'))).toBe('audience_mismatch');
    pass(60);
    sendStrangers(there);
    expect(await outcome(there.verify('foreign'))).toBe('introspection_overloaded');
  });

  test('look-ups of strangers in a shared cache are limited', async () => {
    const cache = slowCache();
    sendStrangers(verifier({ cache }));
    await new Promise(setImmediate);
    expect(cache.lookUps).toHaveLength(100);
  });

  test('a response in memory is used without the shared cache', async () => {
    const cache = slowCache();
    const there = verifier({ cache });
    expect(await outcome(there.verify('known'))).toBe('accepted');
    pass(5);
    sendStrangers(there);
    expect(await outcome(there.verify('known'))).toBe('accepted');
    const [keyOfKnown] = cache.lookUps;
    expect(cache.lookUps.filter((key) => key === keyOfKnown)).toHaveLength(1);
  });

  test('a known token whose response has expired does not wait for a cache full of look-ups of strangers', async () => {
    const cache = slowCache();
    const there = verifier({ cache });
    await there.verify('known');
    pass(60);
    sendStrangers(there);
    expect(await outcome(there.verify('known'))).toBe('accepted');
    const [keyOfKnown] = cache.lookUps;
    expect(cache.lookUps.filter((key) => key === keyOfKnown)).toHaveLength(1);
    expect(asked.filter((token) => token === 'known')).toHaveLength(2);
  });

  test('writing to a slow cache delays no request', async () => {
    let written: (() => void) | undefined;
    const set = () => new Promise<void>((resolve) => (written = resolve));
    const timeout = jest.spyOn(globalThis, 'setTimeout').mockReturnValue(undefined as never);
    const verified = verifier({ cache: { get: async () => undefined, set } }).verify('known');
    expect(await outcome(verified)).toBe('accepted');
    timeout.mockRestore();
    written?.();
  });
});
