import { Injectable } from '@nestjs/common';
import type { Assessment } from '../core/index.js';
import type { Advice } from './advice/advice.js';
import { type Decision, type DecisionListenerOptions, Decisions } from './advice/decisions.js';
import { StepUpLog } from './advice/log.js';
import { type Verification, Verifications } from './advice/verifications.js';
import type { Authenticated } from './authentication/authenticator.js';
import { Admission } from './guards/admission.js';
import type { ChallengeReport } from './refusal/challenger.js';
import type { RequireAcrArguments } from './requirements/require-acr-arguments.js';
import type { RouteDescription } from './requirements/route.js';
import type { RequirementsFunction, StepUpRequirements } from './requirements/step-up-requirements.js';
import type { StepUpWord } from './requirements/words.js';

/**
 * Judges requests against authentication requirements, for decisions inside a handler, and tells what is required where.
 * Judges each time by itself; no verdict is cached, shared or remembered for a user or a socket.
 */
@Injectable()
export class StepUpService {
  constructor(
    private readonly admission: Admission,
    private readonly log: StepUpLog,
    private readonly decisions: Decisions,
    private readonly verifications: Verifications,
  ) {}

  /** Returns whether the authentication behind a request meets what an object or a function requires. Otherwise as with words. */
  assess(at: unknown, requirements: StepUpRequirements | RequirementsFunction): Promise<Assessment>;
  /**
   * Returns whether the authentication behind a request meets requirements, given as `@RequireAcr` takes them. Truthful in
   * report mode too. Not met, and without reasons, if somebody else than the user acts by a token with `act`, unless
   * `delegation` is `'accept'`.
   *
   * @param at an ExecutionContext, the request, or what `@StepUpContext()` gave
   * @throws AccessTokenException if the user cannot be told
   * @throws InternalServerErrorException for requirements that are wrong; the log says how
   */
  assess(
    at: unknown,
    acrValues: StepUpWord | readonly StepUpWord[],
    options?: Omit<StepUpRequirements, 'acrValues'>,
  ): Promise<Assessment>;
  assess(at: unknown, ...required: RequireAcrArguments): Promise<Assessment> {
    return this.admission.further.assess(at, required);
  }

  /** Requires what an object or a function says inside a handler. Otherwise as with words. */
  require(at: unknown, requirements: StepUpRequirements | RequirementsFunction): Promise<void>;
  /**
   * Requires more inside a handler, once it knows what is at stake. Call it on validated input and before any side effect.
   * Challenges for the handler's requirements merged with the given ones, so that the next token meets both.
   *
   * @example `if (transfer.amount > 100_000) await this.stepUp.require(at, 'phr')`
   * @param at an ExecutionContext, the request, or what `@StepUpContext()` gave
   * @throws InsufficientUserAuthenticationException if they are not met; the challenge is already on the response
   * @throws AccessTokenException for a missing or refused token, a lacking scope, or a token that can never be enough
   * @throws InternalServerErrorException for requirements that are wrong; the log says how
   */
  require(
    at: unknown,
    acrValues: StepUpWord | readonly StepUpWord[],
    options?: Omit<StepUpRequirements, 'acrValues'>,
  ): Promise<void>;
  require(at: unknown, ...required: RequireAcrArguments): Promise<void> {
    return this.admission.further.require(at, required);
  }

  /**
   * The user behind a token that comes without a request, such as in a socket's handshake. Not with `'existing'`. A refusal
   * that leaves `handleConnection` closes the socket: with code 4401 for a refused token, 1013 if the authorization server
   * cannot be reached.
   *
   * @example `async handleConnection(client, request) { client.user = (await this.stepUp.authenticate(tokenOf(request))).user }`
   * @throws AccessTokenException for a refused token
   * @throws InternalServerErrorException if the option `user` throws; the log says what
   * @throws TypeError with `'existing'`
   */
  authenticate(token: string): Promise<Authenticated> {
    return this.admission.authenticateToken(token);
  }

  /**
   * What each handler of the application requires, in the order in which Nest knows them, and what the audits advise on it.
   * Empty before the boot.
   */
  routes(): readonly RouteDescription[] {
    return this.admission.routes.describe();
  }

  /** Adds a listener for each refusal for lack of a sufficient authentication. Returns what removes it. */
  onChallenged(listener: (report: ChallengeReport) => void): () => void {
    return this.admission.onChallenged(listener);
  }

  /**
   * Adds a listener for decisions: one for each judged invocation, refusals included. A second judgement inside the handler is
   * told only if it refuses. Decisions carry no token and no claim set, and the subject only on demand. Returns what removes
   * the listener. The same decisions, without subjects, are on the channel `nestjs-step-up:decision` of
   * `node:diagnostics_channel`.
   *
   * @example
   * ```ts
   * stepUp.onDecision(({ outcome, issuer }) => counter.add(1, { outcome, issuer }));
   * ```
   */
  onDecision(listener: (decision: Decision) => void, options?: DecisionListenerOptions): () => void {
    return this.decisions.on(listener, options);
  }

  /**
   * Adds a listener for verifications of access tokens, with the time that each took. A request is verified once, however
   * many decisions it meets; a socket's message every time. Not with `'existing'`. Returns what removes the listener.
   */
  onVerification(listener: (verification: Verification) => void): () => void {
    return this.verifications.on(listener);
  }

  /**
   * Adds a listener for what works, but probably not as meant: findings at boot, in the metadata of authorization servers
   * and in tokens, each once for what it is about. It first receives all earlier advice. Returns what removes it.
   */
  onAdvice(listener: (advice: Advice) => void): () => void {
    return this.log.onAdvice(listener);
  }
}
