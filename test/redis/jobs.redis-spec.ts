import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BullModule, getQueueToken } from '@nestjs/bullmq';
import type { Type } from '@nestjs/common';
import { type Job, type Queue, QueueEvents } from 'bullmq';
import type { StoredEvent } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import ts from 'typescript';
import { adapters, logOfEachTest, type RunningApplication, startApplication } from '../support/application.js';
import { RedisServer } from './redis-server.js';

const page = readFileSync(join(__dirname, '../../docs/jobs.md'), 'utf8');
const payOut = jest.fn();

/** Runs the snippet below a heading of the page, and returns what it exports. */
function run<Exports>(heading: string): Exports {
  const [, section = ''] = page.split(new RegExp(`^## ${heading}$`, 'm'));
  const [, source = ''] = /^```ts\n(.*?)^```$/ms.exec(section) ?? [];
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    },
  });
  const exported = {} as Exports;
  new Function('exports', 'require', 'bank', outputText)(exported, require, { payOut });
  return exported;
}

const { PayoutController } = run<{ PayoutController: Type }>('The order');
const { PayoutProcessor } = run<{ PayoutProcessor: Type }>('The worker');
const MFA = 'urn:example:mfa';

logOfEachTest();
let redis: RedisServer;
beforeAll(async () => {
  redis = await RedisServer.start();
});
afterAll(() => redis?.stop());

describe.each(adapters)('a job of BullMQ that was ordered over %s', (name, createAdapter) => {
  let server: TestAuthorizationServer;
  let application: RunningApplication;
  let queue: Queue;
  let events: QueueEvents;

  beforeAll(async () => {
    server = await createTestAuthorizationServer();
    const connection = { host: '127.0.0.1', port: redis.port };
    application = await startApplication({
      createAdapter,
      controllers: [PayoutController],
      imports: [BullModule.forRoot({ connection, prefix: name }), BullModule.registerQueue({ name: 'payouts' })],
      providers: [PayoutProcessor],
      options: { authorizationServers: [{ issuer: server.issuer, audience: server.audience, acr: { mfa: MFA } }] },
    });
    queue = application.app.get<Queue>(getQueueToken('payouts'));
    events = new QueueEvents('payouts', { connection, prefix: name });
    await events.waitUntilReady();
  });
  afterAll(async () => {
    await events?.close();
    await application?.close();
    await server?.close();
  });
  beforeEach(() => payOut.mockReset());

  /** Orders a payout, and returns its job when the worker has taken it. */
  async function ordered(): Promise<Job> {
    const token = await server.accessToken({ acr: MFA, subject: 'bob' });
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ amount: 5 });
    const isDone = new Promise<string>((resolve) => {
      events.once('completed', ({ jobId }) => resolve(jobId));
    });
    expect(await application.send('/payouts', { method: 'POST', token, headers, body })).toMatchObject({ status: 202 });
    return (await queue.getJob(await isDone)) as Job;
  }

  it('is done under the sign-in of its order, and has no token', async () => {
    const { data } = await ordered();
    expect(payOut.mock.calls).toEqual([['bob', 5]]);
    const { issuer } = server;
    const common = { issuer, subject: 'bob', acr: MFA, authTime: expect.any(Number), storedAt: expect.any(Number) };
    expect(data).toEqual({ amount: 5, event: { ...common, clientId: 'test-client', scope: 'openid' } });
  });

  it.each<[what: string, change: Partial<Record<keyof StoredEvent, unknown>>, reason: RegExp]>([
    ['a weaker sign-in', { acr: 'urn:example:pwd' }, /^The order is not enough: acr_unmet$/],
    ['an old one', { authTime: 1_000 }, /^The order is not enough: authentication_too_old$/],
    ['none', { acr: undefined, authTime: undefined }, /acr_missing, auth_time_missing$/],
    ['an issuer that is not known', { issuer: 'https://nobody.example' }, /none of "authorizationServers"/],
    ['no user', { subject: undefined }, /"subject" is missing/],
    ['an order in the future', { storedAt: 9e10 }, /"storedAt" is in the future/],
  ])('is not done under %s', async (_, change, reason) => {
    const { data } = await ordered();
    payOut.mockReset();
    const isFailed = new Promise<string>((resolve) => {
      events.once('failed', ({ failedReason }) => resolve(failedReason));
    });
    await queue.add('payout', { ...data, event: { ...data.event, ...change } });
    expect(await isFailed).toMatch(reason);
    expect(payOut).not.toHaveBeenCalled();
  });

  it('is not done without an event', async () => {
    const isFailed = new Promise<string>((resolve) => {
      events.once('failed', ({ failedReason }) => resolve(failedReason));
    });
    await queue.add('payout', { amount: 5 });
    expect(await isFailed).toContain('In the stored event, everything is missing');
    expect(payOut).not.toHaveBeenCalled();
  });
});
