import { Inject, Injectable } from '@nestjs/common';
import { readStepUpChallenge } from 'nestjs-step-up/client';
import { BFF_OPTIONS, type BffOptions } from './bff.options.js';
import { Journal } from './inspector/journal.js';
import { Problem } from './problem.js';
import type { RefusedRequest } from './step-up/index.js';
import type { Transfer } from './transfer.js';

/** As much of an account as the pages show. */
export interface Account {
  readonly number: string;
  readonly name: string;
  /** Cents. */
  readonly balance: number;
}

/** Milliseconds the bank has to answer. */
const TIMEOUT = 5000;

/** The bank's API, which judges the token of each request by itself: nothing is remembered here of what one was good for. */
@Injectable()
export class BankApi {
  constructor(
    @Inject(BFF_OPTIONS) private readonly options: BffOptions,
    private readonly journal: Journal,
  ) {}

  /** The request that step-ups for a transfer are counted for. */
  get transferRequest(): RefusedRequest['request'] {
    return { method: 'POST', url: `${this.options.bank}/transfers` };
  }

  async accounts(accessToken: string): Promise<readonly Account[]> {
    const response = await this.#send('/accounts', accessToken);
    const { accounts } = (await read(response)) as { accounts: readonly Account[] };
    return accounts;
  }

  /** Transfers. Returns what the bank refused with, if it wants another authentication first. */
  async transfer(accessToken: string, transfer: Transfer): Promise<RefusedRequest | undefined> {
    const response = await this.#send('/transfers', accessToken, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(transfer),
    });
    const challenge = await readStepUpChallenge(response);
    if (challenge !== undefined) return { request: this.transferRequest, challenge, challengedAt: Date.now() / 1000 };
    // an error of the server itself may come after the money has moved
    if (response.status >= 500) throw unavailable(response.status !== 503);
    await read(response);
    return undefined;
  }

  async #send(path: string, accessToken: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${accessToken}`);
    try {
      return await this.journal.fetch(this.options.bank + path, {
        ...init,
        headers,
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT),
      });
    } catch (cause) {
      throw unavailable(init.method === 'POST' && !wasNotSent(cause), { cause });
    }
  }
}

async function read(response: Response): Promise<unknown> {
  if (response.ok) return response.json();
  const { status } = response;
  if (status === 401) {
    throw new Problem(
      401,
      'Sign in again',
      'The bank does not accept this session any longer. Nothing was transferred.',
    );
  }
  if (status >= 500) throw unavailable(false);
  const { error_description: reason } = (await response.json().catch(() => ({}))) as { error_description?: unknown };
  throw new Problem(status, 'The bank refused', `${typeof reason === 'string' ? reason : 'It gave no reason'}.`);
}

function unavailable(isOpen: boolean, options?: { cause: unknown }): Problem {
  const outcome = isOpen
    ? 'Whether the transfer went through is not known: look at your accounts before you try again.'
    : 'Nothing was transferred.';
  return new Problem(503, 'The bank cannot be reached', `Try again in a moment. ${outcome}`, options);
}

function wasNotSent(error: unknown): boolean {
  return (error as { cause?: { code?: string } }).cause?.code === 'ECONNREFUSED';
}
