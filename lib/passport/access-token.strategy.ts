import { HttpException, HttpStatus } from '@nestjs/common';
import { Strategy } from 'passport-jwt';
import { StepUpConfigurationError } from '../core/index.js';
import { type IncomingRequest, isThenable, type MaybePromise, presentedToken } from '../token/index.js';

/** The application that a strategy works for. */
export interface StrategyOwner {
  /** What its requests name as theirs: the Express application, or the Fastify instance. */
  readonly application: object | undefined;
  /** Returns the user of a request, or `undefined` if it has no access token. Throws its refusal. */
  authenticate(request: IncomingRequest): MaybePromise<unknown>;
  /** Is told what a callback of `passport.authenticate()` has thrown when nobody else could hear it. */
  callbackFailed(thrown: unknown): void;
}

/** A request of Express or Fastify, or that of Node which Fastify gives to middleware. */
interface PassportRequest extends IncomingRequest {
  readonly app?: object;
  readonly server?: object;
  readonly res?: { readonly headersSent: boolean; statusCode: number; end(): void };
  destroy?(): void;
}

/**
 * The Passport JWT strategy that `AuthGuard('jwt')` finds. passport-jwt extracts a token, asks for a key and verifies; what
 * it accepts beyond RFC 9068 is refused, and its failures told apart, because the verification is ours: one for a request,
 * shared with the guards. A refused token goes through `error`, so that Nest's guard throws the refusal as it is, with
 * status and challenge. A missing one goes through `fail`, so that `AuthGuard(['jwt', 'key'])` asks the next strategy.
 */
export class AccessTokenStrategy extends Strategy {
  // Passport knows one strategy of a name, that of the last application; the others are found by their requests
  static readonly #ofApplications = new WeakMap<object, Map<string, AccessTokenStrategy>>();

  constructor(
    override readonly name: string,
    readonly owner: StrategyOwner,
  ) {
    super(
      {
        jwtFromRequest: (request) => presentedToken(request)?.token ?? null,
        // never asked, as authenticate() is ours; were it asked, it would let nothing through
        secretOrKeyProvider: (_request, _token, done) =>
          done(new Error('Access tokens are verified by nestjs-step-up')),
      },
      (_payload: unknown, done: (error: unknown, user: false) => void) => done(null, false),
    );
  }

  /** Returns the strategy of a name that an application has. */
  static of(application: object, name: string): AccessTokenStrategy | undefined {
    return AccessTokenStrategy.#ofApplications.get(application)?.get(name);
  }

  /** Lets the requests of its application find it. */
  attach(): void {
    const { application } = this.owner;
    if (application === undefined) return;
    const strategies = AccessTokenStrategy.#ofApplications.get(application) ?? new Map();
    AccessTokenStrategy.#ofApplications.set(application, strategies.set(this.name, this));
  }

  detach(): void {
    const { application } = this.owner;
    if (application !== undefined) AccessTokenStrategy.#ofApplications.get(application)?.delete(this.name);
  }

  // Passport calls it on an object that inherits from this one, so that there are no private fields here
  override authenticate(request: PassportRequest): void {
    const strategy = this.ownOf(request);
    if (strategy === undefined) {
      this.error(
        new StepUpConfigurationError(
          `The Passport strategy "${this.name}" belongs to another application; import StepUpModule.forRoot() into this one, ` +
            'or give either of them another "strategyName"',
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
      // nobody else would hear what a callback throws so late
      .catch((thrown: unknown) => this.refuse(request, thrown));
  }

  private settle(user: unknown): void {
    if (user === undefined) this.fail(HttpStatus.UNAUTHORIZED);
    else this.success(user as object);
  }

  /** The strategy of the application that the request is for; `undefined` if that has none. */
  private ownOf(request: PassportRequest): AccessTokenStrategy | undefined {
    const application = request.app ?? request.server;
    if (application === undefined) return this;
    for (let one: object | undefined = application; one !== undefined; one = parentOf(one)) {
      const own = AccessTokenStrategy.of(one, this.name);
      if (own !== undefined) return own;
    }
    return undefined;
  }

  /** Ends a request whose callback has thrown: Passport would leave it without a response. */
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

/** An application of Express is mounted on its parent; an instance of Fastify inherits from its own. */
function parentOf(application: object): object | undefined {
  const { parent } = application as { parent?: unknown };
  if (typeof parent === 'function') return parent;
  return Object.getPrototypeOf(application) ?? undefined;
}
