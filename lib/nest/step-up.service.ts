import { Injectable } from '@nestjs/common';
import type { Assessment } from '../core/index.js';
import type { TokenCacheStatistics } from '../token/index.js';
import type { Advice } from './advice/advice.js';
import { type Decision, type DecisionListenerOptions, Decisions } from './advice/decisions.js';
import { StepUpLog } from './advice/log.js';
import { type Verification, Verifications } from './advice/verifications.js';
import { type AuthenticatedUser as Authenticated, forApplication } from './authentication/authenticator.js';
import { isStored, type StoredEvent } from './authentication/stored-event.js';
import { Admission } from './guards/admission.js';
import type { ChallengeReport } from './refusal/challenger.js';
import type { RequireAcrArguments } from './requirements/require-acr-arguments.js';
import type { RouteDescription } from './requirements/route-description.js';
import type { RequirementsFunction, StepUpRequirements } from './requirements/step-up-requirements.js';
import type { StepUpWord } from './requirements/words.js';
import type { HandshakeCallback } from './transports/socket.js';

/**
 * Judges requests inside a handler, and describes what each handler requires. Judges every call again: it does not
 * cache, share or remember a verdict for a user or a socket.
 *
 * @example
 * ```ts
 * constructor(private readonly stepUp: StepUpService) {}
 *
 * @Post('transfers')
 * @RequireAcr('mfa')
 * async transfer(@StepUpContext() at: ExecutionContext, @Body() { amount }: Transfer) {
 *   if (amount > 1000) await this.stepUp.require(at, 'phr');
 * }
 * ```
 */
@Injectable()
export class StepUpService {
  constructor(
    private readonly admission: Admission,
    private readonly log: StepUpLog,
    private readonly decisions: Decisions,
    private readonly verifications: Verifications,
  ) {}

  /**
   * Returns whether the authentication behind a request meets requirements, given as an object or a function. Otherwise
   * as with words.
   */
  assess(at: unknown, requirements: StepUpRequirements | RequirementsFunction): Promise<Assessment>;
  /**
   * Returns whether the authentication behind a request meets requirements, given as `@RequireAcr` takes them, next to
   * those of the handler. Does not challenge. Report mode does not change the result. Returns `met: false` without
   * reasons if a delegate acts by a token with `act`, unless `delegation` is `'accept'`.
   *
   * @param at an ExecutionContext, the request, the value of `@StepUpContext()`, a socket that passed {@link handshake},
   * or `{ event, at }` with what {@link storedEvent} has returned
   * @throws AccessTokenException if the request has no usable token, or its authorization server cannot be reached
   * @throws InternalServerErrorException for requirements that are wrong; the log says why
   * @throws StepUpConfigurationError for another `at`. With a stored event also for one that is not as it was stored,
   * and for wrong requirements
   */
  assess(
    at: unknown,
    acrValues: StepUpWord | readonly StepUpWord[],
    options?: Omit<StepUpRequirements, 'acrValues'>,
  ): Promise<Assessment>;
  assess(at: unknown, ...required: RequireAcrArguments): Promise<Assessment> {
    const { stored, further, handshakes } = this.admission;
    return isStored(at) ? stored.assess(at, required) : handshakes.judging(at, () => further.assess(at, required));
  }

  /** Requires inside a handler what an object or a function says. Otherwise as with words. */
  require(at: unknown, requirements: StepUpRequirements | RequirementsFunction): Promise<void>;
  /**
   * Requires more inside a handler, such as for a large amount. Call it on validated input and before any side effect.
   * The challenge names the requirements of the handler merged with the given ones, so that the next token meets both.
   *
   * @example `if (transfer.amount > 100_000) await this.stepUp.require(at, 'phr')`
   * @param at an ExecutionContext, the request, the value of `@StepUpContext()`, a socket that passed {@link handshake},
   * or `{ event, at }` with what {@link storedEvent} has returned
   * @throws InsufficientUserAuthenticationException if they are not met; the challenge is already on the response
   * @throws AccessTokenException for a missing or refused token, a missing scope, or a token that no sign-in can make
   * sufficient
   * @throws InternalServerErrorException for requirements that are wrong; the log says why
   * @throws StepUpConfigurationError for another `at`
   */
  require(
    at: unknown,
    acrValues: StepUpWord | readonly StepUpWord[],
    options?: Omit<StepUpRequirements, 'acrValues'>,
  ): Promise<void>;
  require(at: unknown, ...required: RequireAcrArguments): Promise<void> {
    const { stored, further, handshakes } = this.admission;
    return isStored(at) ? stored.require(at, required) : handshakes.judging(at, () => further.require(at, required));
  }

