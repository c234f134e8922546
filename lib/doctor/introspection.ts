import {
  type AuthorizationServer,
  INTROSPECTION_OCCASIONS,
  type Introspection as IntrospectionSettings,
} from '../authorization-servers/index.js';
import {
  type AuthenticationEvent,
  type AuthenticationRequirements,
  type Claims,
  DEFAULT_CLOCK_TOLERANCE,
} from '../core/index.js';
import {
  AuthorizationServerUnavailable,
  type AuthorizationServerUnavailableCode,
  authenticationEvent,
  examineCompletion,
  examineLightweight,
  examineOpaque,
  fixForNetwork,
  IntrospectionEndpoint,
  isWithoutOwner,
  type UnverifiedJwt,
} from '../token/index.js';
import { authenticationDiagnostics, requirementDiagnostics } from './authentication.js';
import { concealed } from './concealed.js';
import type { DoctorCode, DoctorDiagnostic, Subject } from './doctor-diagnostic.js';
import type { Examination } from './examination.js';
import {
  accepted,
  lightweight,
  otherSignIn,
  refusedAll,
  refusedFirst,
  unsupported,
} from './introspection-diagnostics.js';
import { printable, quoted, quotedList } from './quoted.js';
import { audiencesOf } from './token-refusals.js';

type Occasion = IntrospectionSettings['when'];

interface Introspected {
  /** What the diagnostics are about. */
  readonly subject: Subject;
  readonly diagnostics: readonly DoctorDiagnostic[];
  /** The authentication event with what introspection adds; `undefined` if nothing can be read. */
  readonly event: AuthenticationEvent | undefined;
}

/** What the server says, or why it says nothing. Never told apart by its own words: they can be those of a diagnostic. */
type Answer =
  | { readonly claims: Claims; readonly failure?: undefined }
  | { readonly claims?: undefined; readonly failure: DoctorDiagnostic };

interface ReadableToken {
  readonly jwt: UnverifiedJwt;
  readonly server: AuthorizationServer;
  /** Whether an API accepts the JWT by itself. */
  readonly isAccepted: boolean;
}

/**
 * Diagnoses what the server says of a token if an API asks: whether the token is active and an access token. Names the
 * `introspection.when` that an application needs. Shows the names of the claims of a response, and the same values as
 * of a JWT.
 *
 * @see [RFC 7662 §2.2](https://www.rfc-editor.org/rfc/rfc7662.html#section-2.2)
 */
export class Introspection {
  readonly #endpoint: IntrospectionEndpoint;

  /** @throws StepUpConfigurationError for a private key that cannot be used */
  constructor(
    private readonly examination: Examination,
    private readonly settings: IntrospectionSettings,
  ) {
    this.#endpoint = new IntrospectionEndpoint(examination.serverFor([]), settings, () => undefined);
  }

