import { type AuthorizationParametersOptions, authorizationParameters } from '../authorization-parameters.js';
import type { StepUpChallenge } from '../challenge.js';
import { defined } from '../defined.js';
import { parseJson } from '../member.js';
import { refuseOthers } from './others.js';
import { secondsOf } from './seconds.js';

type KeycloakPrompt = 'login' | 'consent';

/** Options of `authorizationParameters` without those that keycloak-js cannot send. */
export interface KeycloakParametersOptions
  extends Omit<AuthorizationParametersOptions, 'claims' | 'idTokenHint' | 'prompt' | 'resource' | 'zeroMaxAge'> {
  prompt?: KeycloakPrompt | undefined;
  zeroMaxAge?: { readonly max_age?: string; readonly prompt?: KeycloakPrompt } | undefined;
}

/** What `login` of keycloak-js takes. */
export interface KeycloakLoginOptions {
  acrValues?: string;
  acr?: { values: string[]; essential: boolean };
  maxAge?: number;
  scope?: string;
  prompt?: KeycloakPrompt;
  loginHint?: string;
}

/**
 * Returns the parameters of `authorizationParameters` as keycloak-js takes them. An essential `acr` is in `acr`. The
 * library has no place for other claims, for an ID token hint and for a resource indicator.
 *
 * @example
 * ```ts
 * await keycloak.login(keycloakLoginOptions(challenge, { scope }));
 * ```
 * @throws TypeError as `authorizationParameters` does, and for a parameter that keycloak-js cannot send, such as the
 * claims of Microsoft Entra's challenge
 */
export function keycloakLoginOptions(
  challenge: StepUpChallenge,
  options?: KeycloakParametersOptions,
): KeycloakLoginOptions {
  const { acr_values, max_age, scope, prompt, login_hint, claims, ...others } = authorizationParameters(
    challenge,
    options,
  );
  const acr = essentialAcr(claims);
  refuseOthers({ ...others, claims: acr ? undefined : claims }, 'keycloak-js');
  return defined({
    acrValues: acr_values,
    acr,
    maxAge: secondsOf(max_age),
    scope,
    prompt,
    loginHint: login_hint,
  }) as KeycloakLoginOptions;
}

/** The essential `acr` of claims that ask for nothing else. */
function essentialAcr(claims: string | undefined): KeycloakLoginOptions['acr'] {
  const { id_token: idToken = {}, ...elsewhere } = (parseJson(claims) ?? {}) as { id_token?: Record<string, unknown> };
  const { acr, ...others } = idToken;
  return Object.keys({ ...elsewhere, ...others }).length === 0 ? (acr as KeycloakLoginOptions['acr']) : undefined;
}
