import { setTimeout } from 'node:timers/promises';
import type { AuthenticationRequirements } from '../core/index.js';
import { type AuthorizationServerMetadata, endpointOf, type MetadataSource } from '../token/index.js';
import { AuthorizationClient, type SignedIn } from './authorization-client.js';
import { concealed } from './concealed.js';
import type { DoctorCode, DoctorDiagnostic, SignInSubject } from './doctor-diagnostic.js';
import type { Examination } from './examination.js';
import type { LoginOptions } from './login-options.js';
import { LoopbackRedirect } from './loopback-redirect.js';
import { requestParameters } from './request-parameters.js';
import { signInFailure, signInUnfinished } from './sign-in-failure.js';
import { acrDiagnostic, maxAgeDiagnostic, plainDiagnostic } from './step-up-outcome.js';
import { comparisonDiagnostics } from './token-comparison.js';
import type { ExaminedToken, TokenExaminer } from './token-examiner.js';

export interface LoginContext {
  readonly metadata: AuthorizationServerMetadata;
  readonly examination: Examination;
  readonly examiner: TokenExaminer;
  /** Shows the user an address to open. */
  readonly show: (text: string) => void;
}

const ENDPOINTS = ['authorization_endpoint', 'token_endpoint'] as const;

/** Codes that are reported once, because they are true of all sign-ins. */
const REPORTED_ONCE: ReadonlySet<DoctorCode> = new Set<DoctorCode>([
  'audience_unchecked',
  'profile_documented',
  'introspection_needed',
  'introspection_unneeded',
]);

/** The outcome of one sign-in: tokens, or the diagnostics that say why there are none. */
type SignInOutcome =
  | { readonly signedIn: SignedIn }
  | { readonly failure: readonly DoctorDiagnostic[]; readonly endsLogin: boolean };

/** Signs the user in with these requirements. */
type SignIn = (subject: SignInSubject, requirements: AuthenticationRequirements) => Promise<SignInOutcome>;

/**
 * Diagnoses whether the server honors `acr_values` and `max_age`. Signs a user in by the authorization code flow:
 * plainly, then with acr values, then with `max_age`. Builds each request as `nestjs-step-up/client` does. The plain
 * sign-in comes first because a step-up starts in a session that does not meet the requirements.
 *
 * @throws UsageError if the port of the redirect URI is not free
 * @see [RFC 9470 §4](https://www.rfc-editor.org/rfc/rfc9470.html#section-4)
 */
export async function loginDiagnostics(context: LoginContext, options: LoginOptions): Promise<DoctorDiagnostic[]> {
  const server = context.examination.serverFor([]);
  const missing = ENDPOINTS.filter((name) => !hasEndpoint(context.metadata, name, server));
  if (missing.length > 0) return missing.map(missingEndpoint);
  const client = await AuthorizationClient.create(context.metadata, options, server);
  const redirect = await LoopbackRedirect.listen(options.port);
  const { acrValues, secrets: known, issuer, env, profile } = context.examination;
  const rounds = acrValues === undefined ? 2 : 3;
  let started = 0;
  const signIn: SignIn = async (subject, requirements) => {
    started += 1;
    const secrets = [...known];
    const invitation = `Sign-in ${started} of ${rounds}${started > 1 ? ', as the same user' : ''}: open this address.`;
    try {
      const parameters = { ...options.parameters, ...requestParameters(requirements, context, options) };
      const request = await client.request(redirect.uri, parameters);
      secrets.push(...request.secrets);
      const response = redirect.responseTo(request.state, options.timeout);
      context.show(`${invitation}\n\n${request.url}\n\n`);
      const callback = await response;
      if (callback === undefined)
        return { failure: [signInUnfinished(subject, options.timeout, redirect)], endsLogin: true };
      secrets.push(callback.searchParams.get('code') ?? '');
      const { accessToken, idToken } = await request.finish(callback);
      return { signedIn: { accessToken, idToken: withStandardNames(concealed(idToken, secrets), profile) } };
    } catch (error) {
      return { failure: [signInFailure(subject, error, { secrets, issuer, env })], endsLogin: false };
    }
  };
  try {
    return await signInRounds(context, signIn);
  } finally {
    await redirect.close();
  }
}

