import {
  type AuthenticationRequirements,
  type BearerChallengeParameters,
  bearerChallenge,
  formatChallenges,
  INSUFFICIENT_USER_AUTHENTICATION,
  REASON_DIMENSIONS,
  type UnmetReason,
} from '../../core/index.js';
import type { TokenScheme } from '../../token/index.js';

/** The parameters that every challenge of an application has. */
export interface ChallengeOrigin {
  readonly realm: string;
  readonly resourceMetadata?: string | undefined;
  /** The schemes under which tokens are accepted, and the algorithms of DPoP proofs. `undefined` for Bearer alone. */
  readonly schemes?: { readonly bearer: boolean; readonly algs: string } | undefined;
}

/** The challenge under the scheme of the request, and that of the other accepted scheme, which has no error. */
export interface Challenges {
  readonly challenge: string;
  readonly alternative?: string;
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
export interface RenderedChallenge extends Challenges {
  readonly body: StepUpBody | ClaimsChallengeBody;
}

/**
 * Renders the challenge for requirements. It names `acr_values` and `max_age` also if only one of them is unmet. It
 * names the scope only if the token lacks it.
 */
export function renderChallenge(
  { acrValues, maxAge, scope: required }: AuthenticationRequirements,
  reasons: readonly UnmetReason[],
  origin: ChallengeOrigin,
  scheme?: TokenScheme,
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
    ...renderChallenges(
      origin,
      {
        error: INSUFFICIENT_USER_AUTHENTICATION,
        errorDescription,
        requirements: { ...(acrValues !== undefined && { acrValues }), ...(maxAge !== undefined && { maxAge }) },
        ...(scope !== undefined && { scope }),
      },
      scheme,
    ),
  };
}

type Parameters = Omit<BearerChallengeParameters, keyof ChallengeOrigin>;

/**
 * Returns the challenges of a refusal: one for each scheme under which tokens are accepted. Only that of the scheme of
 * the request has the error.
 *
 * @param scheme of the request. Default is `'Bearer'`
 * @see [RFC 9449 §7.2](https://www.rfc-editor.org/rfc/rfc9449.html#section-7.2)
 */
export function renderChallenges(
  origin: ChallengeOrigin,
  parameters: Parameters = {},
  scheme: TokenScheme = 'Bearer',
): Challenges {
  const { schemes } = origin;
  if (schemes === undefined) return { challenge: render('Bearer', origin, parameters) };
  if (!schemes.bearer) return { challenge: render('DPoP', origin, parameters) };
  const other = scheme === 'Bearer' ? 'DPoP' : 'Bearer';
  return { challenge: render(scheme, origin, parameters), alternative: render(other, origin) };
}

/** What was rendered for an application, by what it says. Bounded: none of it depends on a request. */
const prepared = new WeakMap<ChallengeOrigin, Map<string, Challenges>>();

/**
 * Returns the challenges of a refusal as {@link renderChallenges} does. Renders them once for each origin, scheme and
 * name.
 *
 * @param name of the parameters: the same name means the same parameters
 */
export function preparedChallenges(
  origin: ChallengeOrigin,
  name: string,
  parameters?: Parameters,
  scheme: TokenScheme = 'Bearer',
): Challenges {
  const key = scheme === 'Bearer' ? name : `${scheme} ${name}`;
  const known = prepared.get(origin)?.get(key);
  if (known !== undefined) return known;
  const rendered = renderChallenges(origin, parameters, scheme);
  prepared.set(origin, (prepared.get(origin) ?? new Map<string, Challenges>()).set(key, rendered));
  return rendered;
}

/** A DPoP challenge has the parameters of a Bearer challenge, and the algorithms of proofs. */
function render(
  scheme: TokenScheme,
  { realm, resourceMetadata, schemes }: ChallengeOrigin,
  given: Parameters = {},
): string {
  const { parameters } = bearerChallenge({
    realm,
    ...(resourceMetadata !== undefined && { resourceMetadata }),
    ...given,
  });
  const algs = scheme === 'DPoP' && schemes !== undefined && { algs: schemes.algs };
  return formatChallenges([{ scheme, parameters: { ...parameters, ...algs } }]);
}

function describe(reasons: readonly UnmetReason[]): string {
  const acr = reasons.some((reason) => REASON_DIMENSIONS[reason] === 'acr');
  const age = reasons.some((reason) => REASON_DIMENSIONS[reason] === 'age');
  if (acr && age) return 'A different and more recent authentication is required';
  return acr ? 'A different authentication is required' : 'More recent authentication is required';
}
