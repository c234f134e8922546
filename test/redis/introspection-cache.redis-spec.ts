import { once } from 'node:events';
import KeyvRedis, { createClient } from '@keyv/redis';
import { Controller, Get } from '@nestjs/common';
import Keyv from 'keyv';
import { RequireAcr } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { adapters, captureLog, type RunningApplication, startApplication } from '../support/application.js';
import { stopClock } from '../support/clock.js';
import { RedisServer } from './redis-server.js';

const MFA = 'urn:example:mfa';

@Controller()
class BankController {
  @Get('transfer')
  @RequireAcr('mfa', { maxAge: 300 })
  transfer() {
    return {};
  }
}

/** One instance of an application, with a connection of its own. */
interface Instance extends RunningApplication {
  readonly cache: Keyv;
  /** Settles when its connection to Redis is there again. */
  connected(): Promise<unknown>;
}

let redis: RedisServer;
let server: TestAuthorizationServer;
let instances: Instance[] = [];
let log: ReturnType<typeof captureLog>;

beforeAll(async () => {
  redis = await RedisServer.start();
});
afterAll(() => redis?.stop());

beforeEach(async () => {
  log = captureLog();
  server = await createTestAuthorizationServer();
  instances = await Promise.all(adapters.map(([, createAdapter]) => start(createAdapter)));
});
afterEach(async () => {
  jest.useRealTimers();
  for (const { close, cache } of instances) {
    await close();
    await cache.disconnect();
  }
  await server.close();
  log.restore();
});

async function start(createAdapter: (typeof adapters)[number][1]): Promise<Instance> {
  const client = createClient({ url: redis.url, socket: { reconnectStrategy: 50 } });
  const cache = new Keyv(new KeyvRedis(client, { throwOnErrors: true }), { throwOnErrors: true });
  cache.on('error', () => undefined);
  const { issuer, audience, introspection } = server;
  const application = await startApplication({
    createAdapter,
    controllers: [BankController],
    options: {
      authorizationServers: [{ issuer, audience, acr: { mfa: MFA }, introspection: { ...introspection, cache } }],
    },
  });
  const connected = async () => client.isReady || once(client, 'ready');
  return { ...application, cache, connected };
}

/** The status of a transfer at each instance, one after the other. */
async function statuses(token: string): Promise<number[]> {
  const answers = [];
  for (const { send } of instances) answers.push((await send('/transfer', { token })).status);
  return answers;
}

async function keysInRedis(): Promise<string[]> {
  const client = await createClient({ url: redis.url }).connect();
  const keys = await client.keys('*');
  client.destroy();
  return keys;
}

test('RS-83 what one instance was told serves the other', async () => {
  const token = server.opaqueToken({ acr: MFA });
  expect(await statuses(token)).toEqual([200, 200]);
  expect(await statuses(token)).toEqual([200, 200]);
  expect(server.introspectionRequests).toBe(1);
});

test('Redis holds no token, and forgets with the answer', async () => {
  const token = server.opaqueToken({ acr: MFA, expiresIn: 20 });
  await statuses(token);
  const client = await createClient({ url: redis.url }).connect();
  const found = [];
  for (const key of await client.keys('*')) {
    const value = String(await client.get(key));
    if (value.includes(server.issuer)) found.push({ key, value, ttl: await client.pTTL(key) });
  }
  client.destroy();
  expect(found).toHaveLength(1);
  const [{ key, value, ttl }] = found as [{ key: string; value: string; ttl: number }];
  expect(key + value).not.toContain(token);
  expect(ttl).toBeGreaterThan(15_000);
  expect(ttl).toBeLessThanOrEqual(20_000);
});

test('the verdict is not in it: what is enough at one instance is judged anew at the other', async () => {
  expect(await statuses(server.opaqueToken({ acr: 'urn:example:pwd' }))).toEqual([401, 401]);
  expect(server.introspectionRequests).toBe(1);
});

test('an inactive token is not remembered', async () => {
  const before = (await keysInRedis()).length;
  expect(await statuses('made-up')).toEqual([401, 401]);
  expect(server.introspectionRequests).toBe(2);
  expect(await keysInRedis()).toHaveLength(before);
});

test('Redis stops: what an instance knows still counts, and the server is asked for the rest. Redis starts again: it serves again', async () => {
  const token = server.opaqueToken({ acr: MFA });
  expect(await statuses(token)).toEqual([200, 200]);
  expect(server.introspectionRequests).toBe(1);

  await redis.stop();
  expect(await statuses(token)).toEqual([200, 200]);
  expect(server.introspectionRequests).toBe(1);
  expect(await statuses(server.opaqueToken({ acr: MFA }))).toEqual([200, 200]);
  expect(server.introspectionRequests).toBe(3);
  expect(log.lines.filter((line) => line.includes('[introspection_cache_unavailable]'))).toEqual([
    `[introspection_cache_unavailable] ${server.issuer}: the cache for introspection fails; the server is asked instead`,
    `[introspection_cache_unavailable] ${server.issuer}: the cache for introspection fails; the server is asked instead`,
  ]);

  await redis.start();
  await Promise.all(instances.map(({ connected }) => connected()));
  const other = server.opaqueToken({ acr: MFA });
  // a cache that has failed is left alone for five seconds
  stopClock(Date.now() + 5_000);
  expect(await statuses(other)).toEqual([200, 200]);
  expect(server.introspectionRequests).toBe(4);
});

test('Redis and the authorization server both gone: 503', async () => {
  await redis.stop();
  server.setUnavailable(true);
  expect(await statuses(server.opaqueToken({ acr: MFA }))).toEqual([503, 503]);
  await redis.start();
});
