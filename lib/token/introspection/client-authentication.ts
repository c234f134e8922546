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
 * Prepares how this API authenticates to an authorization server. openid-client is loaded when the server is first asked:
 * it ships as ESM alone, and an application that asks nobody need not be able to load it.
 *
 * @param where names the options in the error
 * @throws TypeError if the private key cannot be read or is of no kind that can sign
 * @see [RFC 7523 §2.2](https://www.rfc-editor.org/rfc/rfc7523.html#section-2.2)
 */
export function clientAuthentication(client: Introspection['client'], where: string): () => Promise<ClientAuth> {
  if (client.method !== 'private_key_jwt') {
    const { method, secret } = client;
    return async () => {
      const { ClientSecretBasic, ClientSecretPost } = openidClient();
      return method === 'client_secret_post' ? ClientSecretPost(secret) : ClientSecretBasic(secret);
    };
  }
  const { key, algorithm, kid } = readPrivateKey(client.key, where);
  return async () => {
    const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
    const imported = await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
    return openidClient().PrivateKeyJwt(kid === undefined ? imported : { key: imported, kid });
  };
}

/**
 * openid-client, loaded with `require` as this package is CommonJS: Node can require ESM since 20.19, Jest since 24.9.
 *
 * @throws TypeError if it cannot be loaded, which says what to do
 */
export function openidClient(): typeof import('openid-client') {
  try {
    return require('openid-client');
  } catch (cause) {
    throw new StepUpConfigurationError(
      '"introspection" needs openid-client, which cannot be loaded here. It is ESM: in Jest have openid-client, oauth4webapi ' +
        'and jose transformed (transformIgnorePatterns), or use overrideStepUp() of nestjs-step-up/testing',
      { cause },
    );
  }
}

interface PrivateKey {
  readonly key: KeyObject;
  readonly algorithm: { name: string; hash?: string; namedCurve?: string };
  readonly kid: string | undefined;
}

function readPrivateKey(given: string | Readonly<Record<string, unknown>>, where: string): PrivateKey {
  const jwk = typeof given === 'string' ? undefined : given;
  try {
    const key = createPrivateKey(jwk === undefined ? (given as string) : { key: jwk as JsonWebKey, format: 'jwk' });
    const kid = typeof jwk?.['kid'] === 'string' ? jwk['kid'] : undefined;
    return { key, algorithm: algorithmOf(key, jwk?.['alg']), kid };
  } catch {
    // what the parser says may quote the key
    throw new StepUpConfigurationError(
      `"${where}.privateKey" is no private RSA, EC or Ed25519 key that can be read, as PEM or JWK`,
    );
  }
}

/** @see [RFC 7518 §3](https://www.rfc-editor.org/rfc/rfc7518.html#section-3) */
function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, alg: unknown): PrivateKey['algorithm'] {
  if (asymmetricKeyType === 'ed25519') return { name: 'Ed25519' };
  const namedCurve = CURVES.get(asymmetricKeyDetails?.namedCurve ?? '');
  if (namedCurve !== undefined) return { name: 'ECDSA', namedCurve };
  const [, family, bits] = /^(RS|PS)(256|384|512)$/.exec(alg === undefined ? 'RS256' : String(alg)) ?? [];
  if (asymmetricKeyType !== 'rsa' || bits === undefined) throw new TypeError('no algorithm fits the key');
  return { name: family === 'PS' ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5', hash: `SHA-${bits}` };
}
