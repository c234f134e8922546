import type { AuthorizationServer } from '../../authorization-servers/index.js';
import { found } from '../claim-values.js';
import { AccessTokenRefused, AuthorizationServerUnavailable } from '../errors.js';
import { freezeClaims } from '../frozen-claims.js';
import { KeySet } from '../keys/key-set.js';
import type { Refuse } from '../refuse.js';
import type { Clock } from '../validity.js';
import { readJwt, type UnverifiedJwt } from './jwt.js';
import { checkBeforeSignature, checkClaims } from './jwt-access-token.js';
import { readKeyId } from './jwt-verifier.js';
import { verifySignature } from './signature.js';

/** Everything that speaks against a JWT. */
export interface JwtExamination {
  /** Each rule that the JWT breaks, in the order in which a verifier checks them. Empty if a verifier accepts it. */
  readonly refusals: readonly AccessTokenRefused[];
  /** Why the signature was not checked, if the key cannot be read. */
  readonly unavailable?: AuthorizationServerUnavailable;
}

/**
 * Returns every rule that a JWT breaks. It applies the rules by which an {@link AccessTokenVerifier} refuses at the first
 * one. The signature of a token of another issuer, or of an algorithm that is not allowed, is not checked.
 *
 * @throws AccessTokenRefused for what is no JWT
 */
export async function examineJwt(token: string, server: AuthorizationServer, clock: Clock): Promise<JwtExamination> {
  const jwt = readJwt(token);
  const refusals: AccessTokenRefused[] = [];
  const report: Refuse = (code, facts) => void refusals.push(new AccessTokenRefused(code, facts));
  const { iss } = jwt.payload;
  if (iss !== server.issuer) report('issuer_unknown', { ...found(iss), expected: [server.issuer] });
  checkBeforeSignature(jwt, server, clock, report);
  const canHaveKey = refusals.every(({ code }) => code !== 'issuer_unknown' && code !== 'algorithm_not_allowed');
  const unverified = canHaveKey ? await failureOf(() => verify(jwt, server)) : undefined;
  if (unverified instanceof AccessTokenRefused) refusals.push(unverified);
  checkClaims(jwt.payload, server, clock, report);
  const unreadable = await failureOf(() => freezeClaims(jwt.payload));
  if (unreadable instanceof AccessTokenRefused) refusals.push(unreadable);
  return { refusals, ...(unverified instanceof AuthorizationServerUnavailable && { unavailable: unverified }) };
}

async function verify(jwt: UnverifiedJwt, { issuer, jwksUri, keys }: AuthorizationServer): Promise<void> {
  const { header } = jwt;
  const alg = header['alg'] as string;
  const keySet = new KeySet({ issuer, ...(jwksUri !== undefined && { jwksUri }), ...keys });
  const key = await keySet.keyFor({ alg, kid: readKeyId(header['kid']) });
  verifySignature(jwt, alg, key);
}

async function failureOf(
  check: () => unknown,
): Promise<AccessTokenRefused | AuthorizationServerUnavailable | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    if (error instanceof AccessTokenRefused || error instanceof AuthorizationServerUnavailable) return error;
    throw error;
  }
}