  /**
   * Returns the authentication event behind a request as plain data, to be kept with work that is done later: in a job, a
   * message, a row of a table. {@link assess} and {@link require} take it as `{ event, at }` in place of a request. `at`
   * says when `maxAge` is measured: `'order'`, when the event was stored, or `'now'`, when the work is done.
   *
   * Does not judge the request: a guard or {@link require} does. Does not sign the event: its store is trusted as the
   * database of the application is. Does not notice that the token was revoked since, or that it has expired.
   *
   * @example
   * ```ts
   * await queue.add('payout', { amount, event: await stepUp.storedEvent(at) }); // in the handler
   * await stepUp.require({ event: job.data.event, at: 'order' }, 'mfa', { maxAge: 300 }); // in the worker
   * ```
   * @param at an ExecutionContext, the request, or the value of `@StepUpContext()`
   * @throws AccessTokenException if the request has no usable token, or one with `act` that is not accepted
   * @throws InternalServerErrorException if the event does not name who signed in; the log says so
   * @throws StepUpConfigurationError for another `at`
   */
  storedEvent(at: unknown): Promise<StoredEvent> {
    return this.admission.stored.store(at);
  }

  /**
   * Returns the user behind an invocation and the authentication event, in a handler of any transport: who was judged
   * before it, or who sends its token now if no guard of this package ran. Returns the same for a socket that passed
   * {@link handshake}. Does not require anything of the event.
   *
   * @example
   * ```ts
   * @SubscribeMessage('transfer')
   * @RequireAcr('mfa')
   * async transfer(@StepUpContext() at: ExecutionContext) {
   *   const { user, event } = await this.stepUp.authenticated(at);
   * }
   * ```
   * @param at an ExecutionContext, the request, the value of `@StepUpContext()`, or the client of a socket
   * @throws AccessTokenException without a usable token, and for a socket whose token has expired
   * @throws StepUpConfigurationError for another `at`
   */
  authenticated(at: unknown): Promise<Authenticated> {
    const { further, handshakes } = this.admission;
    return handshakes.judging(at, async () => forApplication(await further.authenticated(at)));
  }

  /**
   * Judges the token of a socket when it opens. Returns whether the socket may stay open. Otherwise it is closed: with
   * code 4401 for a missing or refused token, 4400 for several different ones, 1013 if the authorization server cannot
   * be reached, 1011 for a wrong configuration, which the log explains. Messages wait until the token is judged, and for
   * a {@link require} that follows at once. A client of socket.io that sends more than 100 meanwhile is disconnected. Call it
   * before anything that takes time. Judges a socket once. Does not require anything of the sign-in. Not available with
   * `'existing'`: it then closes every socket.
   *
   * `client` is the client of ws or socket.io, or the context that graphql-ws gives to `onConnect`. The token is looked
   * for as the option `tokenLocations` says, not as `accessToken` does.
   *
   * @example
   * ```ts
   * handleConnection(client: WebSocket, request: IncomingMessage) {
   *   return this.stepUp.handshake(client, request);
   * }
   * ```
   * @param request what opened the socket of ws
   * @throws StepUpConfigurationError for a `client` of another kind
   * @see [RFC 6455 §7.4.2](https://www.rfc-editor.org/rfc/rfc6455.html#section-7.4.2)
   */
  handshake(client: object, request?: object): Promise<boolean>;
  /**
   * Judges the token of a client of socket.io in a middleware, before the client is connected. A refused client receives
   * `connect_error`, with the refusal in `data`. Otherwise as in `handleConnection`.
   *
   * @example `server.use((client, next) => this.stepUp.handshake(client, next))`
   */
  handshake(client: object, next: HandshakeCallback): Promise<boolean>;
  handshake(client: object, further?: object): Promise<boolean> {
    return this.admission.handshakes.judge(client, further);
  }