  /** Diagnoses a token that only the server can read. */
  async examineOpaque(
    tokenSubject: Subject,
    token: string,
    requirements: AuthenticationRequirements,
  ): Promise<Introspected> {
    const subject = subjectFor(tokenSubject);
    const { claims, failure } = await this.#ask(subject, token, undefined);
    if (claims === undefined) return { subject, diagnostics: [failure], event: undefined };
    const now = Date.now() / 1000;
    const { audience } = this.examination;
    const server = this.examination.serverFor(audience.length > 0 ? audience : audiencesOf(claims));
    const { refusals, isOfAnotherSignIn, event } = examineOpaque(claims, server, {
      now,
      clockTolerance: DEFAULT_CLOCK_TOLERANCE,
    });
    const isAccepted = refusals.length === 0;
    const judged = isAccepted ? requirements : {};
    const diagnostics = [
      this.#active(subject, claims),
      ...(isAccepted ? [accepted(subject, claims)] : refusedAll(subject, refusals, claims)),
      ...(isOfAnotherSignIn ? [otherSignIn(subject)] : []),
      ...authenticationDiagnostics({ subject, claims, source: 'introspection', server, requirements: judged, now }),
      ...(isAccepted ? [this.#occasion(subject, 'opaque', { opaque: true, acr: false, authTime: false })] : []),
      ...requirementDiagnostics(subject, event, judged, now),
    ];
    return { subject, diagnostics, event };
  }

  /** Diagnoses what the server adds to a JWT. */
  async complete(
    tokenSubject: Subject,
    token: string,
    { jwt: { payload }, server, isAccepted }: ReadableToken,
  ): Promise<Introspected> {
    const subject = subjectFor(tokenSubject);
    const own = authenticationEvent(payload, server);
    const { claims, failure } = await this.#ask(subject, token, payload);
    if (claims === undefined) return { subject, diagnostics: [failure], event: own };
    const isLightweight = isWithoutOwner(payload, server);
    const clock = { now: Date.now() / 1000, clockTolerance: DEFAULT_CLOCK_TOLERANCE };
    const examined = isLightweight
      ? examineLightweight(payload, claims, server, clock)
      : examineCompletion(payload, claims, server);
    const { isOfAnotherSignIn } = examined;
    // A JWT that is refused can lack what the response is compared with.
    const isComparable = isAccepted || isLightweight;
    const refusals = examined.refusals.filter(({ code }) => isComparable || code !== 'introspection_mismatch');
    const event = refusals.length > 0 ? own : examined.event;
    const acr = !hasAcr(own) && hasAcr(event);
    const authTime = own.authTime === undefined && event.authTime !== undefined;
    const told = authenticationDiagnostics({
      subject,
      claims,
      source: 'introspection',
      server,
      requirements: {},
      now: clock.now,
    });
    const diagnostics = [
      this.#active(subject, claims),
      ...refusedAll(subject, refusals, claims),
      ...(isOfAnotherSignIn ? [otherSignIn(subject)] : []),
      ...told.filter(({ code }) => (acr && code === 'acr_present') || (authTime && code === 'auth_time_present')),
    ];
    if (refusals.length > 0) return { subject, diagnostics, event };
    if (isLightweight) {
      const isConfigured = server.introspection?.lightweightTokens === true;
      return { subject, diagnostics: [...diagnostics, lightweight(subject, isConfigured)], event };
    }
    const advice = isAccepted ? this.#adviceFor(subject, own, { acr, authTime }) : refusedFirst(subject);
    return { subject, diagnostics: [...diagnostics, advice], event };
  }

  #adviceFor(subject: Subject, own: AuthenticationEvent, added: { acr: boolean; authTime: boolean }): DoctorDiagnostic {
    if (added.acr || added.authTime) {
      const when = added.acr ? 'event-missing' : 'auth-time-missing';
      return this.#occasion(subject, when, { opaque: false, ...added });
    }
    if (hasAcr(own) && own.authTime !== undefined) {
      return {
        subject,
        code: 'introspection_unneeded',
        severity: 'note',
        message: 'the token has acr and auth_time itself, and introspection adds nothing to them',
        fix: "Configure it only to notice revoked tokens: introspection.when 'always'.",
      };
    }
    return {
      subject,
      code: 'introspection_insufficient',
      severity: 'warning',
      message: 'introspection adds nothing to what the token lacks of acr and auth_time',
      fix: 'Have the server put them into access tokens, or into introspection responses.',
    };
  }

  /** Diagnoses which `introspection.when` asks about such a token, and whether the configured one does. */
  #occasion(
    subject: Subject,
    when: Occasion,
    needed: { readonly opaque: boolean; readonly acr: boolean; readonly authTime: boolean },
  ): DoctorDiagnostic {
    const { configuredWhen } = this.examination;
    const asks = (occasion: Occasion) => {
      const { opaque, acrMissing, authTimeMissing } = INTROSPECTION_OCCASIONS[occasion];
      if (occasion === 'always') return true;
      return needed.opaque ? opaque : (!needed.acr || acrMissing) && (!needed.authTime || authTimeMissing);
    };
    if (configuredWhen !== undefined && !asks(configuredWhen)) {
      const message = `introspection.when is '${configuredWhen}', by which an API does not ask about this token`;
      const fix = `Configure introspection.when: '${when}'.`;
      return { subject, code: 'introspection_when_mismatch', severity: 'error', message, fix };
    }
    const configured =
      configuredWhen === undefined
        ? `configure introspection.when: '${when}'`
        : `introspection.when is '${configuredWhen}'`;
    const isDefault = configuredWhen === undefined && when === 'opaque' ? ', the default' : '';
    return {
      subject,
      code: 'introspection_needed',
      severity: 'ok',
      message: `${configured}${isDefault}: an API then asks about such tokens`,
    };
  }

