// The API: a Nest application with StepUpModule, as an application would have it.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import 'reflect-metadata';
import { Controller, HttpCode, Module, Post, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { API, UNKNOWN_ACR } from './parties.mjs';

const require = createRequire(import.meta.url);
const { AccessTokenGuard, RequireAcr, StepUpModule, parseChallenges } = require('../../dist/index.js');

/** Seconds for which a sign-in is recent enough to `/limits` and `/review`, so that nobody has to wait for long. */
export const RECENT = 3;

/** What was logged as a warning or an error. Nest has one logger for the process. */
const warnings = [];
const note = (message) => warnings.push(String(message));
const logger = { log() {}, warn: note, error: note };

let applications = 0;

/** Boots the API for one authorization server on a free loopback port. Further options are those of the module. */
export async function startApi(server, options = {}, further = {}) {
  const port = await freePort();
  const handled = [];
  class Bank {}
  const route = (path, ...decorators) => {
    Bank.prototype[path] = () => {
      handled.push(path);
      return { done: path };
    };
    const descriptor = Object.getOwnPropertyDescriptor(Bank.prototype, path);
    Reflect.decorate([Post(path), HttpCode(200), ...decorators], Bank.prototype, path, descriptor);
  };
  route('accounts', UseGuards(AccessTokenGuard));
  route('statement', RequireAcr('pwd'));
  route('transfer', RequireAcr('mfa'));
  route('limits', RequireAcr('mfa', { maxAge: RECENT }));
  route('review', RequireAcr({ maxAge: RECENT }));
  route('keys', RequireAcr('unknown'));
  Reflect.decorate([Controller()], Bank);

  class App {}
  const { issuer, profile, acr } = server;
  applications += 1;
  const stepUp = StepUpModule.forRoot({
    authorizationServers: [{ issuer, profile, audience: API, acr: { ...acr, unknown: UNKNOWN_ACR }, ...options }],
    // Passport's registry is one for the process
    strategyName: `api-${applications}`,
    clockTolerance: 0,
    ...(options.boundTokens !== undefined && { publicUrl: `http://127.0.0.1:${port}` }),
    ...further,
  });
  Reflect.decorate([Module({ imports: [stepUp], controllers: [Bank] })], App);

  const app = await NestFactory.create(App, { logger });
  await app.listen(port, '127.0.0.1');
  return {
    url: `http://127.0.0.1:${port}`,
    /** Routes whose handler has run, in order. */
    handled,
    warnings,
    /** Sends one request with a token, without anybody to answer a challenge. */
    async send(path, token) {
      return answer(
        await fetch(`${this.url}/${path}`, { method: 'POST', headers: { authorization: `Bearer ${token}` } }),
      );
    },
    answerOf: answer,
    close: () => app.close(),
  };
}

/** DPoP proofs name the URL of the API, which has to know it before it listens. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function answer(response) {
  const field = response.headers.get('www-authenticate');
  const [challenge] = field === null ? [] : parseChallenges(field);
  return { status: response.status, error: challenge?.parameters.error, body: await response.json() };
}
