import type { AuthenticationRequirements } from '../../core/index.js';
import type { Advice } from '../advice/advice.js';

/** What decorators and the module declare for a handler. */
export type Access = 'required' | 'skipped' | 'public' | 'open';

/** What requests for one handler of one class require, as `StepUpService.routes()` returns it. */
export interface RouteDescription {
  /** `Controller.handler` */
  readonly name: string;
  /**
   * `required`: an authentication. `skipped`: only a valid token, by `@SkipStepUp()`. `token`: what a guard that
   * authenticates admits, such as AccessTokenGuard. `public`: nothing, by `@Public()`. `open`: nothing is declared.
   */
  readonly access: Access | 'token';
  /**
   * What Nest calls it for, such as `POST /transfers`, `message transfer`, `pattern {"cmd":"pay"}` or `Query.balance`.
   * Absent for handlers that the boot audit has not seen.
   */
  readonly triggers?: readonly string[];
  /** In the words of the application. Absent if nothing is required, or if only functions decide. */
  readonly requirements?: AuthenticationRequirements;
  /** Whether a function adds to the requirements for each request. */
  readonly dynamic: boolean;
  /**
   * Which guard refuses an invocation. `handler`: the guard that the decorator binds. The boot audit has found it where
   * Nest looks for it. `global`: the guard of the module. Absent if nothing is required, and for handlers that the boot
   * audit has not seen.
   */
  readonly enforcedBy?: 'handler' | 'global';
  /**
   * What the audits found. The audit of metadata adds to it once it has read the metadata. Absent if they found
   * nothing.
   */
  readonly advice?: readonly Advice[];
}
