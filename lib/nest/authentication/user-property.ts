import { type AuthenticationEvent, StepUpConfigurationError } from '../../core/index.js';
import { Attachment } from '../transports/attachment.js';

const ANOTHER_USER =
  'Another user than the one whose authentication was judged stands on the request; let one guard decide who the user is, ' +
  'or put the other one under a name of its own';

/** What applications call an identifier, for users without `sub`. The first one that a user has decides. */
const IDENTIFIERS = ['id', '_id', 'uid', 'uuid', 'userId', 'user_id', 'username', 'login', 'email'];

type Identity = readonly (readonly [name: string, value: unknown])[];

interface Kept {
  user: unknown;
  readonly identity: Identity;
  readonly judged: Judged;
  /** What authentication gave as the user. */
  readonly own: unknown;
}

/** Who was judged. */
export type Judged = Pick<AuthenticationEvent, 'subject' | 'issuer'>;

/**
 * The property of requests under which handlers find their user. Keeps there the user whose authentication was judged: to
 * replace it by another user, or to change who it is, is an error. Another object for the same user is welcome, and so is
 * what is added to it. Told by `sub` and `iss`; for a user without `sub`, by its identifier.
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
   * Keeps who is there for as long as the holder lives, or if nobody is, keeps anybody but the judged user away.
   *
   * @throws TypeError if another user is there
   */
  keep(holder: object, user: unknown, judged: Judged): void {
    if (!Object.isExtensible(holder)) return;
    const present: unknown = Reflect.get(holder, this.name);
    if (present !== user) assertSameUser(present, user, judged);
    const identity = identityOf(present, judged);
    if (isObject(present)) lock(present, identity);
    const isKept = this.#kept.get(holder) !== undefined;
    // again at every judgement, as a socket outlives the one before
    this.#kept.set(holder, { user: present, identity, judged, own: user });
    if (!isKept) Object.defineProperty(holder, this.name, this.#accessor);
  }

  /**
   * Makes sure that a user whom we have not put there is the one that was judged.
   *
   * @param needsIssuer whether subjects of several authorization servers come here
   * @throws StepUpConfigurationError if that is another one, or nothing tells
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

  /** Through what inherits from a request, as some frameworks hand on. */
  #keptBy(holder: object): Kept | undefined {
    for (let object: object | null = holder; object !== null; object = Object.getPrototypeOf(object)) {
      const kept = this.#kept.get(object);
      if (kept !== undefined) return kept;
    }
    return undefined;
  }
}

/**
 * Compares by `sub` and `iss`, and users without `sub` by their identifier. An object with neither cannot be compared.
 *
 * @throws StepUpConfigurationError if somebody else is there than was judged
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

/** That nobody is there any more misleads nobody. */
function isSame(user: unknown, kept: Kept): boolean {
  if (user === kept.user || user === kept.own || user === undefined || user === null) return true;
  if (!isObject(user)) return false;
  const { subject, issuer } = kept.judged;
  const { sub, iss } = user;
  if (sub !== undefined && sub === subject) return iss === undefined || issuer === undefined || iss === issuer;
  // the application's own notion of a user, if ours is not handed to it
  if (kept.user === undefined && sub === undefined) return true;
  if (kept.identity.length === 0) return false;
  return kept.identity.every(([name, value]) => user[name] === value);
}

/** Lets nobody change who a user is. Assigning the same again is no change. */
function lock(user: object, identity: Identity): void {
  if (!Object.isExtensible(user)) return;
  for (const [name, value] of identity) {
    const own = Object.getOwnPropertyDescriptor(user, name);
    // what it does not say of itself is not for us to add
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
