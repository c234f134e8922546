import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Controller, Get, type INestApplication, Post, UseGuards } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { decodeJwt, exportJWK, type KeyLike, SignJWT } from 'jose';
import { AccessTokenGuard, RequireAcr, StepUpModule, type StepUpRegisterOptions } from 'nestjs-step-up';
import { authorizationParameters, type DPoPProofRequest, stepUpFetch, verifyStepUp } from 'nestjs-step-up/client';
import * as oauth from 'openid-client';
import { type Sample, startSample } from '../../sample-app/src/sample.js';
import { BANK_SCOPE, WALKTHROUGH_CLIENT, WALKTHROUGH_REDIRECT } from '../../sample-app/src/shared/registration.js';
import { Browser } from '../../sample-app/src/walkthrough/browser.js';
import { ADA, visit } from '../../sample-app/src/walkthrough/user.js';

@Controller()
class BankController {
  @Get('accounts')
  @UseGuards(AccessTokenGuard)
  accounts() {
    return ['everyday'];
  }

  @Post('transfers')
  @RequireAcr('urn:example:mfa', { maxAge: 300 })
  transfer() {
    return { done: true };
  }
}

/** A client with a key of its own, whose tokens are bound to it: openid-client, with the browser of a user. */
class BoundClient {
  readonly browser = new Browser(WALKTHROUGH_REDIRECT, () => {});

  private constructor(
    readonly configuration: oauth.Configuration,
    readonly keys: oauth.CryptoKeyPair,
    readonly dpop: oauth.DPoPHandle,
  ) {}

  static async create(issuer: string): Promise<BoundClient> {
    const configuration = await oauth.discovery(new URL(issuer), WALKTHROUGH_CLIENT, undefined, oauth.None(), {
      execute: [oauth.allowInsecureRequests],
    });
    const keys = await oauth.randomDPoPKeyPair('ES256', { extractable: true });
    return new BoundClient(configuration, keys, oauth.getDPoPHandle(configuration, keys));
  }

  async signIn(requested: Record<string, string> = {}) {
    const pkceCodeVerifier = oauth.randomPKCECodeVerifier();
    const url = oauth.buildAuthorizationUrl(this.configuration, {
      redirect_uri: WALKTHROUGH_REDIRECT,
      scope: `openid ${BANK_SCOPE}`,
      ...requested,
      code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    });
    const { callback } = await visit(this.browser, url, ADA);
    const checks = { pkceCodeVerifier, idTokenExpected: true };
    const options = { DPoP: this.dpop };
    return oauth.authorizationCodeGrant(this.configuration, callback, checks, undefined, options);
  }

  /** Calls an API as openid-client does, which makes the proof, and repeats the request for a nonce. */
  async call(url: string, token: string, dpop: oauth.DPoPHandle | undefined = this.dpop): Promise<Response> {
    try {
      const options = dpop === undefined ? {} : { DPoP: dpop };
      return await oauth.fetchProtectedResource(
        this.configuration,
        token,
        new URL(url),
        'GET',
        null,
        undefined,
        options,
      );
    } catch (error) {
      if (error instanceof oauth.WWWAuthenticateChallengeError) return error.response;
      throw error;
    }
  }

