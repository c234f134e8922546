import { HttpException } from '@nestjs/common';
import { StepUpConfigurationError } from '../../core/index.js';
import { andThen, BoundedMap, type MaybePromise } from '../../token/index.js';
import { callOption } from '../advice/callback.js';
import type { Authenticated, Authenticator } from '../authentication/authenticator.js';
import { assertSameUser, UserProperty } from '../authentication/user-property.js';
import type { Route } from '../requirements/route.js';
import type { StepUpSettings } from '../step-up-settings.js';
import type { Invocation } from '../transports/invocation.js';
import type { Request } from '../transports/request.js';

const USER = new UserProperty('user');

/** Names of properties that are known at a time. An application can make them of requests. */
const MAX_PROPERTIES = 100;

/** Where handlers find their user. */
interface UserPlaces {
  readonly properties: readonly UserProperty[];
  /** The users that were there before the judgement. */
  readonly present: readonly unknown[];
}

/** Determines the user of an invocation, and makes sure that its handler finds that user. */
export class Identification {
  #properties: readonly UserProperty[] = [USER];
  readonly #named = new BoundedMap<string, UserProperty>(MAX_PROPERTIES);

  constructor(
    protected readonly settings: StepUpSettings,
    private readonly authenticator: Authenticator,
  ) {}

  /** Also locks the judged user under the properties that Passport is configured to use. */
  keepUsersUnder(properties: readonly string[]): void {
    this.#properties = [...new Set([USER, ...properties.map((name) => this.#property(name))])];
  }

  /**
   * Returns the user of an invocation, or the refusal of its token or of `judge`. Locks the user on the request after
   * `judge`, so that it locks no user who was refused.
   *
   * @param route of the handler, if it is known
   * @param isExposed whether code of the application could replace the judged user
   * @throws StepUpConfigurationError if another user is or was on the request
   */
  identify(
    invocation: Invocation,
    route: Route | undefined,
    isExposed: boolean,
    judge: (authenticated: Authenticated) => MaybePromise<HttpException | undefined> = () => undefined,
  ): MaybePromise<Authenticated | HttpException> {
    return andThen(this.#placesOf(invocation, route), (places) =>
      andThen(this.authenticate(invocation), (authenticated) => {
        if (authenticated instanceof HttpException) return authenticated;
        if (invocation.transport.carriesUser) assign(invocation.request, authenticated.user);
        return andThen(judge(authenticated), (refusal) => {
          if (refusal !== undefined) return refusal;
          const found = route?.searchesUsers === true ? this.#found(invocation, authenticated, places) : places;
          this.handOver(invocation, authenticated, found, isExposed);
          return authenticated;
        });
      }),
    );
  }

  get #hasSeveralIssuers(): boolean {
    return this.settings.servers.length > 1 || this.settings.resolveAuthorizationServer !== undefined;
  }

  /** Authenticates an invocation. Tests override it. */
  protected authenticate(invocation: Invocation): MaybePromise<Authenticated | HttpException> {
    return this.authenticator.authenticate(invocation);
  }

  /**
   * Puts the judged user where handlers find it, and locks it if it is exposed.
   *
   * @throws StepUpConfigurationError if another user is or was there
   */
  protected handOver(
    { request, transport, userHolders }: Invocation,
    { user, event }: Authenticated,
    { properties, present }: UserPlaces,
    isExposed: boolean,
  ): void {
    for (const before of present) if (before !== user) assertSameUser(before, user, event);
    // Again, because a judgement can have waited.
    if (transport.carriesUser) assign(request, user);
    for (const holder of userHolders) {
      for (const property of properties) {
        property.assertComparable(holder, user, event, this.#hasSeveralIssuers);
        if (isExposed) property.keep(holder, user, event);
      }
    }
  }

  #placesOf({ userHolders, context }: Invocation, route: Route | undefined): MaybePromise<UserPlaces> {
    const namers = route?.userNamers;
    if (namers === undefined || namers.length === 0 || context === undefined)
      return placesIn(userHolders, this.#properties);
    const options = namers.map((guard) =>
      callOption('getAuthenticateOptions', () => guard.getAuthenticateOptions(context)),
    );
    return Promise.all(options).then((named) =>
      placesIn(userHolders, [
        ...new Set([...this.#properties, ...named.map((one) => this.#property(one?.property ?? USER.name))]),
      ]),
    );
  }

  /** Adds the places where the judged user stands already: a guard of Passport that the boot has not seen has put it there. */
  #found({ userHolders }: Invocation, { user }: Authenticated, { properties, present }: UserPlaces): UserPlaces {
    const names = userHolders.flatMap((holder) =>
      Object.keys(holder).filter((name) => isSameObject(Reflect.get(holder, name), user)),
    );
    return { properties: [...new Set([...properties, ...names.map((name) => this.#property(name))])], present };
  }

  /** Returns one object for each name, because it recognizes its own accessor on a request. */
  #property(name: string): UserProperty {
    const property = name === USER.name ? USER : (this.#named.get(name) ?? new UserProperty(name));
    this.#named.set(name, property);
    return property;
  }
}

function placesIn(userHolders: readonly object[], properties: readonly UserProperty[]): UserPlaces {
  const present: unknown[] = [];
  for (const holder of userHolders) for (const { name } of properties) present.push(Reflect.get(holder, name));
  return { properties, present };
}

/**
 * Sets the user of a request.
 *
 * @throws StepUpConfigurationError if the request ignores it, such as one with a setter that drops the value
 */
function assign(request: Request, user: unknown): void {
  if (request.user !== user) request.user = user;
  if (request.user !== user) {
    throw new StepUpConfigurationError(
      'request.user cannot be set; leave the property to the guard that authenticates',
    );
  }
}

/** Returns whether two values are one user: the same object, or with the strategy of the application one with the same `sub`. */
function isSameObject(value: unknown, user: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { sub } = value as { sub?: unknown };
  return value === user || (sub !== undefined && sub === (user as { sub?: unknown } | undefined)?.sub);
}
