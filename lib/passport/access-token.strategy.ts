import { HttpException, HttpStatus } from '@nestjs/common';
import { Strategy } from 'passport-jwt';
import { StepUpConfigurationError } from '../core/index.js';
import { type IncomingRequest, isThenable, type MaybePromise, presentedToken } from '../token/index.js';

/** The application that a strategy works for. */
interface StrategyOwner {
  /** The Express application or Fastify instance that its requests refer to. */
  readonly application: object | undefined;
  /** The Node server that receives them. Requests that Fastify passes to middleware refer to nothing else. */
  readonly server: object | undefined;
  /**
   * Returns the user of a request; `undefined` without an access token.
   *
   * @throws the refusal of the token
   */
  authenticate(request: IncomingRequest): MaybePromise<unknown>;
  /** Called with an error that a callback of `passport.authenticate()` throws if no other code can catch it. */
  callbackFailed(thrown: unknown): void;
}

/** A request of Express or Fastify, or the Node request that Fastify passes to middleware. */
interface PassportRequest extends IncomingRequest {
  readonly app?: object;
  readonly server?: object;
  readonly socket?: object | null;
  readonly res?: { readonly headersSent: boolean; statusCode: number; end(): void };
  destroy?(): void;
}

/**
 * The Passport JWT strategy that `AuthGuard('jwt')` finds. Does not let passport-jwt verify: our verification follows
 * RFC 9068, distinguishes failures, and runs once for a request, shared with the guards. Passes the refusal of a token
 * to `error`, so that Nest's guard throws it unchanged, with status and challenge. Calls `fail` without a token, so
 * that `AuthGuard(['jwt', 'key'])` tries the next strategy.
 */
export class AccessTokenStrategy extends Strategy {
  // Passport keeps one strategy for a name: that of the last application. The others are found by their requests.
  // `null` stands for an application that was shut down: it does not get the strategy of one that it is mounted on.
  static readonly #ofApplications = new WeakMap<object, Map<string, AccessTokenStrategy | null>>();
  static readonly #attached = new Set<AccessTokenStrategy>();

  constructor(
    override readonly name: string,
    readonly owner: StrategyOwner,
  ) {
    super(
      {
        jwtFromRequest: (request) => presentedToken(request)?.token ?? null,
        // Never called, since authenticate() is ours. If called, it refuses.
        secretOrKeyProvider: (_request, _token, done) =>
          done(new Error('Access tokens are verified by nestjs-step-up')),
      },
      (_payload: unknown, done: (error: unknown, user: false) => void) => done(null, false),
    );
  }

  /** Returns the strategy of an application or server with a name; `null` after its shutdown, `undefined` without one. */
  static of(application: object, name: string): AccessTokenStrategy | null | undefined {
    return AccessTokenStrategy.#ofApplications.get(application)?.get(name);
  }

  /** Makes requests of its application find it. */
  attach(): void {
    AccessTokenStrategy.#attached.add(this);
    this.#stand(this);
  }

  detach(): void {
    AccessTokenStrategy.#attached.delete(this);
    this.#stand(null);
  }

  #stand(strategy: AccessTokenStrategy | null): void {
    for (const one of [this.owner.application, this.owner.server]) {
      if (one === undefined) continue;
      const strategies = AccessTokenStrategy.#ofApplications.get(one) ?? new Map();
      AccessTokenStrategy.#ofApplications.set(one, strategies.set(this.name, strategy));
    }
  }

  // Passport calls it on an object that inherits from this one, which has no access to private fields.
  override authenticate(request: PassportRequest): void {
    const strategy = this.ownOf(request);
    if (strategy === undefined) {
      this.error(
        new StepUpConfigurationError(
          `The Passport strategy "${this.name}" belongs to another application; import StepUpModule.forRoot() into this one, ` +
            'or set "strategyName" of one of them to another name',
        ),
      );
      return;
    }
    let user: MaybePromise<unknown>;
    try {
      user = strategy.owner.authenticate(request);
    } catch (error) {
      this.error(error as Error);
      return;
    }
    if (!isThenable(user)) {
      this.settle(user);
      return;
    }
    user
      .then(
        (known) => this.settle(known),
        (error: Error) => this.error(error),
      )
      // No other code catches what a callback throws after a promise.
      .catch((thrown: unknown) => strategy.refuse(request, thrown));
  }

  private settle(user: unknown): void {
    if (user === undefined) this.fail(HttpStatus.UNAUTHORIZED);
    else this.success(user as object);
  }

  /** Returns the strategy of the application of a request; `undefined` if that has none. */
  private ownOf(request: PassportRequest): AccessTokenStrategy | undefined {
    const application = request.app ?? request.server ?? serverOf(request.socket);
    if (application === undefined) return AccessTokenStrategy.onlyOne(this.name);
    for (let one: object | undefined = application; one !== undefined; one = parentOf(one)) {
      const own = AccessTokenStrategy.of(one, this.name);
      if (own !== undefined) return own ?? undefined;
    }
    return undefined;
  }

  /** Returns the strategy of a name if one application of the process has it. Off HTTP, requests refer to none. */
  private static onlyOne(name: string): AccessTokenStrategy | undefined {
    const strategies = [...AccessTokenStrategy.#attached].filter((strategy) => strategy.name === name);
    return strategies.length === 1 ? strategies[0] : undefined;
  }

  /** Ends a request whose callback has thrown. Passport would leave it without a response. */
  private refuse(request: PassportRequest, thrown: unknown): void {
    this.owner.callbackFailed(thrown);
    const { res } = request;
    if (res === undefined || res.headersSent) {
      request.destroy?.();
      return;
    }
    res.statusCode = thrown instanceof HttpException ? thrown.getStatus() : HttpStatus.INTERNAL_SERVER_ERROR;
    res.end();
  }
}

/** Returns the server of Node that a connection has come to. */
function serverOf(socket: object | null | undefined): object | undefined {
  return (socket as { readonly server?: object } | null | undefined)?.server;
}

/** Returns the Express application that one is mounted on, or the Fastify instance that one inherits from. */
function parentOf(application: object): object | undefined {
  const { parent } = application as { parent?: unknown };
  if (typeof parent === 'function') return parent;
  return Object.getPrototypeOf(application) ?? undefined;
}
