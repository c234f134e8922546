import type { AuthorizationServer } from '../authorization-servers/index.js';
import type { AuthenticationEvent, Claims } from '../core/index.js';

/** What a verified access token says. Frozen throughout, as it may be handed out again while the token is known. */
export interface VerifiedAccessToken {
  readonly claims: Claims;
  readonly event: AuthenticationEvent;
  readonly server: AuthorizationServer;
}
