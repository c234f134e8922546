import type { IncomingRequest, TokenScheme } from '../bearer-token.js';
import { confirmationOf } from '../confirmation.js';
import type { MaybePromise } from '../maybe-promise.js';
import { refuse } from '../refuse.js';
import type { Clock } from '../validity.js';
import type { VerifiedAccessToken } from '../verified-access-token.js';
import { DPoPProofs } from './dpop-proof.js';
import type { PossessionSettings } from './possession.options.js';

/** How a token was sent. */
export interface Presentation {
  readonly scheme: TokenScheme;
  /** Absent off HTTP, and for a token without a request. A bound token is then refused. */
  readonly request: IncomingRequest | undefined;
}

/**
 * Verifies that the sender of a token has the keys that the token is bound to, and that the token is bound as its
 * server is configured for. Remembers nothing but used proofs: a token that was accepted before needs a new proof.
 */
export class Possession {
  readonly #dpop: DPoPProofs | undefined;

  constructor(
    private readonly settings: PossessionSettings,
    clockTolerance: number,
  ) {
    this.#dpop = settings.dpop && new DPoPProofs(settings.dpop, clockTolerance);
  }

  /** Returns the nonce for the next proof of a client; `undefined` if none is required. */
  nonce(now: number): string | undefined {
    return this.#dpop?.nonce(now);
  }

  /**
   * Verifies the possession of the keys of a verified token. Every key that it is bound to counts. Synchronous without
   * a shared cache of used proofs.
   *
   * @throws AccessTokenRefused `invalid_token`, `invalid_dpop_proof` or `use_dpop_nonce`
   * @throws AuthorizationServerUnavailable if the shared cache of used proofs fails
   * @see [RFC 9449 §7.1](https://www.rfc-editor.org/rfc/rfc9449.html#section-7.1)
   * @see [RFC 8705 §3](https://www.rfc-editor.org/rfc/rfc8705.html#section-3)
   */
  verify(
    { claims, server }: VerifiedAccessToken,
    token: string,
    { scheme, request }: Presentation,
    clock: Clock,
  ): MaybePromise<void> {
    const confirmation = confirmationOf(claims);
    if (confirmation === undefined) {
      if (scheme === 'DPoP' || server.boundTokens.policy === 'required') refuse('token_unbound', { claim: 'cnf' });
      return;
    }
    const { jkt, 'x5t#S256': certificate } = confirmation;
    if (request === undefined) refuse('binding_unprovable', { claim: 'cnf' });
    if (certificate !== undefined) this.#verifyCertificate(certificate, request);
    if (jkt === undefined) {
      if (scheme === 'DPoP') refuse('token_unbound', { claim: 'cnf' });
      return;
    }
    // RFC 9449 §7.2: as a bearer token it is refused, also next to a proof.
    if (scheme !== 'DPoP') refuse('dpop_scheme_missing', { claim: 'cnf' });
    if (this.#dpop === undefined) refuse('cnf_unsupported', { claim: 'cnf' });
    return this.#dpop.verify(request, { token, jkt, issuer: server.issuer }, clock);
  }

  #verifyCertificate(expected: string, request: IncomingRequest): void {
    const digest = this.settings.certificateDigest?.(request);
    if (digest === undefined) refuse('certificate_missing', { claim: 'cnf' });
    if (digest !== expected) refuse('certificate_mismatch', { claim: 'cnf' });
  }
}
