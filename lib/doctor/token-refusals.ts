import { type AuthorizationServer, fittingProfile } from '../authorization-servers/index.js';
import type { Claims } from '../core/index.js';
import type { AccessTokenRefused, AccessTokenRefusedCode, UnverifiedJwt } from '../token/index.js';
import type { DoctorDiagnostic, Subject } from './doctor-diagnostic.js';
import type { Examination } from './examination.js';
import { printable, quoted, quotedList } from './quoted.js';

/** What a fix depends on. */
interface Refused {
  readonly refusal: AccessTokenRefused;
  readonly jwt: UnverifiedJwt;
  readonly server: AuthorizationServer;
  readonly examination: Examination;
}

type Fix = (refused: Refused) => string | undefined;

/**
 * Diagnoses the rules that a JWT breaks: one diagnostic for each. Returns a single one for a token of another kind,
 * because every other rule would mislead.
 */
export function refusalDiagnostics(
  subject: Subject,
  refusals: readonly AccessTokenRefused[],
  context: Omit<Refused, 'refusal'>,
): DoctorDiagnostic[] {
  const [refusal] = [...refusals].sort((one, other) => weight(one) - weight(other));
  const kind = otherKindOf(context.jwt);
  if (refusal !== undefined && kind !== undefined && weight(refusal) < KIND_RULES.length) {
    return [diagnostic(subject, refusal, `This seems to be ${kind}. Call APIs with the access token.`)];
  }
  const marks = refusals.filter(({ code }) => code === 'token_kind_mismatch').map(({ claim }) => claim);
  return refusals
    .filter(({ code, claim }) => !(code === 'client_id_missing' && marks.includes(claim)))
    .map((refusal) => diagnostic(subject, refusal, FIXES[refusal.code]({ refusal, ...context })));
}

/** Diagnoses a rule that a token, or the response about it, breaks. */
export function diagnostic(subject: Subject, refusal: AccessTokenRefused, fix: string | undefined): DoctorDiagnostic {
  const message = `refused: ${printable(refusal.message)}${detail(refusal)}`;
  return { subject, code: 'token_refused', severity: 'error', message, ...(fix !== undefined && { fix }) };
}

/** Rules that tokens of another kind break. The strongest sign comes first. */
const KIND_RULES: readonly AccessTokenRefusedCode[] = [
  'token_kind_mismatch',
  'typ_mismatch',
  'audience_mismatch',
  'algorithm_not_allowed',
];

function weight({ code }: AccessTokenRefused): number {
  const index = KIND_RULES.indexOf(code);
  return index < 0 ? KIND_RULES.length : index;
}

/** Returns how a claim differs from what the profile requires. */
function detail({ code, claim, found, expected }: AccessTokenRefused): string {
  if (code !== 'token_kind_mismatch') return '';
  const [value] = expected ?? [];
  if (value === undefined) return `: it has no ${quoted(claim)}`;
  if (value === null) return `: it has ${quoted(claim)}`;
  return found === undefined
    ? `: it has no ${quoted(claim)} of ${quoted(value)}`
    : `: ${quoted(claim)} is ${quoted(found)} and not ${quoted(value)}`;
}

const noFix: Fix = () => undefined;

const setClocks: Fix = () => 'Set the clocks of the server and of this machine by NTP.';

const putClaim: Fix = ({ refusal, examination }) =>
  examination.hasProfile
    ? `RFC 9068 §2.2 requires ${quoted(refusal.claim)}, and ${profileName(examination)} does not leave it out: have the ` +
      'server put it into access tokens, or give a profile with "absentClaims" by --config.'
    : 'RFC 9068 §2.2 requires it. If the server leaves it out, give its --profile.';

const chooseType: Fix = ({ jwt, server, examination }) => {
  const { typ } = jwt.header;
  const type = `Its typ is ${typ === undefined ? 'missing' : quoted(typ)}`;
  if (!examination.hasProfile) {
    const fitting = fittingProfile(server.issuer, typeof typ === 'string' ? typ : null);
    const profile =
      fitting === undefined ? 'its --profile, or a profile of your own by --config' : `--profile ${fitting}`;
    return `${type}: have the server issue at+jwt (RFC 9068), or give ${profile}.`;
  }
  const accepted = [...server.profile.typ].map((accepts) => (accepts === null ? 'none' : quoted(accepts)));
  return `${type}, and ${profileName(examination)} accepts ${accepted.join(', ')}: is the token of such a server?`;
};

const markToken: Fix = ({ refusal, examination }) => {
  const { claim, expected } = refusal;
  const [value] = expected ?? [];
  if (value === null) return `By ${profileName(examination)} access tokens never have ${quoted(claim)}.`;
  const mark = `${quoted(claim)}${value === undefined ? '' : ` ${quoted(value)}`}`;
  return `By ${profileName(examination)} only access tokens have ${mark}. If this is one, have the server put it there.`;
};

