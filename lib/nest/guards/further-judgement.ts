import { type ExecutionContext, HttpException } from '@nestjs/common';
import { type Assessment, mergeRequirements } from '../../core/index.js';
import type { Authenticated } from '../authentication/authenticator.js';
import { completed } from '../authentication/authenticator.js';
import type { RequireAcrArguments } from '../requirements/require-acr-arguments.js';
import type { Route } from '../requirements/route.js';
import type { Routes } from '../requirements/routes.js';
import type { TranslatedRequirements } from '../requirements/translated-requirements.js';
import type { Invocation } from '../transports/invocation.js';
import type { Conclusion } from './conclusion.js';
import type { Identification } from './identification.js';
import type { Invocations } from './invocations.js';
import { judgedOf } from './judged-invocations.js';
import type { Judgement } from './judgement.js';

/** What a judgement that code of the application asks for needs of the admission. */
export interface Parts {
  readonly routes: Routes;
  readonly routeOf: (context: ExecutionContext) => Route;
  readonly invocations: Invocations;
  readonly identification: Identification;
  readonly judgement: Judgement;
  readonly conclusion: Conclusion;
}

interface Complete {
  readonly authenticated: Authenticated;
  readonly requirements: TranslatedRequirements;
  readonly route: Route | undefined;
}

/** Judges inside a handler, which knows more about the operation than its decorators. */
export class FurtherJudgement {
  constructor(private readonly parts: Parts) {}

  /**
   * Returns whether the authentication behind an invocation meets requirements, next to those of its handler.
   *
   * @throws AccessTokenException if the request has no usable token, or its authorization server cannot be reached
   * @throws InternalServerErrorException for requirements that are wrong; the log says why
   * @throws StepUpConfigurationError for an `at` that does not come from Nest
   */
  async assess(at: unknown, required: RequireAcrArguments): Promise<Assessment> {
    const { invocations, judgement, conclusion } = this.parts;
    const invocation = invocations.at(at);
    return conclusion.refusing(invocation, async () => {
      const complete = await this.#complete(invocation, required);
      return complete === undefined ? { met: true } : judgement.assess(complete.authenticated, complete.requirements);
    });
  }

  /**
   * Requires more of an invocation than its handler does.
   *
   * @throws InsufficientUserAuthenticationException with the challenge, already written to the response
   * @throws AccessTokenException for a refused token, a missing scope, or a token that no sign-in can make sufficient
   * @throws InternalServerErrorException for requirements that are wrong; the log says why
   * @throws StepUpConfigurationError for an `at` that does not come from Nest
   */
  async require(at: unknown, required: RequireAcrArguments): Promise<void> {
    const { invocations, judgement, conclusion } = this.parts;
    const invocation = invocations.at(at);
    await conclusion.refusing<void>(invocation, async () => {
      const complete = await this.#complete(invocation, required);
      if (complete === undefined) return undefined;
      const { authenticated, requirements, route } = complete;
      const decidedAt = { route: route?.name, transport: invocation.transport.name };
      const outcome = judgement.enforce(authenticated, requirements, decidedAt);
      if (outcome instanceof HttpException) return outcome;
      if (outcome !== undefined) conclusion.tellAdmitted(invocation, authenticated.event, outcome);
      return undefined;
    });
  }

  /**
   * Returns the user of an invocation and the event of the sign-in: who was judged before the handler, or else who sends
   * its token now.
   *
   * @throws AccessTokenException without a usable token
   * @throws StepUpConfigurationError for an `at` that does not come from Nest
   */
  async authenticated(at: unknown): Promise<Authenticated> {
    const { invocations, identification, routeOf, conclusion } = this.parts;
    const invocation = invocations.at(at);
    const { context } = invocation;
    const judged = context && judgedOf(context);
    if (judged !== undefined) return judged.authenticated;
    return conclusion.refusing(invocation, async () => {
      const route = context && routeOf(context);
      const authenticated = await identification.identify(invocation, route, false);
      if (authenticated instanceof HttpException) return authenticated;
      const required = context && route?.access === 'required' ? await route.requirementsFor(context) : undefined;
      return required === undefined ? authenticated : completed(authenticated, required.requirements);
    });
  }

  /** Returns the user of an invocation and all that is required; `undefined` if nothing is required. */
  async #complete(invocation: Invocation, required: RequireAcrArguments): Promise<Complete | undefined> {
    const { context, transport } = invocation;
    const { routes, routeOf, identification } = this.parts;
    if (context !== undefined) transport.keepPrivate?.(context);
    const route = context && routeOf(context);
    const authenticated = await identification.identify(invocation, route, false);
    if (authenticated instanceof HttpException) throw authenticated;
    const own = await routes.resolve(required, context);
    const isMore = context !== undefined && route?.access === 'required';
    const declared = isMore ? (await route.requirementsFor(context))?.requirements : undefined;
    const requirements =
      declared !== undefined && own !== undefined ? mergeRequirements(declared, own) : (own ?? declared);
    if (requirements === undefined) return undefined;
    return {
      authenticated: await completed(authenticated, requirements),
      requirements: routes.vocabularies.compiled(requirements),
      route,
    };
  }
}
