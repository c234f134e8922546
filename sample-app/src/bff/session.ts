import { randomBytes } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import session, { type SessionData } from 'express-session';
import { Problem } from './problem.js';
import type { SessionStore } from './session-store.js';
import type { SignedIn } from './step-up/index.js';

declare module 'express-session' {
  interface SessionData {
    /** Names the session from one sign-in to the next, while its id changes. */
    key: string;
    csrfToken: string;
    user: SignedIn;
    /** Shown once, on the next page. */
    notice: string;
  }
}

/** Milliseconds. */
const HOUR = 3_600_000;

/** Sessions behind a cookie that scripts cannot read and other sites cannot send along with a POST. */
export function sessions(url: string, store: SessionStore): RequestHandler {
  const secure = url.startsWith('https:');
  return session({
    store,
    // cookies know hosts and no ports, so the servers of the sample share them; the prefix needs https
    name: secure ? '__Host-bff' : 'bff',
    secret: randomBytes(32).toString('base64url'),
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax', secure, path: '/', maxAge: HOUR },
  });
}

/**
 * Returns the session of the signed-in user.
 *
 * @throws Problem if no user is signed in
 */
export function signedIn({
  session: { key, csrfToken, user },
}: Request): Pick<Required<SessionData>, 'key' | 'csrfToken' | 'user'> {
  if (key === undefined || csrfToken === undefined || user === undefined) {
    throw new Problem(401, 'You are not signed in', 'Your session has ended, or it never began. Nothing was changed.');
  }
  return { key, csrfToken, user };
}

/**
 * Gives the session a user and a new id, so that the old id is good for nothing. What belonged to the session goes with
 * it only if `names` are the same.
 */
export async function renewSession(
  request: Request,
  user: SignedIn,
  names: Pick<SessionData, 'key' | 'csrfToken'> = newNames(),
): Promise<void> {
  const { key, csrfToken } = names;
  await new Promise<void>((resolve, reject) => {
    request.session.regenerate((error) => (error ? reject(error) : resolve()));
  });
  Object.assign(request.session, { key, csrfToken, user });
}

export function endSession(request: Request): Promise<void> {
  return new Promise((resolve, reject) => request.session.destroy((error) => (error ? reject(error) : resolve())));
}

function newNames(): Pick<SessionData, 'key' | 'csrfToken'> {
  return { key: randomBytes(16).toString('base64url'), csrfToken: randomBytes(32).toString('base64url') };
}
