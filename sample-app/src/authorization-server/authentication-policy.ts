import type { errors as Errors, interactionPolicy as InteractionPolicy, KoaContextWithOIDC } from 'oidc-provider';
import { type DemoAccount, strength, strongestAcr } from './demo-account.js';
import type { Passkeys } from './passkeys.js';

type OidcContext = KoaContextWithOIDC['oidc'];

const MFA = strength('urn:example:mfa');
const PHR = strength('phr');

/**
 * Decides what this server asks for. It asks for a password if no user is signed in, or the sign-in is older than
 * `max_age`. If that does not reach the requested `acr`, a one-time code or a passkey follows. A user without a passkey
 * creates one, or replaces a lost one, after a one-time code on the same way, however recent an earlier one was: a passkey stays, so a session
 * left open must not be enough to leave one behind. The server refuses what it cannot reach with
 * `unmet_authentication_requirements`, rather than do less. It treats `acr_values` and an essential `acr` claim alike.
 *
 * @see [RFC 9470 §5](https://www.rfc-editor.org/rfc/rfc9470.html#section-5)
 */
export function createAuthenticationPolicy(
  { interactionPolicy, errors }: { interactionPolicy: typeof InteractionPolicy; errors: typeof Errors },
  accounts: ReadonlyMap<string, DemoAccount>,
  passkeys: Passkeys,
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

  const needs = (name: string, description: string, isNeeded: (missing: Missing) => boolean) =>
    new Check(name, description, 'interaction_required', ({ oidc }) => {
      const missing = missingFor(oidc);
      return missing !== undefined && isNeeded(missing) ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
    });
  const reachable = new Check('acr_reachable', 'the requested acr is out of reach', ({ oidc }) => {
    const { needed, accountId } = missingFor(oidc) ?? {};
    const account = accounts.get(accountId ?? '');
    if (needed !== undefined && (account === undefined || strength(strongestAcr(account)) < needed)) {
      throw new errors.UnmetAuthenticationRequirements('this user cannot reach any of the requested acr values');
    }
    return Check.NO_NEED_TO_PROMPT;
  });
  policy.add(
    new Prompt(
      { name: 'second_factor', requestable: false },
      reachable,
      needs('acr', 'a second factor is required', ({ needed }) => needed === MFA),
      needs(
        'passkey_missing',
        'a second factor is required to create a passkey',
        ({ needed, accountId, hasProvedCode, isReplacingPasskey }) =>
          needed === PHR && (isReplacingPasskey || !passkeys.has(accountId)) && !hasProvedCode,
      ),
    ),
    1,
  );
  const passkey = needs('phr', 'a passkey is required', ({ needed }) => needed === PHR);
  policy.add(new Prompt({ name: 'passkey', requestable: false }, passkey), 2);
  return policy;
}

/** What a session lacks for a request. */
interface Missing {
  /** Strength to be reached. */
  readonly needed: number;
  readonly accountId: string;
  /** Whether a one-time code was given on the way of this very request. */
  readonly hasProvedCode: boolean;
  /** Whether the user said on the way of this request that the passkey is lost. */
  readonly isReplacingPasskey: boolean;
}

function missingFor(oidc: OidcContext): Missing | undefined {
  const { accountId = '', acr } = oidc.session ?? {};
  const needed = neededStrength(oidc);
  if (strength(acr) >= needed) return undefined;
  const { hasProvedCode, isReplacingPasskey } = oidc.result ?? {};
  return {
    needed,
    accountId,
    hasProvedCode: hasProvedCode === true,
    isReplacingPasskey: isReplacingPasskey === true,
  };
}

/** A stronger class satisfies a weaker one here, so the weakest of those requested is what is needed. */
function neededStrength(oidc: OidcContext): number {
  const requested = requestedAcr(oidc)
    .map(strength)
    .filter((found) => found >= 0);
  // a password asked for again, because of max_age alone, must not lower a session that had a second factor
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
