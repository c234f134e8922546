import 'reflect-metadata';
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import jsonwebtoken from 'jsonwebtoken';
import {
  AccessTokenGuard,
  AcrGuard,
  parseChallenges,
  RequireAcr,
  StepUpExceptionFilter,
  StepUpModule,
} from 'nestjs-step-up';
import { parseStepUpChallenge, stepUpFetch } from 'nestjs-step-up/client';
import { requirementsPerTool } from 'nestjs-step-up/mcp';
import { withStepUp } from 'nestjs-step-up/mcp/host';
import { expectStepUpChallenge } from 'nestjs-step-up/testing';

@Controller()
class TransferController {
  @Get('transfer')
  @RequireAcr('mfa', { maxAge: 300 })
  transfer(): { done: boolean } {
    return { done: true };
  }

  @Post('mcp')
  @RequireAcr(requirementsPerTool({ transfer: { acrValues: ['mfa'], maxAge: 300 } }))
  mcp(): { done: boolean } {
    return { done: true };
  }
}

for (const exported of [AccessTokenGuard, AcrGuard, RequireAcr, StepUpExceptionFilter, stepUpFetch, withStepUp]) {
  if (typeof exported !== 'function') throw new Error('an export is missing');
}

function expect(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
}

/**
 * Serves real requests, and fails unless they are answered 401, with the challenge, and 200; an opaque token, which the
 * authorization server is asked about, with `opaque`.
 */
export async function main(opaque: number): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = createServer((request, response) => {
    const issuer = `http://${request.headers.host}`;
    const document =
      request.url === '/introspect'
        ? {
            active: true,
            token_type: 'Bearer',
            aud: 'api',
            sub: 'alice',
            acr: 'urn:example:mfa',
            auth_time: Math.floor(Date.now() / 1000),
          }
        : request.url === '/jwks'
          ? { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }] }
          : { issuer, jwks_uri: `${issuer}/jwks`, introspection_endpoint: `${issuer}/introspect` };
    response.end(JSON.stringify(document));
  });
  await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(keys.address() as AddressInfo).port}`;

  @Module({
    imports: [
      StepUpModule.forRoot({
        authorizationServers: [
          {
            issuer,
            audience: 'api',
            acr: { mfa: 'urn:example:mfa' },
            introspection: { clientId: 'api', clientSecret: 's3cret' },
          },
        ],
      }),
    ],
    controllers: [TransferController],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  try {
    await app.listen(0, '127.0.0.1');
    const url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/transfer`;
    const ask = (acr?: string, at = url, message?: object) => {
      const now = Math.floor(Date.now() / 1000);
      const claims = {
        iss: issuer,
        aud: 'api',
        sub: 'alice',
        client_id: 'c',
        jti: 'j',
        iat: now,
        exp: now + 60,
        auth_time: now,
        acr,
      };
      const token = jsonwebtoken.sign(claims, privateKey, {
        algorithm: 'RS256',
        header: { alg: 'RS256', typ: 'at+jwt', kid: 'k' },
      });
      const headers = {
        ...(acr !== undefined && { authorization: `Bearer ${token}` }),
        ...(message !== undefined && { 'content-type': 'application/json' }),
      };
      return fetch(at, { headers, ...(message !== undefined && { method: 'POST', body: JSON.stringify(message) }) });
    };
    expect((await ask()).status, 401, 'without a token');
    const challenged = await ask('urn:example:pwd');
    expect(challenged.status, 401, 'with a password alone');
    const [challenge] = parseChallenges(challenged.headers.get('www-authenticate') ?? '');
    expect(challenge?.parameters['error'], 'insufficient_user_authentication', 'the challenge');
    expect(challenge?.parameters['acr_values'], 'urn:example:mfa', 'acr_values');
    expectStepUpChallenge(challenged, { acrValues: ['urn:example:mfa'], maxAge: 300 });
    expect(parseStepUpChallenge(challenged)?.maxAge, 300, 'the challenge as the client reads it');
    expect((await ask('urn:example:mfa')).status, 200, 'with a second factor');
    const mcp = url.replace('transfer', 'mcp');
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'transfer' } };
    expect((await ask('urn:example:pwd', mcp, call)).status, 401, 'the call of an MCP tool');
    expect((await ask('urn:example:pwd', mcp, { ...call, method: 'tools/list' })).status, 201, 'the list of MCP tools');
    const asked = await fetch(url, { headers: { authorization: 'Bearer 2YotnFZFEjr1zCsicMWpAA' } });
    expect(asked.status, opaque, 'with an opaque token');
  } finally {
    await app.close();
    keys.close();
  }
}

if (process.argv[1]?.endsWith('main.js')) {
  main(200).then(
    () => console.log('401, challenge, 200, opaque 200'),
    (error) => {
      console.error(error);
      process.exitCode = 1;
    },
  );
}