  /** Makes a proof as an application does that has no library for it. */
  async proof({ method, url, accessToken, nonce }: DPoPProofRequest): Promise<string> {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(accessToken));
    return new SignJWT({ htm: method, htu: url, ath: Buffer.from(digest).toString('base64url'), nonce })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(this.keys.publicKey as KeyLike) })
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .sign(this.keys.privateKey as KeyLike);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
] as const)(
  'tokens that oidc-provider binds by DPoP, with openid-client and the client half, on %s',
  (_, createAdapter) => {
    let sample: Sample;
    let client: BoundClient;
    let app: INestApplication | undefined;

    beforeEach(async () => {
      sample = await startSample();
      client = await BoundClient.create(sample.issuer);
    });
    afterEach(async () => {
      await app?.close();
      await sample.close();
    });

    async function startApi(dpop?: StepUpRegisterOptions['dpop']): Promise<string> {
      const port = await freePort();
      const publicUrl = `http://127.0.0.1:${port}`;
      const testing = await Test.createTestingModule({
        imports: [
          StepUpModule.forRoot({
            authorizationServers: [
              { issuer: sample.issuer, audience: sample.bank, profile: 'oidcProvider', boundTokens: 'accepted' },
            ],
            publicUrl,
            dpop,
            metadataAudit: 'off',
            routeTable: 'off',
          }),
        ],
        controllers: [BankController],
      }).compile();
      app = testing.createNestApplication(createAdapter(), { logger: false });
      await app.listen(port, '127.0.0.1');
      return publicUrl;
    }

    it('RS-110 a good proof is accepted; another key, a used proof, and the token as a bearer token are not', async () => {
      const api = await startApi();
      const { access_token: token, token_type: type } = await client.signIn();
      expect([type, decodeJwt(token)['cnf']]).toEqual(['dpop', { jkt: await client.dpop.calculateThumbprint() }]);
      const url = `${api}/accounts`;
      expect((await client.call(url, token)).status).toBe(200);

      const stranger = await BoundClient.create(sample.issuer);
      const headersOf = async ({ status, headers }: Response) => [status, headers.get('www-authenticate')];
      expect(await headersOf(await client.call(url, token, stranger.dpop))).toEqual([
        401,
        expect.stringMatching(/^DPoP realm="api", error="invalid_token", .*, Bearer realm="api"$/),
      ]);
      const dpop = await client.proof({ method: 'GET', url, accessToken: token });
      const send = () => fetch(url, { headers: { authorization: `DPoP ${token}`, dpop } });
      expect((await send()).status).toBe(200);
      expect(await headersOf(await send())).toEqual([401, expect.stringMatching(/^DPoP .*error="invalid_dpop_proof"/)]);
      const bearer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
      expect(await headersOf(bearer)).toEqual([401, expect.stringMatching(/^Bearer .*error="invalid_token".*, DPoP /)]);
    });

    it('openid-client repeats a request with the nonce that it is given', async () => {
      const api = await startApi({ nonces: 'required' });
      const { access_token: token } = await client.signIn();
      expect((await client.call(`${api}/accounts`, token)).status).toBe(200);
      expect((await client.call(`${api}/accounts`, token)).status).toBe(200);
    });

    it.each(['off', 'required'] as const)(
      'C-60 the client half steps the user up under DPoP, nonces %s',
      async (nonces) => {
        const api = await startApi({ nonces });
        const { claims, ...first } = await client.signIn();
        let accessToken = first.access_token;
        const challenges: unknown[] = [];
        const dpopProof = jest.fn((request: DPoPProofRequest) => client.proof(request));
        const send = stepUpFetch({
          origins: [api],
          accessToken: () => accessToken,
          dpopProof,
          stepUp: async (challenge, { challengedAt }) => {
            challenges.push(challenge);
            const tokens = await client.signIn(authorizationParameters(challenge, { scope: `openid ${BANK_SCOPE}` }));
            const subject = claims.call(first)?.sub as string;
            const { outcome } = verifyStepUp(tokens.claims() as object, { ...challenge, challengedAt, subject });
            expect(outcome).toBe('satisfied');
            accessToken = tokens.access_token;
            return accessToken;
          },
        });
        /** What an application does for nonces: the client half knows the nonce after the first refusal. */
        const call = async (...request: Parameters<typeof send>) => {
          const response = await send(...request);
          const asksForNonce = response.headers.get('www-authenticate')?.includes('use_dpop_nonce') === true;
          return asksForNonce ? send(...request) : response;
        };
        const response = await call(`${api}/transfers`, { method: 'POST', body: '{}' });
        expect([response.status, await response.json()]).toEqual([201, { done: true }]);
        expect(challenges).toEqual([
          {
            scheme: 'DPoP',
            acrValues: ['urn:example:mfa'],
            maxAge: 300,
            realm: 'api',
            errorDescription: 'A different authentication is required',
          },
        ]);
        expect(dpopProof).toHaveBeenCalledTimes(nonces === 'off' ? 2 : 3);
        const proofs = await Promise.all(dpopProof.mock.results.map(({ value }) => value as Promise<string>));
        expect(new Set(proofs.map((proof) => decodeJwt(proof).jti)).size).toBe(proofs.length);
        expect(decodeJwt(accessToken)).toMatchObject({ acr: 'urn:example:mfa', cnf: { jkt: expect.any(String) } });
      },
    );
  },
);
