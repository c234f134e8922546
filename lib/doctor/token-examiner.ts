import type { AuthorizationServer } from '../authorization-servers/index.js';
import {
  type AuthenticationEvent,
  type AuthenticationRequirements,
  DEFAULT_CLOCK_TOLERANCE,
  StepUpConfigurationError,
} from '../core/index.js';
import { authenticationEvent, examineJwt, isJwt, isLightweight, readJwt, type UnverifiedJwt } from '../token/index.js';
import { authenticationDiagnostics, requirementDiagnostics } from './authentication.js';
import { concealed } from './concealed.js';
import type { DoctorCode, DoctorDiagnostic, Subject } from './doctor-diagnostic.js';
import type { Examination } from './examination.js';
import { Introspection } from './introspection.js';
import { printable, quoted, quotedList } from './quoted.js';
import { audiencesOf, otherKindOf, refusalDiagnostics } from './token-refusals.js';
import { type TokenWrapper, wrapperOf } from './token-source.js';
import { UsageError } from './usage-error.js';

export interface ExaminedToken {
  readonly diagnostics: readonly DoctorDiagnostic[];
  /**
   * What the token or introspection says of the authentication, accepted or not; `undefined` if neither can be read.
   */
  readonly event: AuthenticationEvent | undefined;
}

/**
 * Diagnoses access tokens: whether an application that is configured for this server accepts them, and how the user
 * authenticated. Shows only `typ`, `alg`, `kid`, `iss`, `aud`, `acr`, `auth_time` and the claims by which the profile
 * recognizes access tokens.
 */
export class TokenExaminer {
  readonly #introspection: Introspection | undefined;

  /** @throws UsageError for a private key that cannot be used */
  constructor(private readonly examination: Examination) {
    try {
      this.#introspection = examination.introspection && new Introspection(examination, examination.introspection);
    } catch (error) {
      if (!(error instanceof StepUpConfigurationError)) throw error;
      throw new UsageError('The private key for introspection must be an RSA, EC or Ed25519 key, as PEM or JWK');
    }
  }

  async examine(subject: Subject, token: string, requirements: AuthenticationRequirements): Promise<ExaminedToken> {
    const wrapper = wrapperOf(token);
    if (wrapper !== undefined) return { diagnostics: [wrapped(subject, wrapper)], event: undefined };
    let jwt: UnverifiedJwt;
    try {
      const { header, payload, ...parts } = readJwt(token);
      jwt = { ...concealed({ header, payload }, this.examination.secrets), ...parts };
    } catch (error) {
      const parts = token.split('.').length;
      const isNoJwt = parts !== 5 && !isJwt(token) && (parts !== 3 || this.#introspection !== undefined);
      return isNoJwt
        ? this.#examineOpaque(subject, token, requirements)
        : { diagnostics: [unreadable(subject, parts, (error as Error).message)], event: undefined };
    }
    return this.#examineJwt(subject, token, jwt, requirements);
  }

  async #examineOpaque(
    subject: Subject,
    token: string,
    requirements: AuthenticationRequirements,
  ): Promise<ExaminedToken> {
    if (this.#introspection === undefined) return { diagnostics: [opaque(subject)], event: undefined };
    const told: DoctorDiagnostic = {
      subject,
      code: 'token_opaque',
      severity: 'ok',
      message: 'the access token is opaque: the server is asked about it',
    };
    const { diagnostics, event } = await this.#introspection.examineOpaque(subject, token, requirements);
    return { diagnostics: [told, ...diagnostics], event };
  }

  async #examineJwt(
    subject: Subject,
    token: string,
    jwt: UnverifiedJwt,
    requirements: AuthenticationRequirements,
  ): Promise<ExaminedToken> {
    const { examination } = this;
    const now = Date.now() / 1000;
    const named = audiencesOf(jwt.payload);
    const server = examination.serverFor(examination.audience.length > 0 ? examination.audience : named);
    const { refusals, unavailable } = await examineJwt(token, server, { now, clockTolerance: DEFAULT_CLOCK_TOLERANCE });
    const isAccepted = refusals.length === 0 && unavailable === undefined;
    const isProvisional = isLightweight(jwt.payload, server);
    const diagnostics: DoctorDiagnostic[] = [
      ...(isAccepted && !isProvisional ? [accepted(subject, jwt, server)] : []),
      ...(unavailable === undefined ? [] : [unverified(subject)]),
      ...refusalDiagnostics(subject, refusals, { jwt, server, examination }),
    ];
    if (examination.audience.length === 0 && named.length > 0 && otherKindOf(jwt) === undefined) {
      diagnostics.push({
        subject,
        code: 'audience_unchecked',
        severity: 'note',
        message: `it is for the audience ${quotedList(named)}`,
        fix: 'Give the identifier of your API by --audience to have it compared.',
      });
    }
    const own = authenticationEvent(jwt.payload, server);
    const completion = await this.#introspection?.complete(subject, token, { jwt, server, isAccepted });
    const event = completion?.event ?? own;
    // A refused token meets no requirement.
    const isIdentified = completion?.diagnostics.some(({ code }) => code === 'lightweight_token') === true;
    const judged = isAccepted && (!isProvisional || isIdentified) ? requirements : {};
    const claims = { subject, claims: jwt.payload, source: 'token', server, requirements: judged, now } as const;
    diagnostics.push(
      ...authenticationDiagnostics({ ...claims, known: event }),
      ...(completion?.diagnostics ?? []),
      ...requirementDiagnostics(completion?.subject ?? subject, event, judged, now),
    );
    return {
      diagnostics: [...diagnostics, ...profileSteps(subject, diagnostics, examination)],
      event,
    };
  }
}

