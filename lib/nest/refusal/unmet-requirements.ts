import type { AuthenticationEvent, AuthenticationRequirements, UnmetReason } from '../../core/index.js';

/** What is known of an authentication that is not enough. */
export interface UnmetRequirements {
  readonly route: string | undefined;
  readonly event: AuthenticationEvent;
  readonly claims: Readonly<Record<string, unknown>>;
  /** In the strings of the event's issuer. */
  readonly requirements: AuthenticationRequirements;
  readonly reasons: readonly UnmetReason[];
}
