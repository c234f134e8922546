import { OAuthError } from './oauth-error.js';

/** The requirements of an authorization request for the user's authentication. */
export interface RequestedAuthentication {
  /** In order of preference. Empty if none is requested. */
  readonly acrValues: readonly string[];
  /** Whether they come from the `acr` claim, not from `acr_values`. */
  readonly byClaim: boolean;
  /** Seconds. */
  readonly maxAge?: number;
  readonly prompt: readonly string[];
}

/**
 * Reads the requested authentication of an authorization request.
 *
 * @throws OAuthError `invalid_request` for a malformed parameter, and for both `acr_values` and an `acr` claim: no
 * specification says how they combine, and the test of a client should show it
 * @see [OpenID Connect Core 1.0 §3.1.2.1](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest)
 * @see [OpenID Connect Core 1.0 §5.5.1.1](https://openid.net/specs/openid-connect-core-1_0.html#acrSemantics)
 */
export function requestedAuthentication(parameters: ReadonlyMap<string, string>): RequestedAuthentication {
  const claimed = acrClaim(parameters.get('claims'));
  const acrValues = members(parameters.get('acr_values'));
  if (claimed.length > 0 && acrValues.length > 0) {
    throw new OAuthError('invalid_request', 'acr is requested twice, by acr_values and by claims');
  }
  const maxAge = parameters.get('max_age');
  if (maxAge !== undefined && !/^\d+$/.test(maxAge)) {
    throw new OAuthError('invalid_request', 'max_age must be a non-negative integer number of seconds');
  }
  return {
    acrValues: claimed.length > 0 ? claimed : acrValues,
    byClaim: claimed.length > 0,
    ...(maxAge !== undefined && { maxAge: Number(maxAge) }),
    prompt: members(parameters.get('prompt')),
  };
}

/** Returns the members of a space-separated list. */
export function members(list = ''): readonly string[] {
  return list.split(' ').filter((member) => member !== '');
}

function acrClaim(claims: string | undefined): readonly string[] {
  if (claims === undefined) return [];
  const { value, values = value === undefined ? [] : [value] } = requestForAcr(claims);
  if (!Array.isArray(values) || !values.every((member) => typeof member === 'string')) {
    throw new OAuthError('invalid_request', 'The acr claim must be requested with a "value" or with "values"');
  }
  return values;
}

function requestForAcr(claims: string): { value?: unknown; values?: unknown } {
  try {
    const { id_token: idToken } = JSON.parse(claims) as { id_token?: { acr?: object | null } };
    return idToken?.acr ?? {};
  } catch {
    throw new OAuthError('invalid_request', 'claims must be a JSON object');
  }
}
