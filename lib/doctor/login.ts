import { setTimeout } from 'node:timers/promises';
import type { AuthenticationRequirements } from '../core/index.js';
import { type AuthorizationServerMetadata, endpointOf } from '../token/index.js';
import { accessTokenDiagnostics } from './access-token.js';
import { AuthorizationClient, type SignedIn } from './authorization-client.js';
import type { CommandLine } from './command-line.js';
import type { DoctorCode, DoctorDiagnostic, SignInSubject } from './doctor-diagnostic.js';
import type { LoginOptions } from './login-options.js';
import { LoopbackRedirect } from './loopback-redirect.js';
import { requestParameters } from './request-parameters.js';
import { notAnswered, signInFailure } from './sign-in-failure.js';
import { acrDiagnostic, maxAgeDiagnostic, plainDiagnostic } from './step-up-outcome.js';

export interface LoginContext {
  readonly metadata: AuthorizationServerMetadata;
  readonly commandLine: CommandLine;
  readonly acrValues: readonly string[] | undefined;
  /** Asks the user to open an address. */
  readonly show: (text: string) => void;
}

const ENDPOINTS = ['authorization_endpoint', 'token_endpoint'] as const;

/** True of both tokens where it is true of one. */
const ONCE: ReadonlySet<DoctorCode> = new Set<DoctorCode>(['audience_unchecked', 'profile_documented']);

/** What came of one request: tokens, or the diagnostics that say why there are none. */
type Round =
  | { readonly signedIn: SignedIn }
  | { readonly failure: readonly DoctorDiagnostic[]; readonly isOver: boolean };

/** Sends the user to the server with these requirements. */
type SignIn = (subject: SignInSubject, requirements: AuthenticationRequirements) => Promise<Round>;

/**
 * Signs a user in by the authorization code flow: plainly, then with acr values, then with `max_age`, each request built as
 * the client half of this package builds the answer to a challenge; and tells whether the server did what was asked. The
 * plain one comes first because a step-up begins with a session that is not good enough, of which some servers are content.
 *
 * @throws UsageError where the port of the redirect URI cannot be had
 * @see [RFC 9470 §4](https://www.rfc-editor.org/rfc/rfc9470.html#section-4)
 */
export async function loginDiagnostics(context: LoginContext, options: LoginOptions): Promise<DoctorDiagnostic[]> {
  const missing = ENDPOINTS.filter((name) => !hasEndpoint(context.metadata, name));
  if (missing.length > 0) return missing.map(missingEndpoint);
  const client = await AuthorizationClient.create(context.metadata, options);
  const redirect = await LoopbackRedirect.listen(options.port);
  const rounds = context.acrValues === undefined ? 2 : 3;
  let begun = 0;
  const signIn: SignIn = async (subject, requirements) => {
    begun += 1;
    const secrets: string[] = [];
    const invitation = `Sign-in ${begun} of ${rounds}${begun > 1 ? ', as the same user' : ''}: open this address.`;
    try {
      const parameters = { ...options.parameters, ...requestParameters(requirements, context, options) };
      const request = await client.request(redirect.uri, parameters);
      secrets.push(...request.secrets);
      const answer = redirect.answerTo(request.state, options.timeout);
      context.show(`${invitation}\n\n${request.url}\n\n`);
      const callback = await answer;
      if (callback === undefined) return { failure: [notAnswered(subject, options.timeout, redirect)], isOver: true };
      secrets.push(callback.searchParams.get('code') ?? '');
      return { signedIn: await request.finish(callback) };
    } catch (error) {
      return { failure: [signInFailure(subject, error, secrets)], isOver: false };
    }
  };
  try {
    return await allRounds(context, signIn);
  } finally {
    await redirect.close();
  }
}

async function allRounds(context: LoginContext, signIn: SignIn): Promise<DoctorDiagnostic[]> {
  const { commandLine, acrValues } = context;
  const diagnostics: DoctorDiagnostic[] = [];
  const judgeToken = async (
    subject: SignInSubject,
    { accessToken }: SignedIn,
    requirements: AuthenticationRequirements,
  ) => {
    const said = await accessTokenDiagnostics(subject, accessToken, commandLine, requirements);
    diagnostics.push(
      ...said.filter(({ code }) => !(ONCE.has(code) && diagnostics.some((diagnostic) => diagnostic.code === code))),
    );
  };

  const plain = await signIn('sign_in', {});
  if ('failure' in plain) {
    diagnostics.push(...plain.failure);
    if (plain.isOver) return diagnostics;
  } else {
    diagnostics.push(plainDiagnostic(plain.signedIn.idToken));
    // with acr values to come, their token is the one that matters
    if (acrValues === undefined) await judgeToken('sign_in', plain.signedIn, {});
  }
  let before = 'signedIn' in plain ? plain.signedIn.idToken : undefined;

  if (acrValues !== undefined) {
    const stepUp = await signIn('acr_values', { acrValues });
    if ('failure' in stepUp) {
      diagnostics.push(...stepUp.failure);
      if (stepUp.isOver) return diagnostics;
    } else {
      diagnostics.push(acrDiagnostic(stepUp.signedIn.idToken, { ...context, acrValues, before }));
      await judgeToken('acr_values', stepUp.signedIn, { acrValues });
      before = stepUp.signedIn.idToken;
    }
  }

  // auth_time counts whole seconds: what comes now has to be told from what was
  await setTimeout(1000);
  const maxAge = commandLine.maxAge ?? 0;
  const askedAt = Date.now() / 1000;
  const again = await signIn('max_age', { maxAge });
  if ('failure' in again) return [...diagnostics, ...again.failure];
  diagnostics.push(maxAgeDiagnostic(again.signedIn.idToken, { maxAge, askedAt, before, commandLine }));
  // right after a sign-in nobody can be within 0 s of it
  await judgeToken('max_age', again.signedIn, commandLine.maxAge === undefined ? {} : { maxAge });
  return diagnostics;
}

/** Nobody should be asked to open what is not https. */
function hasEndpoint(metadata: AuthorizationServerMetadata, name: string): boolean {
  try {
    return endpointOf(metadata, name) !== '';
  } catch {
    return false;
  }
}

function missingEndpoint(name: string): DoctorDiagnostic {
  return {
    subject: 'sign_in',
    code: 'endpoint_missing',
    severity: 'error',
    message: `nobody can sign in: the metadata has no https "${name}" (http is accepted on this machine alone)`,
    fix: 'Is this the metadata of OpenID Connect, with the authorization code flow switched on?',
  };
}
