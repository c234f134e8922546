import type { AuthorizationServer } from '../authorization-servers/index.js';
import { type AuthenticationRequirements, DEFAULT_CLOCK_TOLERANCE } from '../core/index.js';
import {
  AccessTokenRefused,
  type AccessTokenRefusedCode,
  AccessTokenVerifier,
  AuthorizationServerUnavailable,
  readJwt,
} from '../token/index.js';
import { authenticationDiagnostics } from './authentication.js';
import type { CommandLine } from './command-line.js';
import { configuredServer, factsOf } from './configured-server.js';
import type { DoctorDiagnostic, Subject } from './doctor-diagnostic.js';
import { printable, quoted, quotedList } from './quoted.js';

type Jwt = ReturnType<typeof readJwt>;

/**
 * Diagnoses an access token: whether an application that is configured for this server accepts it, and how the user
 * authenticated. Shows `typ`, `alg`, `kid`, `iss`, `aud`, `acr` and `auth_time` of it, and nothing else.
 */
export async function accessTokenDiagnostics(
  subject: Subject,
  token: string,
  commandLine: CommandLine,
  requirements: AuthenticationRequirements,
): Promise<DoctorDiagnostic[]> {
  let jwt: Jwt;
  try {
    jwt = readJwt(token);
  } catch (error) {
    return [unreadable(subject, token, (error as Error).message)];
  }
  const named = audiencesOf(jwt);
  const audience = commandLine.audience.length > 0 ? commandLine.audience : named;
  const server = configuredServer(commandLine, audience);
  const verdict = await verification(subject, token, jwt, server);
  const diagnostics: DoctorDiagnostic[] = [verdict];
  if (commandLine.audience.length === 0 && named.length > 0 && !isIdToken(jwt)) {
    diagnostics.push({
      subject,
      code: 'audience_unchecked',
      severity: 'note',
      message: `it is for the audience ${quotedList(named)}`,
      fix: 'Give the identifier of your API by --audience to have it compared.',
    });
  }
  const now = Date.now() / 1000;
  // A refused token meets no requirement.
  const judged = verdict.severity === 'ok' ? requirements : {};
  diagnostics.push(...authenticationDiagnostics(subject, jwt.payload, server, judged, now));
  return [...diagnostics, ...profileSteps(subject, diagnostics, commandLine)];
}

/** Names the steps of the administrator, if the token lacks a claim and the profile describes the server. */
function profileSteps(
  subject: Subject,
  diagnostics: readonly DoctorDiagnostic[],
  commandLine: CommandLine,
): DoctorDiagnostic[] {
  const { title } = factsOf(commandLine);
  const lacksClaim = diagnostics.some(({ code }) => code === 'acr_missing' || code === 'auth_time_missing');
  if (!lacksClaim || title === undefined) return [];
  const message = `docs/authorization-servers.md has the steps for an administrator of ${title}`;
  const fix = `Read "${title}" there. Give claims under your own names by --acr-claim and --auth-time-claim.`;
  return [{ subject, code: 'profile_documented', severity: 'note', message, fix }];
}

function unreadable(subject: Subject, token: string, message: string): DoctorDiagnostic {
  const parts = token.split('.').length;
  if (parts === 5) {
    const fix = 'Have the server issue signed, unencrypted access tokens for this API.';
    return { subject, code: 'token_encrypted', severity: 'error', message: 'the access token is encrypted', fix };
  }
  if (parts === 3) {
    const fix = 'Copy the whole token, and nothing else.';
    return { subject, code: 'token_refused', severity: 'error', message: `refused: ${printable(message)}`, fix };
  }
  return {
    subject,
    code: 'token_opaque',
    severity: 'warning',
    message: 'the access token is opaque: only the server can read it',
    fix: 'Configure "introspection" for this server, or have it issue JWT access tokens (RFC 9068) for this API.',
  };
}

async function verification(
  subject: Subject,
  token: string,
  jwt: Jwt,
  server: AuthorizationServer,
): Promise<DoctorDiagnostic> {
  try {
    await new AccessTokenVerifier([server], DEFAULT_CLOCK_TOLERANCE).verify(token);
    const { alg, typ } = jwt.header;
    const type = typ === undefined ? 'no typ' : `typ ${quoted(typ)}`;
    const message = `accepted: ${type}, signed with ${quoted(alg)}, for ${quotedList([...server.audience])}`;
    return { subject, code: 'token_accepted', severity: 'ok', message };
  } catch (error) {
    if (error instanceof AuthorizationServerUnavailable) {
      const fix = 'Nothing in a token can be trusted without the keys. Make the keys readable first.';
      return { subject, code: 'token_unverified', severity: 'error', message: 'its key cannot be read', fix };
    }
    if (!(error instanceof AccessTokenRefused)) throw error;
    const fix = FIXES[error.code](jwt, server);
    const message = `refused: ${printable(error.message)}`;
    return { subject, code: 'token_refused', severity: 'error', message, ...(fix !== undefined && { fix }) };
  }
}

