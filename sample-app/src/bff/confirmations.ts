import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Problem } from './problem.js';
import type { Owner } from './session.js';
import type { Transfer } from './transfer.js';
import { UserStore } from './user-store.js';

/** Seconds. */
const TTL = 300;

/**
 * Transfers that wait for their user to send them, after the way to the authorization server: found by this session for
 * this user alone, given out once, and gone after five minutes.
 */
@Injectable()
export class Confirmations {
  constructor(private readonly store: UserStore) {}

  /** @returns the name of the transfer in its URL */
  async keep(owner: Owner, transfer: Transfer): Promise<string> {
    const id = randomBytes(16).toString('base64url');
    await this.store.of(owner).put(nameOf(id), JSON.stringify(transfer), TTL);
    return id;
  }

  /** @throws Problem where there is none */
  show(owner: Owner, id: string): Transfer {
    return transferOf(this.store.of(owner).peek(nameOf(id)));
  }

  /** @throws Problem where there is none, or it was taken before */
  async take(owner: Owner, id: string): Promise<Transfer> {
    return transferOf(await this.store.of(owner).take(nameOf(id)));
  }
}

function nameOf(id: string): string {
  return `confirmation:${id}`;
}

function transferOf(text: string | null | undefined): Transfer {
  if (typeof text === 'string') return JSON.parse(text);
  throw new Problem(404, 'This transfer is not waiting', 'It was sent before, took too long, or is not yours.');
}
