import { OAuthError } from './oauth-error.js';

/** What an authorization request asks of the user's authentication. */
export interface RequestedAuthentication {
  /** In order of preference. Empty where none is asked for. */
  readonly acrValues: readonly string[];
  /** Whether they were asked for by the `acr` claim rather than by `acr_values`. */
  readonly byClaim: boolean;
  /** Seconds. */
  readonly maxAge?: number;
  readonly prompt: readonly string[];
}

/**
 * Reads what an authorization request asks of the authentication. Both `acr_values` and an `acr` claim at once are
 * refused: what comes of them is not specified, and a client should notice.
 *
 * @throws OAuthError `invalid_request`
 * @see [OpenID Connect Core 1.0 §3.1.2.1](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest)
 * @see [OpenID Connect Core 1.0 §5.5.1.1](https://openid.net/specs/openid-connect-core-1_0.html#acrSemantics)
 */
export function requestedAuthentication(parameters: ReadonlyMap<string, string>): RequestedAuthentication {
  const claimed = acrClaim(parameters.get('claims'));
  const acrValues = members(parameters.get('acr_values'));
  if (claimed.length > 0 && acrValues.length > 0) {
    throw new OAuthError('invalid_request', 'acr is asked for twice, by acr_values and by claims');
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

/** The members of a space-separated list. */
export function members(list = ''): readonly string[] {
  return list.split(' ').filter((member) => member !== '');
}

function acrClaim(claims: string | undefined): readonly string[] {
  if (claims === undefined) return [];
  const { value, values = value === undefined ? [] : [value] } = requestForAcr(claims);
  if (!Array.isArray(values) || !values.every((member) => typeof member === 'string')) {
    throw new OAuthError('invalid_request', 'The acr claim must be asked for with a "value" or with "values"');
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
