import type { AuthorizationServer } from '../authorization-servers/index.js';
import type { Claims } from '../core/index.js';
import { type Refuse, refuse } from './refuse.js';

/** The members of `cnf` by which a token is bound: to the key of a DPoP proof, and to a client certificate. */
export interface Confirmation {
  readonly jkt?: string;
  readonly 'x5t#S256'?: string;
}

/** The option by which each member of `cnf` is accepted. */
const METHODS = new Map([
  ['jkt', 'dpop'],
  ['x5t#S256', 'mtls'],
] as const);

/** Members that name no key. Keycloak 26 says by this one what `jkt` is for. */
const ANNOTATIONS: ReadonlyMap<string, unknown> = new Map([['kc-jkt-type', 'DPoP']]);

/** A SHA-256 digest in base64url. */
const DIGEST = /^[A-Za-z0-9_-]{43}$/;

/**
 * Checks that a token is bound to a key only in a way that its server is configured for. Each member of `cnf` counts:
 * one that nobody verifies would bind the token to nothing. Does not verify a proof.
 *
 * @throws AccessTokenRefused `invalid_token` if it is bound in another way
 * @see [RFC 7800 §3.1](https://www.rfc-editor.org/rfc/rfc7800.html#section-3.1)
 */
export function checkConfirmation(
  { cnf }: Claims,
  { boundTokens }: Pick<AuthorizationServer, 'boundTokens'>,
  report: Refuse = refuse,
): void {
  if (cnf === undefined) return;
  const members = typeof cnf === 'object' && cnf !== null && !Array.isArray(cnf) ? Object.entries(cnf) : [];
  const named = members.filter(([name, value]) => !ANNOTATIONS.has(name) || ANNOTATIONS.get(name) !== value);
  const isSupported = named.every(([name, value]) => {
    const method = METHODS.get(name as 'jkt');
    return method !== undefined && boundTokens[method] && typeof value === 'string' && DIGEST.test(value);
  });
  if (named.length === 0 || !isSupported) report('cnf_unsupported', { claim: 'cnf' });
}

/** Returns the `cnf` of a token that {@link checkConfirmation} accepts; `undefined` for a bearer token. */
export function confirmationOf({ cnf }: Claims): Confirmation | undefined {
  return cnf as Confirmation | undefined;
}

/** Returns whether two tokens are bound to the same keys, or both to none. */
export function isSameConfirmation(one: Claims, other: Claims): boolean {
  const { jkt, 'x5t#S256': certificate } = confirmationOf(one) ?? {};
  const confirmation = confirmationOf(other) ?? {};
  return jkt === confirmation.jkt && certificate === confirmation['x5t#S256'];
}

/** Returns the claims that mark an access token of a server: those bound by DPoP can have marks of their own. */
export function accessTokenClaims(
  { cnf }: Claims,
  { profile, boundTokens }: Pick<AuthorizationServer, 'profile' | 'boundTokens'>,
): AuthorizationServer['profile']['accessTokenClaims'] {
  const isBound = boundTokens.dpop && typeof (cnf as Confirmation | null | undefined)?.jkt === 'string';
  return isBound ? profile.dpopTokenClaims : profile.accessTokenClaims;
}