/** Returns the claims of an ID token with `acr` and `auth_time` read from where the profile has them. */
function withStandardNames(
  idToken: SignedIn['idToken'],
  { idToken: { claims: { acr = 'acr', authTime = 'auth_time' } = {} } = {} }: Examination['profile'],
): SignedIn['idToken'] {
  return { ...idToken, acr: idToken[acr], auth_time: idToken[authTime] };
}

async function signInRounds(context: LoginContext, signIn: SignIn): Promise<DoctorDiagnostic[]> {
  const { examination, examiner } = context;
  const { acrValues } = examination;
  const diagnostics: DoctorDiagnostic[] = [];
  /** Adds the diagnostics of a sign-in: those of the ID token, of the access token, and of both compared. */
  const report = (
    subject: SignInSubject,
    found: readonly DoctorDiagnostic[],
    examined: ExaminedToken,
    { idToken }: SignedIn,
  ) => {
    const ofTokens = [...examined.diagnostics, ...comparisonDiagnostics(subject, idToken, examined.event)].filter(
      ({ code }) => !(REPORTED_ONCE.has(code) && diagnostics.some((diagnostic) => diagnostic.code === code)),
    );
    diagnostics.push(...found, ...ofTokens);
  };

  const plain = await signIn('sign_in', {});
  if ('failure' in plain) {
    diagnostics.push(...plain.failure);
    if (plain.endsLogin) return diagnostics;
  } else if (acrValues === undefined) {
    const { signedIn } = plain;
    const examined = await examiner.examine('sign_in', signedIn.accessToken, {});
    report('sign_in', [plainDiagnostic(signedIn.idToken)], examined, signedIn);
  } else {
    // With acr values the token of the next sign-in is diagnosed.
    diagnostics.push(plainDiagnostic(plain.signedIn.idToken));
  }
  let previous = 'signedIn' in plain ? plain.signedIn.idToken : undefined;

  if (acrValues !== undefined) {
    const stepUp = await signIn('acr_values', { acrValues });
    if ('failure' in stepUp) {
      diagnostics.push(...stepUp.failure);
      if (stepUp.endsLogin) return diagnostics;
    } else {
      const { signedIn } = stepUp;
      const examined = await examiner.examine('acr_values', signedIn.accessToken, { acrValues });
      const found = [acrDiagnostic(signedIn.idToken, { ...context, acrValues, previous, event: examined.event })];
      report('acr_values', found, examined, signedIn);
      previous = signedIn.idToken;
    }
  }

  // auth_time has whole seconds. The next sign-in must differ from the last one.
  await setTimeout(1000);
  const maxAge = examination.maxAge ?? 0;
  const askedAt = Date.now() / 1000;
  const reauthenticated = await signIn('max_age', { maxAge });
  if ('failure' in reauthenticated) return [...diagnostics, ...reauthenticated.failure];
  const { signedIn } = reauthenticated;
  const aged = maxAgeDiagnostic(signedIn.idToken, { maxAge, askedAt, previous, examination });
  // A token is always older than 0 s, so the default of 0 is not required of it.
  const requirements = examination.maxAge === undefined ? {} : { maxAge };
  report('max_age', [aged], await examiner.examine('max_age', signedIn.accessToken, requirements), signedIn);
  return diagnostics;
}

/** Returns whether the metadata has the endpoint, at an accepted address. The doctor asks no user to open another one. */
function hasEndpoint(metadata: AuthorizationServerMetadata, name: string, server: MetadataSource): boolean {
  try {
    return endpointOf(metadata, name, server) !== '';
  } catch {
    return false;
  }
}

function missingEndpoint(name: string): DoctorDiagnostic {
  return {
    subject: 'sign_in',
    code: 'endpoint_missing',
    severity: 'error',
    message: `no sign-in is possible: the metadata has no https "${name}" (http is accepted on loopback only)`,
    fix: 'Enable OpenID Connect and the authorization code flow at the server.',
  };
}
