import type { ServerOptions } from '../authorization-servers/index.js';
import type { StepUpWord } from './requirements/words.js';

/** An authorization server whose access tokens are accepted, and what the words of {@link StepUpWords} mean to it. */
export interface AuthorizationServerOptions extends ServerOptions<StepUpWord> {}

/**
 * Returns the authorization server of an issuer that is not configured, or `undefined` for one that the application does
 * not know. The issuer is unverified: any sender of a token can choose it. Compare it with those that you know, and
 * send no request to it.
 *
 * @example
 * ```ts
 * const resolve: ResolveAuthorizationServer = async (issuer) => {
 *   const customer = await customers.findByIssuer(issuer);
 *   return customer && { issuer: customer.issuer, audience: 'https://api.example', profile: 'keycloak' };
 * };
 * ```
 */
export type ResolveAuthorizationServer = (
  issuer: string,
) => AuthorizationServerOptions | undefined | Promise<AuthorizationServerOptions | undefined>;
