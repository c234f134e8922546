import { Injectable } from '@nestjs/common';
import {
  AccessTokenRefused,
  type AccessTokenVerifier,
  AuthorizationServerUnavailable,
  andThen,
  type MaybePromise,
  orElse,
  type Presentation,
  type TokenCacheStatistics,
  type VerifiedAccessToken,
} from '../../token/index.js';
import { Listeners } from './listeners.js';
import { StepUpLog } from './log.js';

/**
 * The verification of one access token. Does not say whether the invocation was admitted. Has no token, no claim set
 * and no subject.
 */
export interface Verification {
  readonly outcome: 'verified' | 'refused' | 'unavailable';
  /** The issuer of the token, if it is a configured one. */
  readonly issuer?: string;
  /** Duration in seconds, waiting times included. */
  readonly duration: number;
  /** Whether the token was remembered. If so, neither its signature was verified nor its server asked. */
  readonly isKnown: boolean;
}

/** Measures verifications for listeners. Measures nothing without listeners. */
@Injectable()
export class Verifications {
  readonly #listeners = new Listeners<Verification>((error) => this.log.listenerFailed('onVerification', error));

  #verifier: AccessTokenVerifier | undefined;

  constructor(private readonly log: StepUpLog) {}

  /** Takes the statistics of remembered tokens from a verifier. */
  countBy(verifier: AccessTokenVerifier): void {
    this.#verifier = verifier;
  }

  /** What the verifier remembers. `undefined` without one. */
  get tokenCache(): TokenCacheStatistics | undefined {
    return this.#verifier?.tokenCache;
  }

  /** Adds a listener. Returns an unsubscribe function. */
  on(listener: (verification: Verification) => void): () => void {
    return this.#listeners.add(listener);
  }

  /**
   * Verifies a token as the verifier does.
   *
   * @throws as the verifier does
   */
  verify(
    verifier: AccessTokenVerifier,
    token: string,
    presentation: Presentation | undefined,
  ): MaybePromise<VerifiedAccessToken> {
    return this.#listeners.size === 0
      ? verifier.verify(token, presentation)
      : this.#measure(verifier, token, presentation);
  }

  #measure(
    verifier: AccessTokenVerifier,
    token: string,
    presentation: Presentation | undefined,
  ): MaybePromise<VerifiedAccessToken> {
    let isKnown = false;
    let started = performance.now();
    const tell = (outcome: Verification['outcome'], issuer: string | undefined) => {
      const duration = (performance.now() - started) / 1000;
      this.#listeners.tell(Object.freeze({ outcome, ...(issuer !== undefined && { issuer }), duration, isKnown }));
    };
    const verify = () => {
      isKnown = verifier.knows(token);
      started = performance.now();
      return andThen(verifier.verify(token, presentation), (verified) => {
        tell('verified', verified.server.issuer);
        return verified;
      });
    };
    return orElse(verify, (error) => {
      if (error instanceof AccessTokenRefused) tell('refused', error.issuer);
      else if (error instanceof AuthorizationServerUnavailable) tell('unavailable', error.issuer);
      throw error;
    });
  }
}
