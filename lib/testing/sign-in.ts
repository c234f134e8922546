import { randomUUID, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AuthorizationBehavior } from './behavior.js';
import type { RequestedAuthentication } from './requested-authentication.js';
import { signInPage } from './sign-in-page.js';
import type { AuthenticatedUser } from './test-user.js';
import { UserSession, unmet } from './user-session.js';

/** A user who signs in on the page of a server. */
export interface TestUserAccount {
  /** The name on the page, and `sub` of the tokens. */
  readonly name: string;
  readonly password: string;
  /**
   * The code of the second factor, always the same. It is needed for every `acr` string but the last of
   * `acrValuesSupported`. Default is none: the user can only reach the last.
   */
  readonly code?: string | undefined;
}

/** The user stays on a page. */
export interface Page {
  readonly html: string;
}

/** The user has authenticated, and gets this cookie. */
export interface SignedIn extends AuthenticatedUser {
  readonly cookie?: string;
}

interface Browser {
  readonly session: UserSession;
  readonly account: TestUserAccount;
}

/** The sign-in page of a server, and the sessions of the browsers that have signed in. */
export class SignIn {
  readonly #accounts: ReadonlyMap<string, TestUserAccount>;
  readonly #browsers = new Map<string, Browser>();
  // Browsers send a cookie to every port of a host, so two servers must not share its name.
  readonly #cookie = `nestjs-step-up-${randomUUID()}`;

  constructor(
    accounts: readonly TestUserAccount[],
    private readonly acrValues: readonly string[],
  ) {
    this.#accounts = new Map(accounts.map((account) => [account.name, account]));
  }

  /**
   * Returns the user of a browser if the session satisfies the request, otherwise the page.
   *
   * @throws OAuthError if the request is to be refused
   */
  authenticate(
    request: IncomingMessage,
    parameters: ReadonlyMap<string, string>,
    requested: RequestedAuthentication,
    behavior: AuthorizationBehavior,
  ): Page | SignedIn {
    const browser = this.#browserOf(request);
    const needed = (browser?.session ?? new UserSession(this.acrValues)).needed(requested, behavior);
    if (needed !== undefined && 'session' in needed) {
      return { subject: browser?.account.name as string, authentication: needed.session };
    }
    const acr = needed?.acr ?? (this.acrValues[0] as string);
    const name = browser?.account.name ?? parameters.get('login_hint');
    return { html: signInPage({ parameters, acr, name, needsCode: this.#needsCode(acr) }) };
  }

  /**
   * Signs a user in by the form of the page, or returns the page again.
   *
   * @throws OAuthError if the request is to be refused, or if the user has no code and needs one
   */
  submit(
    form: ReadonlyMap<string, string>,
    request: IncomingMessage,
    parameters: ReadonlyMap<string, string>,
    requested: RequestedAuthentication,
    behavior: AuthorizationBehavior,
  ): Page | SignedIn {
    const former = this.#browserOf(request);
    const session = former?.session ?? new UserSession(this.acrValues);
    const needed = session.needed({ ...requested, prompt: [...requested.prompt, 'login'] }, behavior);
    const acr = needed !== undefined && 'acr' in needed ? needed.acr : (this.acrValues[0] as string);
    const needsCode = this.#needsCode(acr);
    const name = form.get('name') ?? '';
    const again = (alert: string) => ({ html: signInPage({ parameters, acr, name, needsCode, alert }) });

    const account = this.#accounts.get(name);
    if (account === undefined || !isSame(account.password, form.get('password'))) {
      return again('The name or the password is wrong');
    }
    if (needsCode && account.code === undefined) throw unmet('The user has no second factor');
    if (needsCode && !isSame(account.code as string, form.get('code'))) return again('The code is wrong');
    if (needed === undefined) return again('This server never returns; see its "behavior"');

    const id = randomUUID();
    // A session of another user is not continued.
    const own = former?.account === account ? session : new UserSession(this.acrValues);
    this.#browsers.set(id, { session: own, account });
    const authentication = own.signIn(acr, behavior);
    return { subject: name, authentication, cookie: `${this.#cookie}=${id}; Path=/; HttpOnly; SameSite=Lax` };
  }

  #needsCode(acr: string): boolean {
    return acr !== this.acrValues.at(-1);
  }

  #browserOf({ headers }: IncomingMessage): Browser | undefined {
    const [, id] = new RegExp(`(?:^|; )${this.#cookie}=([\\w-]+)`).exec(headers.cookie ?? '') ?? [];
    return id === undefined ? undefined : this.#browsers.get(id);
  }
}

/**
 * Checks the accounts of a server.
 *
 * @throws TypeError for an empty list, a name twice, and a name, password or code that is not text
 */
export function checkUsers(users: readonly TestUserAccount[]): readonly TestUserAccount[] {
  const isText = (value: unknown) => typeof value === 'string' && value !== '';
  const isAccount = ({ name, password, code }: TestUserAccount) =>
    isText(name) && isText(password) && (code === undefined || isText(code));
  if (
    !Array.isArray(users) ||
    users.length === 0 ||
    !users.every((user) => user instanceof Object && isAccount(user))
  ) {
    throw new TypeError('"users" must list at least one user, each with "name", "password" and optionally "code"');
  }
  const names = users.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new TypeError(`"users" has the name ${JSON.stringify(twice)} twice`);
  return users;
}

function isSame(expected: string, given: string | undefined): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(given ?? '')];
  return one.length === other.length && timingSafeEqual(one, other);
}
