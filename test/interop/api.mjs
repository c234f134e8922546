// The API: a Nest application with StepUpModule, as an application would have it.
import { createRequire } from 'node:module';
import 'reflect-metadata';
import { Controller, HttpCode, Module, Post, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { API, UNKNOWN_ACR } from './parties.mjs';
import { freePorts } from './setup/server-process.mjs';

const require = createRequire(import.meta.url);
const { AccessTokenGuard, RequireAcr, StepUpModule, parseChallenges } = require('../../dist/index.js');

/** Seconds for which a sign-in is recent enough to `/limits` and `/review`, so that nobody has to wait for long. */
export const RECENT = 3;

/** What was logged as a warning or an error. Nest has one logger for the process. */
const warnings = [];
const note = (message) => warnings.push(String(message));
const logger = { log() {}, warn: note, error: note };

let applications = 0;

/** Boots the API for one authorization server on a free loopback port. */
export async function startApi(server, options = {}) {
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
  // proofs name the URL, which is known before the API listens
  const [port] = options.boundTokens === undefined ? [0] : await freePorts(1);
  const stepUp = StepUpModule.forRoot({
    authorizationServers: [{ issuer, profile, audience: API, acr: { ...acr, unknown: UNKNOWN_ACR }, ...options }],
    // Passport's registry is one for the process
    strategyName: `api-${applications}`,
    clockTolerance: 0,
    ...(port !== 0 && { publicUrl: `http://127.0.0.1:${port}` }),
  });
  Reflect.decorate([Module({ imports: [stepUp], controllers: [Bank] })], App);

  const app = await NestFactory.create(App, { logger, abortOnError: false });
  await app.listen(port, '127.0.0.1');
  return {
    url: new URL(await app.getUrl()).origin,
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

async function answer(response) {
  const field = response.headers.get('www-authenticate');
  const challenges = field === null ? [] : parseChallenges(field);
  // an API that takes two schemes has a challenge for each, of which one is about the request
  const challenge = challenges.find(({ parameters }) => parameters.error !== undefined) ?? challenges[0];
  return {
    status: response.status,
    scheme: challenge?.scheme,
    challenge: challenge?.parameters,
    error: challenge?.parameters.error,
    body: await response.json(),
  };
}
