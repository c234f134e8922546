import type { AuthorizationServer } from '../../authorization-servers/index.js';
import type { AuthenticationEvent, AuthenticationRequirements, UnmetReason } from '../../core/index.js';
import type { TokenScheme } from '../../token/index.js';
import type { DecidedAt } from './tell-refusal.js';

/** What is known of an authentication that is not sufficient. */
export interface UnmetRequirements {
  readonly at: DecidedAt;
  readonly event: AuthenticationEvent;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The server of the event, if it is known. */
  readonly server?: AuthorizationServer | undefined;
  /** Of the token. Absent for Bearer. */
  readonly scheme?: TokenScheme | undefined;
  /** In the strings of the issuer of the event. */
  readonly requirements: AuthenticationRequirements;
  readonly reasons: readonly UnmetReason[];
}