const ID_TOKEN = 'This seems to be an ID token. Call APIs with the access token.';

type Fix = (jwt: Jwt, server: AuthorizationServer) => string | undefined;

const noFix: Fix = () => undefined;

const setClocks: Fix = () => 'Set the clocks of the server and of this machine by NTP.';

const chooseProfile: Fix = () => 'RFC 9068 §2.2 requires it. If the server leaves it out, give its --profile.';

const markAsAccessToken: Fix = (jwt) =>
  isIdToken(jwt)
    ? ID_TOKEN
    : `Its typ is ${jwt.header['typ'] === undefined ? 'missing' : quoted(jwt.header['typ'])}: have the server issue at+jwt (RFC 9068), or give its --profile.`;

const chooseAudience: Fix = (jwt) => {
  if (isIdToken(jwt)) return ID_TOKEN;
  return audiencesOf(jwt).length === 0
    ? 'It has no audience: have the server issue tokens for your API, by a resource indicator or an audience mapping.'
    : `It is for ${quotedList(audiencesOf(jwt))}. If that is your API, give it by --audience. If not, have the server ` +
        'issue tokens for yours, by a resource indicator or an audience mapping.';
};

/** The next step for each refusal. */
const FIXES: Readonly<Record<AccessTokenRefusedCode, Fix>> = {
  issuer_unknown: ({ payload }) =>
    `It names the issuer ${quoted(payload['iss'])}: give that one, exactly as it is written there.`,
  audience_mismatch: chooseAudience,
  typ_mismatch: markAsAccessToken,
  token_kind_mismatch: markAsAccessToken,
  token_expired: () => 'Get a new one.',
  exp_missing: () => 'RFC 9068 §2.2 requires it: have the server put exp into access tokens.',
  token_not_yet_valid: setClocks,
  iat_in_future: setClocks,
  algorithm_not_allowed: ({ header }, { algorithms }) =>
    `It is signed with ${quoted(header['alg'])}: have the server use one of ${[...algorithms].join(', ')}.`,
  cnf_unsupported: () => 'Have the server issue bearer tokens for this API, without a bound key (cnf).',
  sub_missing: chooseProfile,
  client_id_missing: chooseProfile,
  jti_missing: chooseProfile,
  iat_missing: chooseProfile,
  key_unknown: ({ header }) =>
    header['kid'] === undefined
      ? 'It has no kid, and no key of the server fits its algorithm.'
      : `The server publishes no key ${quoted(header['kid'])}: is the token from another environment?`,
  signature_invalid: () => 'It was changed or cut off, or another party signed it.',
  // The message is enough.
  authorization_header_repeated: noFix,
  authorization_header_malformed: noFix,
  access_token_repeated: noFix,
  token_unreadable: noFix,
  token_too_long: noFix,
  jwt_malformed: noFix,
  jwt_unsigned: noFix,
  jwt_unreadable: noFix,
  claims_too_deep: noFix,
  claim_name_forbidden: noFix,
  crit_unsupported: noFix,
  typ_unreadable: noFix,
  kid_unreadable: noFix,
  key_ambiguous: noFix,
  key_mismatch: noFix,
  // The doctor neither introspects tokens nor looks up users.
  token_inactive: noFix,
  introspected_kind_mismatch: noFix,
  introspection_mismatch: noFix,
  proof_unsupported: noFix,
  user_unknown: noFix,
  token_not_accepted: noFix,
};

function audiencesOf({ payload }: Jwt): readonly string[] {
  return [payload['aud']].flat().filter((value): value is string => typeof value === 'string' && value !== '');
}

/** Returns whether a token is an ID token, by its claims. Some access tokens of Keycloak have a nonce, so its `typ` decides. */
function isIdToken({ header, payload }: Jwt): boolean {
  if (/at\+jwt$/i.test(String(header['typ']))) return false;
  if (typeof payload['typ'] === 'string') return payload['typ'] === 'ID';
  return ['nonce', 'at_hash', 'c_hash'].some((claim) => payload[claim] !== undefined);
}
