import {
  type AuthenticationRequirements,
  type BearerChallengeParameters,
  bearerChallenge,
  formatChallenges,
  INSUFFICIENT_USER_AUTHENTICATION,
  REASON_DIMENSIONS,
  type UnmetReason,
} from '../../core/index.js';

/** What every challenge of an application carries. */
export interface ChallengeOrigin {
  readonly realm: string;
  readonly resourceMetadata?: string | undefined;
}

/** The body of a step-up challenge; the header stays authoritative, the body is for clients that cannot read it. */
export interface StepUpBody {
  error: typeof INSUFFICIENT_USER_AUTHENTICATION;
  error_description: string;
  acr_values?: string;
  max_age?: number;
  scope?: string;
  reasons: UnmetReason[];
}

/** The body of Microsoft Entra's claims challenge. */
export interface ClaimsChallengeBody {
  error: 'insufficient_claims';
  error_description: string;
  /** The claims request of the header: JSON in base64. */
  claims: string;
  reasons: UnmetReason[];
}

/** A challenge in both its forms, rendered once for requirements and what is unmet in them. */
export interface RenderedChallenge {
  readonly body: StepUpBody | ClaimsChallengeBody;
  /** The value of `WWW-Authenticate`. */
  readonly challenge: string;
}

/** Renders the challenge for requirements: all of them, whichever is unmet, but the scope only if it is lacking. */
export function renderChallenge(
  { acrValues, maxAge, scope: required }: AuthenticationRequirements,
  reasons: readonly UnmetReason[],
  origin: ChallengeOrigin,
): RenderedChallenge {
  const errorDescription = describe(reasons);
  const scope = reasons.includes('scope_missing') ? required : undefined;
  return {
    body: {
      error: INSUFFICIENT_USER_AUTHENTICATION,
      error_description: errorDescription,
      ...(acrValues !== undefined && { acr_values: acrValues.join(' ') }),
      ...(maxAge !== undefined && { max_age: maxAge }),
      ...(scope !== undefined && { scope }),
      reasons: [...reasons],
    },
    challenge: renderBearer(origin, {
      error: INSUFFICIENT_USER_AUTHENTICATION,
      errorDescription,
      requirements: { ...(acrValues !== undefined && { acrValues }), ...(maxAge !== undefined && { maxAge }) },
      ...(scope !== undefined && { scope }),
    }),
  };
}

/** The value of `WWW-Authenticate` for one Bearer challenge. */
export function renderBearer(
  { realm, resourceMetadata }: ChallengeOrigin,
  parameters: Omit<BearerChallengeParameters, keyof ChallengeOrigin> = {},
): string {
  return formatChallenges([
    bearerChallenge({ realm, ...(resourceMetadata !== undefined && { resourceMetadata }), ...parameters }),
  ]);
}

function describe(reasons: readonly UnmetReason[]): string {
  const acr = reasons.some((reason) => REASON_DIMENSIONS[reason] === 'acr');
  const age = reasons.some((reason) => REASON_DIMENSIONS[reason] === 'age');
  if (acr && age) return 'A different and more recent authentication is required';
  return acr ? 'A different authentication is required' : 'More recent authentication is required';
}
