import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import KeyvRedis, { createClient } from '@keyv/redis';
import { Controller, Get, UseGuards } from '@nestjs/common';
import Keyv from 'keyv';
import { AccessTokenGuard, type StepUpRegisterOptions } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import ts from 'typescript';
import { adapters, logOfEachTest, type RunningApplication, startApplication } from '../support/application.js';
import { stopClock } from '../support/clock.js';
import { type DPoPKey, dpopHeaders, dpopKey, PUBLIC_URL } from '../support/dpop.js';
import { RedisServer } from './redis-server.js';

type ReplayCache = NonNullable<NonNullable<StepUpRegisterOptions['dpop']>['replayCache']>;

const newClient = () => createClient({ url: redis.url, socket: { reconnectStrategy: 50 } });
type Client = ReturnType<typeof newClient>;

@Controller()
class AccountsController {
  @Get()
  @UseGuards(AccessTokenGuard)
  accounts() {
    return {};
  }
}

/** The function of docs/bound-tokens.md that makes a cache with one call. */
function replayCacheOf(client: Client): ReplayCache {
  const page = readFileSync(join(__dirname, '../../docs/bound-tokens.md'), 'utf8');
  const [, source = ''] = /^```ts\n(interface Redis .*?)^```$/ms.exec(page) ?? [];
  const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.CommonJS } });
  const exported = {} as { replayCacheOf: (redis: Client) => ReplayCache };
  new Function('exports', outputText)(exported);
  return exported.replayCacheOf(client);
}

logOfEachTest();
let redis: RedisServer;
let server: TestAuthorizationServer;
let key: DPoPKey;
beforeAll(async () => {
  redis = await RedisServer.start();
  server = await createTestAuthorizationServer();
  key = await dpopKey();
});
afterAll(async () => {
  await server?.close();
  await redis?.stop();
});

describe.each<[name: string, cacheOf: (client: Client) => ReplayCache]>([
  ['a Keyv', (client) => new Keyv(new KeyvRedis(client))],
  ['a cache with one call', replayCacheOf],
])('used proofs that instances share in Redis by %s', (_, cacheOf) => {
  const clients: Client[] = [];
  let instances: RunningApplication[] = [];

  beforeAll(async () => {
    instances = await Promise.all(
      adapters.map(async ([, createAdapter]) => {
        const client = newClient();
        client.on('error', () => undefined);
        await client.connect();
        clients.push(client);
        return startApplication({
          createAdapter,
          controllers: [AccountsController],
          options: {
            authorizationServers: [{ issuer: server.issuer, audience: server.audience, boundTokens: 'accepted' }],
            publicUrl: PUBLIC_URL,
            dpop: { replayCache: cacheOf(client) },
          },
        });
      }),
    );
  });
  afterEach(() => void jest.useRealTimers());
  afterAll(async () => {
    for (const instance of instances) await instance.close();
    for (const client of clients) client.destroy();
  });

  const bound = () => server.accessToken({ claims: { cnf: key.cnf } });
  const statuses = async (headersAt: () => Record<string, string>) => {
    const answers: number[] = [];
    for (const { send } of instances) answers.push((await send('/', { headers: headersAt() })).status);
    return answers;
  };

  test('a proof that one instance has accepted is refused by the other, and Redis forgets it with its time', async () => {
    const token = await bound();
    const headers = dpopHeaders(token, key.proof({ token, claims: { jti: 'secret' } }));
    expect(await statuses(() => headers)).toEqual([200, 401]);
    const [client] = clients as [Client];
    const kept = await client.keys('*nestjs-step-up:proof:*');
    expect(kept.join()).not.toContain('secret');
    const lifetimes = await Promise.all(kept.map((name) => client.pTTL(name)));
    expect(lifetimes.length).toBeGreaterThan(0);
    for (const lifetime of lifetimes) {
      expect(lifetime).toBeGreaterThan(0);
      expect(lifetime).toBeLessThanOrEqual(70_000);
    }
  });

  test('while Redis is down bound tokens get 503, and bearer tokens are served. Then both are served again', async () => {
    const [token, bearer] = [await bound(), await server.accessToken()];
    const ofToken = () => dpopHeaders(token, key.proof({ token }));
    await redis.stop();
    expect(await statuses(ofToken)).toEqual([503, 503]);
    expect(await statuses(() => ({ authorization: `Bearer ${bearer}` }))).toEqual([200, 200]);
    await redis.start();
    for (const client of clients) await client.ping();
    // a cache that has failed is left alone for a second
    stopClock(Date.now() + 1_000);
    expect(await statuses(ofToken)).toEqual([200, 200]);
  });
});
