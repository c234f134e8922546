import type { errors as Errors, interactionPolicy as InteractionPolicy, KoaContextWithOIDC } from 'oidc-provider';
import { type DemoAccount, strength, strongestAcr } from './demo-account.js';

type OidcContext = KoaContextWithOIDC['oidc'];

/**
 * When this server asks for what: a password where nobody is signed in or the sign-in is older than `max_age`, then a
 * one-time code where the requested `acr` is not reached by it. What cannot be reached is refused with
 * `unmet_authentication_requirements` rather than answered with less; `acr_values` and an essential `acr` claim are
 * treated alike.
 *
 * @see [RFC 9470 §5](https://www.rfc-editor.org/rfc/rfc9470.html#section-5)
 */
export function createAuthenticationPolicy(
  { interactionPolicy, errors }: { interactionPolicy: typeof InteractionPolicy; errors: typeof Errors },
  accounts: ReadonlyMap<string, DemoAccount>,
): InteractionPolicy.DefaultPolicy {
  const { Check, Prompt, base } = interactionPolicy;
  const policy = base();
  const login = policy.get('login');
  if (login === undefined) throw new Error('oidc-provider has changed: there is no login prompt');

  // the built-in checks want exactly the session's acr and would ask for the password again and again
  login.checks.remove('essential_acrs');
  login.checks.remove('essential_acr');
  login.checks.add(
    new Check('acr_known', 'none of the requested acr values is known', ({ oidc }) => {
      const requested = requestedAcr(oidc);
      if (requested.length > 0 && !requested.some((acr) => strength(acr) >= 0)) {
        throw new errors.UnmetAuthenticationRequirements('none of the requested acr values is offered here');
      }
      return Check.NO_NEED_TO_PROMPT;
    }),
    0,
  );

  const secondFactor = new Check('acr', 'a second factor is required', 'interaction_required', ({ oidc }) => {
    const { accountId = '', acr } = oidc.session ?? {};
    const needed = neededStrength(oidc);
    if (strength(acr) >= needed) return Check.NO_NEED_TO_PROMPT;
    const account = accounts.get(accountId);
    if (account === undefined || strength(strongestAcr(account)) < needed) {
      throw new errors.UnmetAuthenticationRequirements('this user cannot reach any of the requested acr values');
    }
    return Check.REQUEST_PROMPT;
  });
  policy.add(new Prompt({ name: 'second_factor', requestable: false }, secondFactor), 1);
  return policy;
}

/** A stronger class satisfies a weaker one here, so the weakest of those requested is what is needed. */
function neededStrength(oidc: OidcContext): number {
  const requested = requestedAcr(oidc)
    .map(strength)
    .filter((found) => found >= 0);
  // a password asked for anew, because of max_age alone, must not lower a session that had a second factor
  const before = strength(oidc.result?.['acrBefore'] as string | undefined);
  return Math.max(before, requested.length === 0 ? 0 : Math.min(...requested));
}

/** The raw parameters: given both, oidc-provider writes `acr_values` over the claim and forgets that it is essential. */
function requestedAcr({ params }: OidcContext): string[] {
  const { claims, acr_values } = params ?? {};
  const claim = typeof claims === 'string' ? JSON.parse(claims)?.id_token?.acr : undefined;
  const claimed: unknown[] = claim?.values ?? (claim?.value === undefined ? [] : [claim.value]);
  if (claimed.length > 0) return claimed.filter((acr) => typeof acr === 'string');
  return typeof acr_values === 'string' ? acr_values.split(' ').filter((acr) => acr !== '') : [];
}
