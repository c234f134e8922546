import { join } from 'node:path';
import { createClient } from '@keyv/redis';
import { type INestApplication, Logger } from '@nestjs/common';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { RedisServer } from './redis-server.js';

const environment = process.env;
let redis: RedisServer;
let server: TestAuthorizationServer;
let app: INestApplication;
beforeAll(async () => {
  for (const level of ['log', 'warn'] as const) jest.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
  redis = await RedisServer.start();
  server = await createTestAuthorizationServer({ introspectionSecret: 'development' });
  process.env = {
    ...environment,
    STEP_UP_ISSUER: server.issuer,
    STEP_UP_AUDIENCE: server.audience,
    REDIS_URL: redis.url,
    PORT: '0',
  };
  const { application } = await import(join(__dirname, '../../docs/examples/opaque-tokens'));
  app = await application;
});
afterAll(async () => {
  process.env = environment;
  jest.restoreAllMocks();
  await app?.close();
  await server?.close();
  await redis?.stop();
});

async function transfer(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${await app.getUrl()}/transfers`, { method: 'POST', headers })).status;
}

test('docs/examples/opaque-tokens.ts challenges, serves, and keeps what it was told in Redis', async () => {
  expect(await transfer(server.opaqueToken({ acr: 'urn:example:pwd' }))).toBe(401);
  const token = server.opaqueToken({ acr: 'urn:example:mfa' });
  expect([await transfer(token), await transfer(token)]).toEqual([201, 201]);
  expect(server.introspectionRequests).toBe(2);

  const client = await createClient({ url: redis.url }).connect();
  const keys = await client.keys('*');
  client.destroy();
  expect(keys).toHaveLength(2);
  expect(keys.join()).not.toContain(token);
});
