import { createPrivateKey, type JsonWebKey, type KeyObject, webcrypto } from 'node:crypto';
import type { ClientAuth } from 'openid-client';
import type { Introspection } from '../../authorization-servers/index.js';
import { StepUpConfigurationError } from '../../core/index.js';

const CURVES = new Map([
  ['prime256v1', 'P-256'],
  ['secp384r1', 'P-384'],
  ['secp521r1', 'P-521'],
]);

/**
 * Prepares how this API authenticates to an authorization server. Loads openid-client with the first request: it is ESM
 * only, and an application without introspection does not have to be able to load it.
 *
 * @param where the place of the options that errors name
 * @throws StepUpConfigurationError if the private key cannot be read, or is of a type that cannot sign
 * @see [RFC 7523 §2.2](https://www.rfc-editor.org/rfc/rfc7523.html#section-2.2)
 */
export function clientAuthentication(client: Introspection['client'], where: string): () => Promise<ClientAuth> {
  if (client.method !== 'private_key_jwt') {
    const { method, secret } = client;
    if (method === 'client_secret_basic') return async () => clientSecretBasic(secret);
    return async () => openidClient().ClientSecretPost(secret);
  }
  const { key, algorithm, kid } = readPrivateKey(client.key, where);
  return async () => {
    const jwk = key.export({ format: 'jwk' });
    const imported = await webcrypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign']);
    return openidClient().PrivateKeyJwt({ key: imported, kid });
  };
}

/**
 * Authenticates by Basic credentials. Encodes them as a form does and no more: several servers do not decode them, and
 * openid-client would also encode `-`, `_`, `.` and `*`, which most client ids and secrets have.
 *
 * @see [RFC 6749 §2.3.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-2.3.1)
 */
export function clientSecretBasic(secret: string): ClientAuth {
  return (_server, { client_id: clientId }, _body, headers) => {
    const credentials = `${formEncoded(clientId)}:${formEncoded(secret)}`;
    headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
  };
}

/** Returns a text in the form encoding: RFC 6749 Appendix B. */
function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

/**
 * Loads openid-client with `require`, since this package is CommonJS. Node.js can require ESM since 20.19, and Jest on
 * Node.js 24.9 with `--experimental-vm-modules`.
 *
 * @throws StepUpConfigurationError if it cannot be loaded, with the next step
 */
export function openidClient(): typeof import('openid-client') {
  try {
    return require('openid-client');
  } catch (cause) {
    throw new StepUpConfigurationError(
      '"introspection" needs openid-client, which cannot be loaded here. It is ESM: let Jest transform openid-client, ' +
        'oauth4webapi and jose (transformIgnorePatterns), or use overrideStepUp() of nestjs-step-up/testing',
      { cause },
    );
  }
}

interface PrivateKey {
  readonly key: KeyObject;
  readonly algorithm: { name: string; hash?: string; namedCurve?: string };
  readonly kid: string | undefined;
}

function readPrivateKey(pemOrJwk: string | Readonly<Record<string, unknown>>, where: string): PrivateKey {
  const jwk = typeof pemOrJwk === 'string' ? undefined : pemOrJwk;
  try {
    const key =
      jwk === undefined ? readPem(pemOrJwk as string) : createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' });
    const kid = typeof jwk?.['kid'] === 'string' ? jwk['kid'] : undefined;
    return { key, algorithm: algorithmOf(key, jwk?.['alg']), kid };
  } catch {
    // The message of the parser may quote the key.
    throw new StepUpConfigurationError(
      `"${where}.privateKey" is not a readable private key: RSA, EC or Ed25519, as PEM or JWK`,
    );
  }
}

/**
 * Reads a PEM, and once more if that fails. Node.js takes any error in OpenSSL's queue for one of the key, also what an
 * earlier call left there, such as `KeyObject.equals` of two types. To throw empties the queue.
 */
function readPem(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    return createPrivateKey(pem);
  }
}

/**
 * Returns the algorithm of a key, for an RSA key by `alg` of its JWK. Default for RSA is `RS256`.
 *
 * @throws TypeError if no algorithm fits
 * @see [RFC 7518 §3](https://www.rfc-editor.org/rfc/rfc7518.html#section-3)
 */
function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, alg: unknown): PrivateKey['algorithm'] {
  if (asymmetricKeyType === 'ed25519') return { name: 'Ed25519' };
  const namedCurve = CURVES.get(asymmetricKeyDetails?.namedCurve ?? '');
  if (namedCurve !== undefined) return { name: 'ECDSA', namedCurve };
  const [, family, bits] = /^(RS|PS)(256|384|512)$/.exec(alg === undefined ? 'RS256' : String(alg)) ?? [];
  if (asymmetricKeyType !== 'rsa' || bits === undefined) throw new TypeError('no algorithm fits the key');
  return { name: family === 'PS' ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5', hash: `SHA-${bits}` };
}
