import {
  type Assessment,
  type AuthenticationEvent,
  type AuthenticationRequirements,
  checkMembers,
  REASON_DIMENSIONS,
  type UnmetReason,
} from '../core/index.js';
import {
  Admission,
  type Authenticated,
  type DecidedAt,
  Identification,
  type Invocation,
  Judgement,
  type TranslatedRequirements,
} from '../nest/index.js';

/** The outcome of every requirement while step-up authentication is overridden. */
export interface StepUpOverride {
  /** Whether every requirement is met. */
  met: boolean;
  /**
   * Why not, if `met` is `false`. A requirement is refused for the reasons that can apply to it: without `maxAge` no
   * authentication is too old. Default is `['acr_unmet', 'authentication_too_old']`.
   */
  reasons?: readonly UnmetReason[] | undefined;
  /** Value of `request.user`. Default is the user that the request has already, otherwise `{ sub: 'test-user' }`. */
  user?: unknown;
}

/** The part of `TestingModuleBuilder` of `@nestjs/testing` that `overrideStepUp` uses. */
export interface OverridableModule<Builder> {
  overrideProvider(token: typeof Admission): { useClass(replacement: typeof Admission): Builder };
}

const REASONS: readonly UnmetReason[] = ['acr_unmet', 'authentication_too_old'];

/**
 * Decides step-up authentication for a test, so that it needs no token and no authorization server. Every request is
 * that of `user`, and meets every requirement or none. Replaces the engine behind `@RequireAcr`, `AcrGuard`,
 * `AccessTokenGuard`, `StepUpService` and `AuthGuard('jwt')`, however they are bound. Overriding an `APP_GUARD` would
 * not replace it.
 *
 * Refusals are those of the application, challenge included. Options and decorators are still checked. With
 * `"passport": 'existing'` it does not replace the application's own guards.
 *
 * @param override read for every request: a test may change its members later. A wrong one is then an error 500
 * @throws TypeError if `met` is neither `true` nor `false`, for `reasons` that are none, for an unknown member, and for
 * a module in place of a builder
 * @example
 * ```ts
 * const builder = Test.createTestingModule({ imports: [AppModule] });
 * const testing = await overrideStepUp(builder, { met: true, user: { sub: 'alice' } }).compile();
 * ```
 */
export function overrideStepUp<Builder>(builder: OverridableModule<Builder>, override: StepUpOverride): Builder {
  if (typeof builder?.overrideProvider !== 'function') {
    throw new TypeError('overrideStepUp() needs what Test.createTestingModule() returns, before compile()');
  }
  checkOverride(override);

  class OverriddenJudgement extends Judgement {
    override enforce(
      authenticated: Authenticated,
      required: TranslatedRequirements,
      at: DecidedAt,
    ): ReturnType<Judgement['enforce']> {
      // The issuer must know the required words: users of another one get 403 without a challenge.
      const issuer = this.settings.servers.find((server) => required.for(server.issuer) !== undefined)?.issuer;
      return super.enforce({ ...authenticated, event: eventOf(issuer), server: undefined }, required, at);
    }

    /** A server that is resolved at run time is not known: words stand for themselves. */
    protected override translated(
      required: TranslatedRequirements,
      issuer: string | undefined,
    ): AuthenticationRequirements {
      return required.for(issuer) ?? required.requirements;
    }

    override assess(authenticated: Authenticated, required: TranslatedRequirements): Assessment {
      checkOverride(override);
      return override.met ? { met: true } : super.assess(authenticated, required);
    }

    protected override assessEvent(_: AuthenticationEvent, required: AuthenticationRequirements): Assessment {
      checkOverride(override);
      const reasons = override.met ? [] : (override.reasons ?? REASONS).filter((reason) => applies(reason, required));
      return reasons.length === 0 ? { met: true } : { met: false, reasons };
    }
  }

  const authenticated = (present: unknown, issuer: string | undefined): Authenticated => {
    const user = override.user ?? present ?? { sub: TEST_USER };
    const { sub } = user as { sub?: unknown };
    const subject = typeof sub === 'string' && sub !== '' ? sub : TEST_USER;
    return { user, event: { ...eventOf(issuer), subject }, claims: {} };
  };

  class OverriddenIdentification extends Identification {
    protected override authenticate({ request }: Invocation): Authenticated {
      return authenticated(request.user, this.settings.servers[0]?.issuer);
    }

    /** Replaces the user that guards of the application put on the request: the test decides. */
    protected override handOver({ request, transport }: Invocation, { user }: Authenticated): void {
      if (transport.carriesUser) request.user = user;
    }
  }

  class OverriddenAdmission extends Admission {
    override get asksAuthorizationServers(): boolean {
      return false;
    }

    /** Always of one subject, so that a renewal is by the same user. */
    protected override async authenticateSocket(): Promise<Authenticated> {
      const socket = authenticated(undefined, this.settings.servers[0]?.issuer);
      return { ...socket, event: { ...socket.event, subject: TEST_USER } };
    }

    protected override createJudgement(...of: ConstructorParameters<typeof Judgement>): Judgement {
      return new OverriddenJudgement(...of);
    }

    protected override createIdentification(...of: ConstructorParameters<typeof Identification>): Identification {
      return new OverriddenIdentification(...of);
    }
  }

  return builder.overrideProvider(Admission).useClass(OverriddenAdmission);
}

const TEST_USER = 'test-user';

const MEMBERS = ['met', 'reasons', 'user'] satisfies (keyof StepUpOverride)[];

/**
 * Checks an override. A reason that is none would refuse nothing.
 *
 * @throws TypeError that names the member
 */
function checkOverride(override: StepUpOverride): void {
  if (typeof override?.met !== 'boolean') throw new TypeError('overrideStepUp() needs { met: true } or { met: false }');
  checkMembers(override, MEMBERS, (member) => `overrideStepUp() has no member "${member}"`);
  const { reasons = REASONS } = override;
  const known = Object.keys(REASON_DIMENSIONS);
  if (Array.isArray(reasons) && reasons.length > 0 && reasons.every((reason) => known.includes(reason))) return;
  throw new TypeError(`"reasons" must list at least one of ${known.join(', ')}`);
}

function eventOf(issuer: string | undefined): AuthenticationEvent {
  return issuer === undefined ? {} : { issuer };
}

/** Returns whether a reason can apply to requirements. */
function applies(reason: UnmetReason, { acrValues, maxAge, scope }: AuthenticationRequirements): boolean {
  return { acr: acrValues, age: maxAge, scope }[REASON_DIMENSIONS[reason]] !== undefined;
}
