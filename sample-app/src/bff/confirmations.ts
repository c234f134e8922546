import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ExpiringStore } from './expiring-store.js';
import { Problem } from './problem.js';
import type { SignedIn } from './session.js';
import type { Transfer } from './transfer.js';

/** Whose transfer it is. */
interface Owner {
  readonly key: string;
  readonly user: SignedIn;
}

/** Seconds. */
const LIFETIME = 300;

/**
 * Transfers that wait for their user to send them, after the way to the authorization server: found by this session for
 * this user alone, given out once, and gone after five minutes.
 */
@Injectable()
export class Confirmations {
  constructor(private readonly store: ExpiringStore) {}

  /** @returns the name of the transfer in its URL */
  async keep({ key, user }: Owner, transfer: Transfer): Promise<string> {
    const id = randomBytes(16).toString('base64url');
    await this.store.of(key).put(nameOf(id, user), JSON.stringify(transfer), LIFETIME);
    return id;
  }

  /** @throws Problem where there is none */
  show({ key, user }: Owner, id: string): Transfer {
    return transferOf(this.store.of(key).peek(nameOf(id, user)));
  }

  /** @throws Problem where there is none, or it was taken before */
  async take({ key, user }: Owner, id: string): Promise<Transfer> {
    return transferOf(await this.store.of(key).take(nameOf(id, user)));
  }
}

function nameOf(id: string, { subject, issuer }: SignedIn): string {
  return `confirmation:${JSON.stringify([issuer, subject, id])}`;
}

function transferOf(text: string | null | undefined): Transfer {
  if (typeof text === 'string') return JSON.parse(text);
  throw new Problem(404, 'This transfer is not waiting', 'It was sent before, took too long, or is not yours.');
}