const chooseAudience: Fix = ({ jwt, server }) =>
  server.profile.audienceIn === 'scope' && jwt.payload['aud'] === undefined
    ? 'It has no audience, and no scope of your API, which is one of --audience, a slash and a name: have the client ask for one.'
    : audiencesOf(jwt.payload).length === 0
      ? 'It has no audience: have the server issue tokens for your API, by a resource indicator or an audience mapping.'
      : `It is for ${quotedList(audiencesOf(jwt.payload))}. If that is your API, give it by --audience. If not, have the ` +
        'server issue tokens for yours, by a resource indicator or an audience mapping.';

/** The next step for a token with `cnf` that the options do not accept. */
export const BINDING_UNSUPPORTED =
  'Set "boundTokens" of the server in the options of the API, and give them by --config, or have the server issue bearer ' +
  'tokens for this API, without a bound key (cnf).';

/** The next step for each refusal. */
const FIXES: Readonly<Record<AccessTokenRefusedCode, Fix>> = {
  issuer_unknown: ({ jwt }) =>
    `It names the issuer ${quoted(jwt.payload['iss'])}: give that one, exactly as it is written there.`,
  audience_mismatch: chooseAudience,
  typ_mismatch: chooseType,
  token_kind_mismatch: markToken,
  token_expired: () => 'Get a new one.',
  exp_missing: () => 'RFC 9068 §2.2 requires it: have the server put exp into access tokens.',
  token_not_yet_valid: setClocks,
  iat_in_future: setClocks,
  algorithm_not_allowed: ({ jwt, server }) =>
    `It is signed with ${quoted(jwt.header['alg'])}: have the server use one of ${[...server.algorithms].join(', ')}.`,
  cnf_unsupported: () => BINDING_UNSUPPORTED,
  sub_missing: () =>
    'RFC 9068 §2.2 requires it, and no profile can leave it out: have the server put sub into access tokens. Or have the ' +
    'API ask for it, as lightweight tokens of Keycloak need: --introspect shows whether the server tells it.',
  client_id_missing: putClaim,
  jti_missing: putClaim,
  iat_missing: putClaim,
  key_unknown: ({ jwt }) =>
    jwt.header['kid'] === undefined
      ? 'It has no kid, and no key of the server fits its algorithm.'
      : `The server publishes no key ${quoted(jwt.header['kid'])}: is the token from another environment?`,
  signature_invalid: () => 'It was changed or cut off, or another party signed it.',
  // The message is enough.
  authorization_header_repeated: noFix,
  authorization_header_malformed: noFix,
  access_token_repeated: noFix,
  access_token_ambiguous: noFix,
  renewal_without_connection: noFix,
  token_of_another_user: noFix,
  token_unreadable: noFix,
  token_too_long: noFix,
  scheme_before_token: noFix,
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
  // No JWT breaks these rules.
  token_inactive: noFix,
  introspected_kind_mismatch: noFix,
  introspection_incomplete: noFix,
  introspection_mismatch: noFix,
  token_unbound: noFix,
  binding_unprovable: noFix,
  dpop_scheme_missing: noFix,
  proof_missing: noFix,
  proof_repeated: noFix,
  proof_unreadable: noFix,
  proof_typ_mismatch: noFix,
  proof_crit_unsupported: noFix,
  proof_algorithm_not_allowed: noFix,
  proof_key_unusable: noFix,
  proof_key_mismatch: noFix,
  proof_signature_invalid: noFix,
  proof_claim_missing: noFix,
  proof_method_mismatch: noFix,
  proof_url_mismatch: noFix,
  proof_token_mismatch: noFix,
  proof_expired: noFix,
  proof_in_future: noFix,
  proof_nonce_missing: noFix,
  proof_nonce_mismatch: noFix,
  proof_replayed: noFix,
  certificate_missing: noFix,
  certificate_unreadable: noFix,
  certificate_mismatch: noFix,
  proof_unsupported: noFix,
  user_unknown: noFix,
  token_not_accepted: noFix,
};

/** Returns the profile as a sentence names it. */
function profileName({ profile: { title } }: Pick<Examination, 'profile'>): string {
  return title === undefined ? 'the given profile' : `the profile of ${printable(title)}`;
}

/** Returns what `aud` names. */
export function audiencesOf({ aud }: Claims): readonly string[] {
  return [aud].flat().filter((value): value is string => typeof value === 'string' && value !== '');
}

/** Values of the claim `typ`, in which Keycloak names the kind of a token. */
const KINDS: Readonly<Record<string, string>> = {
  id: 'an ID token',
  refresh: 'a refresh token',
  offline: 'a refresh token',
  logout: 'a logout token',
};

/**
 * Returns what kind of token this is by its claims; `undefined` for an access token. Some access tokens of Keycloak
 * have a nonce, so a claim `typ` decides first.
 */
export function otherKindOf({ header, payload }: UnverifiedJwt): string | undefined {
  if (/at\+jwt$/i.test(String(header['typ']))) return undefined;
  const { typ } = payload;
  if (typeof typ === 'string') return Object.hasOwn(KINDS, typ.toLowerCase()) ? KINDS[typ.toLowerCase()] : undefined;
  return ['nonce', 'at_hash', 'c_hash'].some((claim) => payload[claim] !== undefined) ? 'an ID token' : undefined;
}
