import type { AuthorizationServer } from '../authorization-servers/index.js';
import type { AuthenticationEvent, Claims } from '../core/index.js';

/** A verified access token. Frozen at every depth, since later requests with the same token share it. */
export interface VerifiedAccessToken {
  readonly claims: Claims;
  readonly event: AuthenticationEvent;
  readonly server: AuthorizationServer;
}
