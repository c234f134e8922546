import { type AuthenticationEvent, StepUpConfigurationError } from '../../core/index.js';
import { Attachment } from '../transports/attachment.js';

const ANOTHER_USER =
  'Another user than the one whose authentication was judged stands on the request; let one guard decide who the user is, ' +
  'or put the other one under a name of its own';

/** Names of an identifier of users without `sub`. The first one that a user has decides. */
const IDENTIFIERS = ['id', '_id', 'uid', 'uuid', 'userId', 'user_id', 'username', 'login', 'email'];

type Identity = readonly (readonly [name: string, value: unknown])[];

interface Kept {
  user: unknown;
  readonly identity: Identity;
  readonly judged: Judged;
  /** The user that the authenticator returned. */
  readonly own: unknown;
}

/** The identity of the judged user. */
export type Judged = Pick<AuthenticationEvent, 'subject' | 'issuer'>;

/**
 * The property of requests from which handlers read their user. Locks the judged user there. Code that replaces it by
 * another user, or changes its identity, causes an error. Another object for the same user is accepted, and so are
 * added members. Compares `sub` and `iss`, or an identifier for a user without `sub`.
 */
export class UserProperty {
  readonly #kept = new Attachment<Kept>();
  readonly #accessor: PropertyDescriptor;

  constructor(readonly name: string) {
    const keptBy = (holder: object) => this.#keptBy(holder);
    this.#accessor = {
      enumerable: true,
      configurable: false,
      get(this: object) {
        return keptBy(this)?.user;
      },
      set(this: object, user: unknown) {
        const kept = keptBy(this);
        if (kept === undefined) return;
        if (!isSame(user, kept)) throw new StepUpConfigurationError(ANOTHER_USER);
        if (typeof user === 'object' && user !== null) lock(user, kept.identity);
        kept.user = user;
      },
    };
  }

  /**
   * Locks the present user for as long as the holder lives. If there is none, refuses every user but the judged one.
   *
   * @throws StepUpConfigurationError if another user is there
   */
  keep(holder: object, user: unknown, judged: Judged): void {
    if (!Object.isExtensible(holder)) return;
    const present: unknown = Reflect.get(holder, this.name);
    if (present !== user) assertSameUser(present, user, judged);
    const identity = identityOf(present, judged);
    if (isObject(present)) lock(present, identity);
    const isKept = this.#kept.get(holder) !== undefined;
    // At every judgement, because a socket outlives the previous one.
    this.#kept.set(holder, { user: present, identity, judged, own: user });
    if (!isKept) Object.defineProperty(holder, this.name, this.#accessor);
  }

  /**
   * Checks that a user whom this package has not put there is the judged one.
   *
   * @param needsIssuer whether subjects of several authorization servers come here
   * @throws StepUpConfigurationError if it is another one, or if the two cannot be compared
   */
  assertComparable(holder: object, user: unknown, judged: Judged, needsIssuer: boolean): void {
    const present: unknown = Reflect.get(holder, this.name);
    if (!present || present === user) return;
    assertSameUser(present, user, judged);
    if (!isObject(present)) return;
    const own = isObject(user) ? user : {};
    const isTold =
      present['sub'] === undefined
        ? identityOf(present, {}).some(([name, value]) => own[name] === value)
        : !needsIssuer || present['iss'] !== undefined;
    if (isTold) return;
    throw new StepUpConfigurationError(
      `A user stands under "${this.name}", and nothing tells whether that is the one who was judged; give it "sub"` +
        `${needsIssuer ? ' and "iss"' : ''}, or what the option "user" returns`,
    );
  }

  /** Also finds it through an object that inherits from a request, as some frameworks make. */
  #keptBy(holder: object): Kept | undefined {
    for (let object: object | null = holder; object !== null; object = Object.getPrototypeOf(object)) {
      const kept = this.#kept.get(object);
      if (kept !== undefined) return kept;
    }
    return undefined;
  }
}

/**
 * Checks that a present user is the judged one: by `sub` and `iss`, for a user without `sub` by an identifier. Does not
 * compare an object with neither.
 *
 * @throws StepUpConfigurationError if another user is there
 */
export function assertSameUser(present: unknown, user: unknown, { subject, issuer }: Judged): void {
  if (!present) return;
  const there = isObject(present) ? present : { sub: present };
  const own = isObject(user) ? user : { sub: user };
  const { sub, iss } = there;
  const isOther =
    sub === undefined
      ? identityOf(there, {}).some(([name, value]) => own[name] !== undefined && own[name] !== value)
      : sub !== subject && sub !== own['sub'];
  const isElsewhere = iss !== undefined && issuer !== undefined && iss !== issuer;
  if (isOther || isElsewhere) throw new StepUpConfigurationError(ANOTHER_USER);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function identityOf(user: unknown, { subject, issuer }: Judged): Identity {
  if (!isObject(user)) return user === undefined ? named({ sub: subject, iss: issuer }, ['sub', 'iss']) : [];
  return user['sub'] === undefined ? named(user, IDENTIFIERS).slice(0, 1) : named(user, ['sub', 'iss']);
}

function named(user: Record<string, unknown>, names: readonly string[]): Identity {
  return names.filter((name) => user[name] !== undefined).map((name) => [name, user[name]]);
}

/** Returns whether a user can replace the present one. To remove the user is allowed. */
function isSame(user: unknown, kept: Kept): boolean {
  if (user === kept.user || user === kept.own || user === undefined || user === null) return true;
  if (!isObject(user)) return false;
  const { subject, issuer } = kept.judged;
  const { sub, iss } = user;
  if (sub !== undefined && sub === subject) return iss === undefined || issuer === undefined || iss === issuer;
  // The own user object of the application, if the request has no user of ours.
  if (kept.user === undefined && sub === undefined) return true;
  if (kept.identity.length === 0) return false;
  return kept.identity.every(([name, value]) => user[name] === value);
}

/** Makes the identity of a user read-only. Assigning the same value again is allowed. */
function lock(user: object, identity: Identity): void {
  if (!Object.isExtensible(user)) return;
  for (const [name, value] of identity) {
    const own = Object.getOwnPropertyDescriptor(user, name);
    // Adds no member that the user does not have.
    if (own?.configurable === false || Reflect.get(user, name) !== value) continue;
    Object.defineProperty(user, name, {
      enumerable: own?.enumerable ?? false,
      configurable: false,
      get: () => value,
      set(changed: unknown) {
        if (changed !== value) throw new StepUpConfigurationError(ANOTHER_USER);
      },
    });
  }
}
