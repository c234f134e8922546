// @ts-nocheck: see types.ts
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Transport } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { StepUpModule } from 'nestjs-step-up';
import { happenings, pause, within } from './calls';
import { portOf, rpcPortOf } from './kinds';

const FORBIDDEN = {
  'step-up': ['none', 'weak'],
  token: ['none', 'expired'],
  'the boot to stop': ['none', 'weak', 'good'],
  refusal: ['none', 'weak', 'good'],
  nothing: [],
};
const loose = [];
for (const event of ['unhandledRejection', 'uncaughtException']) {
  process.on(event, (error) => loose.push(`${event}: ${error?.message ?? error}`));
}

/**
 * Runs one row on one adapter. For each token: `stopped` (the boot), `refused`, or `served`: the handler ran, or its
 * secret came back. The forbidden tokens are tried again after the good one: it must not have opened anything.
 */
export async function runCell(row, environment) {
  const cell = {
    rule: row.rule,
    row: row.name,
    adapter: environment.adapter,
    limit: row.limit,
    outcomes: {},
    faults: [],
  };
  const forbidden = FORBIDDEN[row.needs];
  const secret = countingSecret(cell);
  loose.length = 0;
  let app: unknown;
  try {
    const running = await within(15_000, 'the boot', start());
    if (running.stopped !== undefined) cell.stopped = reason(running.stopped);
    if (running.stopped === undefined || running.callsAnyway) {
      const wanted = forbidden.includes('good') || running.stopped !== undefined ? [] : ['good'];
      for (const tokenName of row.asks ?? [...forbidden, ...wanted, ...(wanted.length > 0 ? forbidden : [])]) {
        const outcome = await call(running, tokenName);
        if (cell.outcomes[tokenName] !== 'served') cell.outcomes[tokenName] = outcome;
      }
    }
  } catch (error) {
    cell.faults.push(error.hangs ? `hangs: ${error.message}` : `broken row: ${error.stack?.slice(0, 600) ?? error}`);
  }
  try {
    await within(5_000, 'the end', Promise.resolve(app?.close()));
  } catch (error) {
    if (error.hangs) cell.faults.push(`hangs: ${error.message}`);
  }
  await pause(0);
  if (loose.length > 0) cell.faults.push(`loose: ${loose[0]}`);
  cell.holes = forbidden.filter((token) => cell.outcomes[token] === 'served');
  if (secret.betrayals.length > 0) cell.holes.push(...new Set(secret.betrayals));
  cell.notServed =
    row.needs === 'the boot to stop'
      ? cell.stopped === undefined
      : row.needs === 'refusal'
        ? row.good === 'served' && cell.stopped !== undefined
        : row.good === 'served' && cell.outcomes.good !== 'served';
  return cell;

  async function start() {
    const application = await row.application(secret, environment);
    const { stepUp, options, imports = [], controllers = [], providers = [], exports = [], ...rest } = application;
    try {
      class AppModule {}
      Module({
        imports: [stepUp ?? StepUpModule.forRoot(optionsOf(environment, options)), ...imports],
        controllers,
        providers,
        exports,
      })(AppModule);
      return await listen(AppModule, rest);
    } catch (error) {
      return { stopped: error, application: rest, app };
    }
  }

  async function listen(AppModule, application) {
    const settings = { logger: false, abortOnError: false, ...application.settings };
    if (environment.adapter === 'tcp') {
      if (application.boot !== undefined) {
        const host = { host: '127.0.0.1', port: 0 };
        app = await NestFactory.createMicroservice(AppModule, { transport: Transport.TCP, options: host, ...settings });
        return { application, ...(await application.boot(app)), app };
      }
      const host = { host: '127.0.0.1', port: 0 };
      app = await NestFactory.createMicroservice(AppModule, { transport: Transport.TCP, options: host, ...settings });
      await application.configure?.(app);
      await app.listen();
      await application.booted?.(app);
      return { app, application, port: portOf(app), url: '' };
    }
    const adapter = environment.adapter === 'express' ? new ExpressAdapter() : new FastifyAdapter();
    app = await NestFactory.create(AppModule, adapter, settings);
    await application.configure?.(app);
    if (application.boot !== undefined) return { application, ...(await application.boot(app)), app };
    await app.listen(0, '127.0.0.1');
    await application.booted?.(app);
    const { port } = app.getHttpServer().address();
    return { app, application, port, url: `http://127.0.0.1:${port}`, rpcPort: rpcPortOf(app) };
  }

  async function call(running, tokenName) {
    const token = environment.tokens[tokenName];
    const before = secret.runs();
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await within(
      row.timeout ?? 6_000,
      `a call (${tokenName})`,
      running.application.call({ ...running, tokenName, token, headers }),
    );
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer ?? '');
    cell.answers = { ...cell.answers, [tokenName]: text.slice(0, 200) };
    return secret.runs() > before || text.includes(secret.value) ? 'served' : 'refused';
  }
}

export function optionsOf({ server }, options = {}) {
  const servers = options.passport === 'existing' ? {} : { authorizationServers: [server] };
  return { ...servers, metadataAudit: 'off', accessToken: tokenInData, ...options };
}

/** Sockets and messages carry the token in their data. */
function tokenInData(context) {
  if (context.getType() === 'ws') return context.switchToWs().getData()?.token;
  if (context.getType() === 'rpc') return context.switchToRpc().getData()?.token;
  return undefined;
}

function countingSecret() {
  let runs = 0;
  const value = `the secret ${Math.random().toString(36).slice(2)}`;
  const betrayals = [];
  return Object.assign(
    () => {
      runs += 1;
      happenings.emit('ran');
      return value;
    },
    { value, runs: () => runs, betrayals, betray: (what) => betrayals.push(what) },
  );
}

function reason(error) {
  return (error?.message ?? String(error)).split('\n')[0].slice(0, 200);
}

Logger.overrideLogger(false);