/** Codes for which the steps of an administrator help. */
const NEEDS_STEPS: ReadonlySet<DoctorCode> = new Set<DoctorCode>(['acr_missing', 'auth_time_missing', 'token_refused']);

/**
 * Returns the diagnostic that names the steps of an administrator. Empty if the token lacks nothing, or if the profile
 * does not describe the server.
 */
function profileSteps(
  subject: Subject,
  diagnostics: readonly DoctorDiagnostic[],
  { profile: { title } }: Examination,
): DoctorDiagnostic[] {
  const lacks = diagnostics.some(({ code, severity }) => NEEDS_STEPS.has(code) && severity !== 'note');
  if (!lacks || title === undefined) return [];
  const name = printable(title);
  const message = `docs/authorization-servers.md has the steps for an administrator of ${name}`;
  const fix = `Read "${name}" there. Give claims under your own names by --acr-claim and --auth-time-claim.`;
  return [{ subject, code: 'profile_documented', severity: 'note', message, fix }];
}

const WRAPPED: Readonly<Record<TokenWrapper, readonly [code: DoctorCode, message: string, fix: string]>> = {
  quotes: ['token_quoted', 'the access token is in quotes', 'Give it without them: no token has quotes.'],
  token_response: [
    'token_response_given',
    'this is a whole token response, and not the access token',
    'Give the value of its member access_token alone.',
  ],
  object: [
    'token_response_given',
    'this is a JSON object without access_token, and not an access token',
    'Give the value of access_token in a token response.',
  ],
};

function wrapped(subject: Subject, wrapper: TokenWrapper): DoctorDiagnostic {
  const [code, message, fix] = WRAPPED[wrapper];
  return { subject, code, severity: 'error', message, fix };
}

function unreadable(subject: Subject, parts: number, message: string): DoctorDiagnostic {
  if (parts === 5) {
    const fix = 'Have the server issue signed, unencrypted access tokens for this API.';
    return { subject, code: 'token_encrypted', severity: 'error', message: 'the access token is encrypted', fix };
  }
  const fix = 'Copy the whole token, and nothing else.';
  return { subject, code: 'token_refused', severity: 'error', message: `refused: ${printable(message)}`, fix };
}

function opaque(subject: Subject): DoctorDiagnostic {
  return {
    subject,
    code: 'token_opaque',
    severity: 'warning',
    message: 'the access token is opaque: only the server can read it',
    fix:
      'Ask the server by --introspect, and configure "introspection" if it returns enough. Or have the server issue JWT ' +
      'access tokens (RFC 9068) for this API.',
  };
}

function accepted(
  subject: Subject,
  { header: { alg, typ } }: UnverifiedJwt,
  server: AuthorizationServer,
): DoctorDiagnostic {
  const type = typ === undefined ? 'no typ' : `typ ${quoted(typ)}`;
  const message = `accepted: ${type}, signed with ${quoted(alg)}, for ${quotedList([...server.audience])}`;
  return { subject, code: 'token_accepted', severity: 'ok', message };
}

function unverified(subject: Subject): DoctorDiagnostic {
  const fix = 'Nothing in a token can be trusted without the keys. Make the keys readable first.';
  return { subject, code: 'token_unverified', severity: 'error', message: 'its key cannot be read', fix };
}