  async #ask(subject: Subject, token: string, jwt: Claims | undefined): Promise<Answer> {
    try {
      const response = await this.#endpoint.ask(token);
      if (response === 'inactive') return { failure: this.#inactive(subject, jwt) };
      if (response === 'unsupported') return { failure: unsupported(subject) };
      return { claims: concealed(response, [...this.examination.secrets, token]) };
    } catch (error) {
      if (!(error instanceof AuthorizationServerUnavailable)) throw error;
      return { failure: this.#unavailable(subject, error) };
    }
  }

  #active(subject: Subject, claims: Claims): DoctorDiagnostic {
    const names = Object.keys(claims).filter((name) => name !== 'active');
    const message = `active, with ${names.length === 0 ? 'no claims' : quotedList(names)}`;
    const client = audiencesOf(claims).includes(this.settings.clientId) ? '; aud names the client that asks' : '';
    return { subject, code: 'introspection_active', severity: 'ok', message: `${message}${client}` };
  }

  #inactive(subject: Subject, jwt: Claims | undefined): DoctorDiagnostic {
    const { clientId } = this.settings;
    const isNamed = jwt === undefined || audiencesOf(jwt).includes(clientId);
    const fix = isNamed
      ? 'It has expired or was revoked, is of another server, or this client cannot ask about it. Try a new one.'
      : `If the token is new: its aud does not name the client ${quoted(clientId)} that asks, and some servers, such as ` +
        'Keycloak, then say so. Have the server put that client into aud, or ask as another one.';
    return {
      subject,
      code: 'introspection_inactive',
      severity: 'error',
      message: 'the server says that the token is not active',
      fix,
    };
  }

  #unavailable(subject: Subject, { code, reason }: AuthorizationServerUnavailable): DoctorDiagnostic {
    const { endpoint, client } = this.settings;
    const { issuer, env } = this.examination;
    const failures: Partial<Record<AuthorizationServerUnavailableCode, readonly [code: DoctorCode, fix: string]>> = {
      introspection_credentials_refused: [
        'introspection_credentials_refused',
        `Compare client and secret. If they are right, try ${otherMethod(client.method)}: some servers take one form ` +
          'of client authentication alone. The client must be allowed to introspect tokens.',
      ],
      endpoint_missing: [
        'introspection_endpoint_missing',
        'Give --introspection-endpoint: some servers, such as Ory Hydra, have it at the port of their administration.',
      ],
    };
    const [known, fix] = failures[code] ?? [
      'introspection_unusable',
      `About its server: ${fixForNetwork(undefined, endpoint ?? issuer, env)}.`,
    ];
    return { subject, code: known as DoctorCode, severity: 'error', message: printable(reason), fix: fix as string };
  }
}

function otherMethod(method: IntrospectionSettings['client']['method']): string {
  const other = method === 'client_secret_basic' ? 'client_secret_post' : 'client_secret_basic';
  return `--introspection-auth ${other}`;
}

/** The response about a token of a sign-in belongs to that sign-in. */
function subjectFor(subject: Subject): Subject {
  return subject === 'access_token' ? 'introspection' : subject;
}

function hasAcr({ acr, acrs }: AuthenticationEvent): boolean {
  return acr !== undefined || acrs !== undefined;
}
