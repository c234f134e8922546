import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Owner } from './owner.js';
import { StepUpFailure } from './step-up-failure.js';
import { UserStore } from './user-store.js';

/** Seconds. */
const TTL = 300;

/**
 * What waits for its user to send it, after the way to the authorization server: found by this session of this user
 * alone, given out once, and gone after five minutes.
 */
@Injectable()
export class Confirmations<Data> {
  constructor(private readonly store: UserStore) {}

  /** Returns the name for the URL of the page that shows it. */
  async keep(owner: Owner, data: Data): Promise<string> {
    const id = randomBytes(16).toString('base64url');
    await this.store.of(owner).put(nameOf(id), JSON.stringify(data), TTL);
    return id;
  }

  /** @throws StepUpFailure if there is none */
  show(owner: Owner, id: string): Data {
    return read(this.store.of(owner).peek(nameOf(id)));
  }

  /** @throws StepUpFailure if there is none, or it was taken before */
  async take(owner: Owner, id: string): Promise<Data> {
    return read(await this.store.of(owner).take(nameOf(id)));
  }
}

function nameOf(id: string): string {
  return `confirmation:${id}`;
}

function read<Data>(text: string | null | undefined): Data {
  if (typeof text !== 'string') throw new StepUpFailure('confirmation_unknown');
  return JSON.parse(text);
}