  /**
   * Replaces the token of an open socket that passed {@link handshake}. Later messages and operations are judged by the
   * new token. The new token has to be for the same user: `sub` and `iss`. If it is refused, the earlier one stays.
   *
   * @example
   * ```ts
   * @SubscribeMessage('renew')
   * async renew(@StepUpContext() at: ExecutionContext, @MessageBody() token: string) {
   *   await this.stepUp.renew(at, token);
   * }
   * ```
   * @param at the client, an ExecutionContext, or the value of `@StepUpContext()`; over graphql-ws one of the last two
   * @throws AccessTokenException for a refused token, for one of another user, after a refused handshake, and for an
   * operation of GraphQL over HTTP
   * @throws StepUpConfigurationError for a connection without handshake
   */
  async renew(at: unknown, token: string): Promise<Authenticated> {
    return forApplication(await this.admission.handshakes.renew(at, token));
  }

  /**
   * Verifies a token that comes without a request. Not available with `'existing'`. For sockets, {@link handshake} also
   * finds the token, closes a refused socket and keeps messages back. A refusal that leaves `handleConnection` closes the
   * socket too: with code 4401 for a refused token, with 1013 if the authorization server cannot be reached.
   *
   * @example `const { user, event } = await this.stepUp.authenticate(token)`
   * @throws AccessTokenException for a refused token
   * @throws InternalServerErrorException if the option `user` throws; the log says what
   * @throws StepUpConfigurationError with `'existing'`
   */
  async authenticate(token: string): Promise<Authenticated> {
    return forApplication(await this.admission.authenticateToken(token));
  }

  /**
   * Returns what each handler of the application requires, in the order of Nest, and what the audits advise on it.
   * Empty before the boot.
   */
  routes(): readonly RouteDescription[] {
    return this.admission.routes.describe();
  }

  /**
   * Adds a listener for each refusal because an authentication is not sufficient, also for those that report mode only
   * records. Returns an unsubscribe function.
   */
  onChallenged(listener: (report: ChallengeReport) => void): () => void {
    return this.admission.onChallenged(listener);
  }

  /**
   * Adds a listener for decisions: one for each judged invocation, refusals included. A second judgement inside the
   * handler is reported only if it refuses, or if report mode records what it would refuse. A decision has no token and
   * no claim set. It has the subject only if `options.subject` is `true`. The channel `nestjs-step-up:decision` of
   * `node:diagnostics_channel` has the same decisions without subjects. Returns an unsubscribe function.
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
   * Adds a listener for verifications of access tokens, with the time that each took. The module verifies an HTTP
   * request once, however many decisions it meets, and each message of a socket again. Not available with `'existing'`:
   * it then never calls the listener. Returns an unsubscribe function.
   */
  onVerification(listener: (verification: Verification) => void): () => void {
    return this.verifications.on(listener);
  }

  /**
   * Returns how many verified tokens are remembered, and how often one was found, since the start of the application.
   * Not available with `'existing'`: it then returns `undefined`.
   *
   * @example
   * ```ts
   * const { hits, misses, evictions } = stepUp.tokenCache() ?? { hits: 0, misses: 0, evictions: 0 };
   * ```
   */
  tokenCache(): TokenCacheStatistics | undefined {
    return this.verifications.tokenCache;
  }

  /**
   * Adds a listener for advice: what works, but probably not as meant. Advice comes from the boot, from the metadata of
   * authorization servers and from tokens, once for each code and subject. The listener first receives all earlier
   * advice. Returns an unsubscribe function.
   */
  onAdvice(listener: (advice: Advice) => void): () => void {
    return this.log.onAdvice(listener);
  }
}
