import {
  type AuthenticationRequirements,
  type BearerChallengeParameters,
  bearerChallenge,
  formatChallenges,
  INSUFFICIENT_USER_AUTHENTICATION,
  REASON_DIMENSIONS,
  type UnmetReason,
} from '../../core/index.js';

/** The parameters that every challenge of an application has. */
export interface ChallengeOrigin {
  readonly realm: string;
  readonly resourceMetadata?: string | undefined;
}

/** The body of a step-up challenge. It is for clients that cannot read the header. The header is authoritative. */
export interface StepUpBody {
  error: typeof INSUFFICIENT_USER_AUTHENTICATION;
  error_description: string;
  acr_values?: string;
  max_age?: number;
  scope?: string;
  reasons: UnmetReason[];
}

/** The body of the claims challenge of Microsoft Entra. */
export interface ClaimsChallengeBody {
  error: 'insufficient_claims';
  error_description: string;
  /** The claims request of the header: JSON in base64. */
  claims: string;
  reasons: UnmetReason[];
}

/** A challenge as header and as body. */
export interface RenderedChallenge {
  readonly body: StepUpBody | ClaimsChallengeBody;
  /** The value of `WWW-Authenticate`. */
  readonly challenge: string;
}

/**
 * Renders the challenge for requirements. It names `acr_values` and `max_age` also if only one of them is unmet. It
 * names the scope only if the token lacks it.
 */
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

/** What was rendered for an application, by what it says. Bounded: none of it depends on a request. */
const prepared = new WeakMap<ChallengeOrigin, Map<string, string>>();

/**
 * Returns the value of `WWW-Authenticate` for one Bearer challenge. Renders it once for each origin and name.
 *
 * @param name of the parameters: the same name means the same parameters
 */
export function preparedBearer(
  origin: ChallengeOrigin,
  name: string,
  parameters?: Omit<BearerChallengeParameters, keyof ChallengeOrigin>,
): string {
  const known = prepared.get(origin)?.get(name);
  if (known !== undefined) return known;
  const rendered = renderBearer(origin, parameters);
  prepared.set(origin, (prepared.get(origin) ?? new Map<string, string>()).set(name, rendered));
  return rendered;
}

/** Returns the value of `WWW-Authenticate` for one Bearer challenge. */
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
