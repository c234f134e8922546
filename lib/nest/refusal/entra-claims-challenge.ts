import { formatChallenges, REASON_DIMENSIONS, SIGN_IN_HELPS } from '../../core/index.js';
import { AccessTokenException } from './access-token.exception.js';
import type { RenderedChallenge } from './challenge.js';
import type { UnmetRequirements } from './unmet-requirements.js';

/**
 * Returns the claims challenge of Microsoft Entra, which replaces the challenge of RFC 9470. It names one
 * authentication context, the preferred one. It cannot ask for `max_age` or `scope`.
 *
 * ```http
 * HTTP/1.1 401 Unauthorized
 * WWW-Authenticate: Bearer realm="<tenant>", authorization_uri="https://login.microsoftonline.com/<tenant>/oauth2/v2.0/authorize",
 *   error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzEifX19"
 * ```
 *
 * Returns a 403 if such a challenge cannot help: the client does not declare that it understands one
 * (`xms_cc` with `cp1`), only the age of the sign-in is unmet, or a new sign-in does not change what is unmet
 * @see [Claims challenges](https://learn.microsoft.com/en-us/entra/identity-platform/claims-challenge)
 */
export function entraClaimsChallenge({
  event,
  claims,
  requirements,
  reasons,
}: Omit<UnmetRequirements, 'at'>): RenderedChallenge | AccessTokenException {
  const [context] = requirements.acrValues ?? [];
  const lacksContext = reasons.some((reason) => REASON_DIMENSIONS[reason] === 'acr');
  if (!reasons.every((reason) => SIGN_IN_HELPS[reason])) {
    return AccessTokenException.stepUpImpossible('auth_time_unusable');
  }
  if (context === undefined || !lacksContext) {
    return AccessTokenException.stepUpImpossible('max_age_unaskable');
  }
  if (!understandsClaimsChallenges(claims['xms_cc'])) {
    return AccessTokenException.stepUpImpossible('claims_challenge_unsupported');
  }
  const request = JSON.stringify({ access_token: { acrs: { essential: true, value: context } } });
  const encoded = Buffer.from(request).toString('base64');
  return {
    body: {
      error: 'insufficient_claims',
      error_description: 'A different authentication is required',
      claims: encoded,
      reasons: [...reasons],
    },
    challenge: formatChallenges([
      {
        scheme: 'Bearer',
        parameters: { ...authority(event.issuer as string), error: 'insufficient_claims', claims: encoded },
      },
    ]),
  };
}

/** Ignores case: the values are not case-sensitive, and the samples of the vendor spell them both ways. */
function understandsClaimsChallenges(capabilities: unknown): boolean {
  return [capabilities].flat().some((value) => typeof value === 'string' && value.toLowerCase() === 'cp1');
}

/**
 * Returns realm and authorization endpoint. The tenant is the first segment of the path of the issuer. Without a tenant
 * they are an empty realm and the common endpoint.
 */
function authority(issuer: string): Record<'realm' | 'authorization_uri', string> {
  const { origin, pathname } = new URL(issuer);
  const realm = pathname.split('/')[1] ?? '';
  return { realm, authorization_uri: `${origin}/${realm === '' ? 'common' : realm}/oauth2/v2.0/authorize` };
}
