import { Strategy } from 'passport-jwt';
import { type IncomingRequest, presentedToken } from '../token/index.js';

/** Authenticates a request by its access token and gives its user. */
export type AuthenticateRequest = (request: IncomingRequest) => unknown;

/**
 * The Passport JWT strategy that `AuthGuard('jwt')` finds. passport-jwt extracts a token, asks for a key and verifies; what
 * it accepts beyond RFC 9068 is refused, and its failures told apart, because the verification is ours: one for a request,
 * shared with the guards. Failures go through `error`, not `fail`, so that Nest's guard throws them as they are, with
 * status and challenge, instead of a bare 401.
 */
export class AccessTokenStrategy extends Strategy {
  // Passport knows one strategy of a name, that of the last application; the others are found by their requests
  static readonly #ofApplications = new WeakMap<object, AccessTokenStrategy>();

  /** @param application what its requests name as theirs: the Express application, or the Fastify instance */
  constructor(
    override readonly name: string,
    private readonly authenticateRequest: AuthenticateRequest,
    application?: object,
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
    if (application !== undefined) AccessTokenStrategy.#ofApplications.set(application, this);
  }

  override authenticate(request: IncomingRequest): void {
    const strategy = AccessTokenStrategy.#ofApplications.get(applicationOf(request)) ?? this;
    Promise.resolve()
      .then(() => strategy.authenticateRequest(request))
      .then(
        (user) => this.success(user as object),
        (error: Error) => this.error(error),
      );
  }
}

function applicationOf(request: IncomingRequest & { readonly app?: object; readonly server?: object }): object {
  return request.app ?? request.server ?? request;
}
