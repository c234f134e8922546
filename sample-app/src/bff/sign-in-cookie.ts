import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { CookieOptions, Request, Response } from 'express';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { StateUnknown } from 'nestjs-step-up/client';
import { BFF_OPTIONS, type BffOptions } from './bff.options.js';
import type { AuthorizationAttempt } from './step-up/index.js';

/** Seconds a stranger has to sign in. */
const TTL = 900;
/** Sign-ins that one browser can have under way, in several tabs. The oldest one makes room. */
const MAX_ATTEMPTS = 3;

/**
 * Keeps the sign-ins of strangers in their browsers, encrypted. The server keeps nothing of a browser before its user
 * has signed in, so any number of strangers displaces nothing and takes no memory.
 */
@Injectable()
export class SignInCookie {
  /** Several processes need the same key. After a restart with another one, users sign in again. */
  readonly #key = randomBytes(32);
  readonly #name: string;
  readonly #options: CookieOptions;

  constructor(@Inject(BFF_OPTIONS) { url }: BffOptions) {
    const secure = url.startsWith('https:');
    this.#name = secure ? '__Host-bff-sign-in' : 'bff-sign-in';
    this.#options = { httpOnly: true, sameSite: 'lax', secure, path: '/' };
  }

  /** Adds a sign-in to those that the browser has under way. */
  async add(request: Request, response: Response, attempt: AuthorizationAttempt): Promise<void> {
    const attempts = [attempt, ...(await this.#attempts(request))].slice(0, MAX_ATTEMPTS);
    const sealed = await new EncryptJWT({ attempts })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setExpirationTime(`${TTL}s`)
      .encrypt(this.#key);
    response.cookie(this.#name, sealed, { ...this.#options, maxAge: TTL * 1000 });
  }

  /**
   * Returns the sign-in that this browser began with a `state`.
   *
   * @throws StateUnknown if it began none with it
   */
  async find(request: Request, state: string): Promise<AuthorizationAttempt> {
    const attempts = await this.#attempts(request);
    const attempt = attempts.find((candidate) => candidate.state === state);
    if (attempt === undefined) throw new StateUnknown();
    return attempt;
  }

  /** Ends all sign-ins of the browser: its user has signed in. */
  clear(response: Response): void {
    response.clearCookie(this.#name, this.#options);
  }

  async #attempts({ headers }: Request): Promise<readonly AuthorizationAttempt[]> {
    const [, sealed = ''] = new RegExp(`(?:^|; )${this.#name}=([^;]*)`).exec(headers.cookie ?? '') ?? [];
    try {
      const { payload } = await jwtDecrypt(sealed, this.#key);
      return payload['attempts'] as AuthorizationAttempt[];
    } catch {
      // Absent, expired, or not made by this server.
      return [];
    }
  }
}
