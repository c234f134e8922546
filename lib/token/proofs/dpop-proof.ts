import { hash, randomBytes } from 'node:crypto';
import type { Claims } from '../../core/index.js';
import { type IncomingRequest, isRepeated } from '../bearer-token.js';
import { found, isNumericDate, isText } from '../claim-values.js';
import { readJwt, type UnverifiedJwt } from '../jwt/jwt.js';
import { verifySignature } from '../jwt/signature.js';
import { andThen, type MaybePromise } from '../maybe-promise.js';
import { refuse } from '../refuse.js';
import type { Clock } from '../validity.js';
import type { PossessionSettings } from './possession.options.js';
import { ProofKeys, readProofKey } from './proof-key.js';
import { originOf } from './public-url.js';
import { Replays } from './replay-cache.js';
import { ServerNonces } from './server-nonces.js';

/** The token that a proof is for. */
export interface ProvenToken {
  readonly token: string;
  /** The thumbprint of the key that it is bound to. */
  readonly jkt: string;
  readonly issuer: string;
}

/** Verifies DPoP proofs. Accepts each proof once. */
export class DPoPProofs {
  readonly #keys = new ProofKeys();
  readonly #nonces: ServerNonces | undefined;
  readonly #replays: Replays;

  constructor(
    private readonly settings: NonNullable<PossessionSettings['dpop']>,
    clockTolerance: number,
  ) {
    const { nonces, nonceSecret, proofMaxAge, replayCache } = settings;
    this.#nonces = nonces === 'off' ? undefined : new ServerNonces(nonceSecret ?? randomBytes(32));
    // From an `iat` that is as far in the future as it can be, until it is too old.
    this.#replays = new Replays(proofMaxAge + 2 * clockTolerance, replayCache);
  }

  /** Returns the nonce for the next proof of a client; `undefined` if none is required. */
  nonce(now: number): string | undefined {
    return this.#nonces?.current(now);
  }

  /**
   * Verifies that a request was made with the key that its token is bound to. Checks the key before it verifies a
   * signature, and records only proofs with which nothing else is wrong. Synchronous without a shared cache.
   *
   * @throws AccessTokenRefused `invalid_dpop_proof`, `use_dpop_nonce`, or `invalid_token` for a proof of another key
   * @throws AuthorizationServerUnavailable if the shared cache of used proofs fails
   * @see [RFC 9449 §4.3](https://www.rfc-editor.org/rfc/rfc9449.html#section-4.3)
   */
  verify(request: IncomingRequest, token: ProvenToken, clock: Clock): MaybePromise<void> {
    const proof = readProof(proofOf(request));
    const { header, payload } = proof;
    const algorithm = this.#checkHeader(header);
    const key = readProofKey(header['jwk'], algorithm);
    if (key.thumbprint !== token.jkt) refuse('proof_key_mismatch');
    const refuseSignature = () => refuse('proof_signature_invalid');
    verifySignature(proof, algorithm, this.#keys.import(key, algorithm), refuseSignature);

    this.#checkRequest(payload, request, token.token);
    const { jti, iat } = this.#checkTime(payload, clock);
    this.#checkNonce(payload['nonce'], clock.now);
    const isFirst = this.#replays.use({ key: key.thumbprint, jti, iat }, clock.now, token.issuer);
    return andThen(isFirst, (first) => (first ? undefined : refuse('proof_replayed')));
  }

  #checkHeader({ typ, alg, crit }: Claims): string {
    const { algorithms } = this.settings;
    if (typeof typ !== 'string' || !/^(?:application\/)?dpop\+jwt$/i.test(typ)) {
      refuse('proof_typ_mismatch', { ...found(typ), expected: ['dpop+jwt'] });
    }
    if (crit !== undefined) refuse('proof_crit_unsupported');
    if (typeof alg !== 'string' || !algorithms.has(alg)) {
      refuse('proof_algorithm_not_allowed', { ...found(alg), expected: [...algorithms] });
    }
    return alg;
  }

  #checkRequest({ htm, htu, ath }: Claims, request: IncomingRequest, token: string): void {
    const { publicUrl } = this.settings;
    if (!isText(htm)) refuse('proof_claim_missing', { claim: 'htm' });
    if (htm !== request.method) refuse('proof_method_mismatch', { claim: 'htm' });
    if (!isText(htu)) refuse('proof_claim_missing', { claim: 'htu' });
    if (!publicUrl.isOf(htu, request)) {
      refuse('proof_url_mismatch', { claim: 'htu', ...found(originOf(htu)), expected: [publicUrl.origin] });
    }
    if (!isText(ath)) refuse('proof_claim_missing', { claim: 'ath' });
    if (ath !== hash('sha256', token, 'base64url')) refuse('proof_token_mismatch', { claim: 'ath' });
  }

  #checkTime(
    { jti, iat, exp, nbf }: Claims,
    { now, clockTolerance }: Clock,
  ): { readonly jti: string; readonly iat: number } {
    if (!isText(jti)) refuse('proof_claim_missing', { claim: 'jti' });
    if (!isNumericDate(iat)) refuse('proof_claim_missing', { claim: 'iat' });
    if (now - iat > this.settings.proofMaxAge + clockTolerance) refuse('proof_expired', { claim: 'iat' });
    if (iat > now + clockTolerance) refuse('proof_in_future', { claim: 'iat' });
    if (exp !== undefined && !(isNumericDate(exp) && now < exp + clockTolerance))
      refuse('proof_expired', { claim: 'exp' });
    if (nbf !== undefined && !(isNumericDate(nbf) && now >= nbf - clockTolerance)) {
      refuse('proof_in_future', { claim: 'nbf' });
    }
    return { jti, iat };
  }

  #checkNonce(nonce: unknown, now: number): void {
    if (this.#nonces === undefined) return;
    if (nonce === undefined) refuse('proof_nonce_missing', { claim: 'nonce' });
    if (typeof nonce !== 'string' || !this.#nonces.isValid(nonce, now))
      refuse('proof_nonce_mismatch', { claim: 'nonce' });
  }
}

/** Returns the proof of a request. Node joins several headers of one name. */
function proofOf(request: IncomingRequest): string {
  const proof = request.headers?.['dpop'];
  if (proof === undefined || proof === '') refuse('proof_missing');
  if (typeof proof !== 'string' || proof.includes(',') || isRepeated('dpop', request)) refuse('proof_repeated');
  return proof;
}

function readProof(proof: string): UnverifiedJwt {
  try {
    return readJwt(proof);
  } catch {
    return refuse('proof_unreadable');
  }
}
