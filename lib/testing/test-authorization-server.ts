import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';

export interface TestAuthorizationServerOptions {
  /** Signature algorithm of the tokens. Default is `'ES256'`. */
  algorithm?: 'RS256' | 'PS256' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA';
  /** `aud` of the tokens. Default is `'https://api.example'`. */
  audience?: string;
}

export interface TestAccessTokenOptions {
  acr?: unknown;
  /** Seconds since the epoch. Default is now. `null` leaves it out. */
  authTime?: unknown;
  /** Default is `'alice'`. */
  subject?: string;
  /** Default is `'test-client'`. */
  clientId?: string;
  /** Default is `'openid'`. */
  scope?: string;
  /** Seconds from now. Default is `300`. */
  expiresIn?: number;
  /** Further claims; `undefined` leaves one of the claims above out. */
  claims?: Record<string, unknown>;
  /** Further header members; `undefined` leaves one out. */
  header?: Record<string, unknown>;
}

/** An authorization server for tests: real keys and real HTTP, but nobody signs in. */
export interface TestAuthorizationServer {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: string;
  /** Signs an access token by RFC 9068. */
  accessToken(options?: TestAccessTokenOptions): Promise<string>;
  /** Replaces the signing key; the former one leaves the key set. */
  rotateKey(): void;
  /** How often the key document was fetched. */
  readonly keyRequests: number;
  /** Answers every request with 500 until told otherwise. */
  setUnavailable(unavailable: boolean): void;
  close(): Promise<void>;
}

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwk: Record<string, unknown>;
}

/**
 * Starts an authorization server on a free loopback port, with discovery and keys over HTTP.
 *
 * @example
 * ```ts
 * const server = await createTestAuthorizationServer();
 * const token = await server.accessToken({ acr: 'mfa' });
 * ```
 */
export async function createTestAuthorizationServer({
  algorithm = 'ES256',
  audience = 'https://api.example',
}: TestAuthorizationServerOptions = {}): Promise<TestAuthorizationServer> {
  let signingKey = createSigningKey(algorithm);
  let keyRequests = 0;
  let unavailable = false;

  const answer = (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === '/jwks') keyRequests += 1;
    if (unavailable) response.writeHead(500).end();
    else if (request.url === '/jwks') sendJson(response, { keys: [signingKey.jwk] });
    else if (request.url === '/.well-known/openid-configuration') {
      sendJson(response, { issuer, jwks_uri: `${issuer}/jwks` });
    } else response.writeHead(404).end();
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    issuer,
    audience,
    jwksUri: `${issuer}/jwks`,
    get keyRequests() {
      return keyRequests;
    },
    setUnavailable(value) {
      unavailable = value;
    },
    rotateKey() {
      signingKey = createSigningKey(algorithm);
    },
    async accessToken(options = {}) {
      const now = Math.floor(Date.now() / 1000);
      const { acr, authTime = now, subject = 'alice', clientId = 'test-client', scope = 'openid' } = options;
      return new SignJWT({
        iss: issuer,
        aud: audience,
        sub: subject,
        client_id: clientId,
        scope,
        jti: randomUUID(),
        iat: now,
        exp: now + (options.expiresIn ?? 300),
        acr,
        ...(authTime !== null && { auth_time: authTime }),
        ...options.claims,
      })
        .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid: signingKey.kid, ...options.header } as {
          alg: string;
        })
        .sign(signingKey.privateKey);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createSigningKey(algorithm: string): SigningKey {
  const { privateKey, publicKey } = generateKeys(algorithm);
  const kid = randomUUID();
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' } };
}

function generateKeys(algorithm: string): { privateKey: KeyObject; publicKey: KeyObject } {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519');
  if (algorithm.startsWith('ES')) {
    const namedCurve = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[algorithm] ?? 'P-256';
    return generateKeyPairSync('ec', { namedCurve });
  }
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
