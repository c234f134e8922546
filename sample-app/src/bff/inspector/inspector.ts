import { Injectable } from '@nestjs/common';
import { StepUpError } from 'nestjs-step-up/client';
import { type Owner, type RefusedRequest, StepUpFailure, UserStore } from '../step-up/index.js';
import type { Visitor } from '../visitor.js';
import { answered, challenged, type Flow, goTo, newFlow, requested } from './flow.js';
import { Journal } from './journal.js';
import { type Message, messagesOf, redirectTo, visitOf } from './message.js';
import { lines } from './narration.js';
import { readEventClaims } from './words.js';

/** Seconds. As long as a session. */
const TTL = 3600;
const FLOW = 'flow';
/** Characters. The messages of a longer one are not kept. */
const MAX_LENGTH = 10_000;

/** Keeps what this server did for a transfer, to show it. The server works the same without it. */
@Injectable()
export class Inspector {
  /** A store of its own, so that it takes no room of what waits for its user. */
  readonly #flows = new UserStore();

  constructor(private readonly journal: Journal) {}

  /** What there is to show: in a new session, the token that it has. */
  flowOf(owner: Owner): Flow {
    const text = this.#flows.of(owner).peek(FLOW);
    if (text !== undefined) return JSON.parse(text);
    const flow = newFlow(readEventClaims(owner.user.accessToken));
    return { ...flow, line: lines['signed-in'](flow) };
  }

  /** Whom a page is for. */
  visitor({ key, user, csrfToken }: Owner & { readonly csrfToken: string }): Visitor {
    return { name: user.subject, csrfToken, flow: this.flowOf({ key, user }) };
  }

  /** Steps 1 and 2, or 5 and 6. Hands on what the bank refused with. */
  async transferring(owner: Owner, sent: Promise<RefusedRequest | undefined>): Promise<RefusedRequest | undefined> {
    const refused = await sent.catch((error) => {
      this.#transferred(owner, undefined, 'refused');
      throw error;
    });
    this.#transferred(owner, refused, 'performed');
    return refused;
  }

  /** Step 3. Hands on where the browser is sent. */
  async departing(owner: Owner, begun: Promise<URL>): Promise<URL> {
    const url = await begun.catch((error) => {
      const line = error instanceof StepUpError ? 'not-satisfied' : 'failed';
      this.#keep(owner, line, goTo(this.flowOf(owner), 3, this.#messagesBut('/transfers', '/accounts'), 'stopped'));
      throw error;
    });
    const messages = [...this.#messagesBut('/transfers', '/accounts'), redirectTo(url)];
    this.#keep(owner, 'departed', goTo(this.flowOf(owner), 3, messages));
    return url;
  }

  /** Step 4. Hands on what came of it. */
  async returning<T extends { user: Owner['user'] }>(owner: Owner, callback: URL, finished: Promise<T>): Promise<T> {
    const result = await finished.catch((error) => {
      // not what this session waits for
      if ((error as StepUpError).code === 'ERR_STEP_UP_STATE_UNKNOWN') throw error;
      this.#keep(owner, lineOf(error), goTo(this.flowOf(owner), 4, this.#visit(callback), 'stopped'));
      throw error;
    });
    const flow = goTo(this.flowOf(owner), 4, this.#visit(callback), 'done');
    const after = readEventClaims(result.user.accessToken);
    this.#keep(owner, 'satisfied', { ...flow, after, verdict: { ...flow.verdict, after: true } });
    return result;
  }

  #transferred(owner: Owner, refused: RefusedRequest | undefined, line: 'performed' | 'refused'): void {
    const exchange = this.journal.exchanges('/transfers').at(-1);
    if (exchange === undefined) return;
    const [request, response] = messagesOf(exchange);
    const flow = requested(this.flowOf(owner), request, readEventClaims(owner.user.accessToken));
    if (refused === undefined) {
      this.#keep(owner, line, answered(flow, response, { isDone: line === 'performed' }));
      return;
    }
    const { acrValues, maxAge } = refused.challenge;
    const reasons = reasonsIn(exchange.response.body);
    this.#keep(owner, 'challenged', challenged(flow, response, { acrValues, maxAge, reasons }));
  }

  #visit(callback: URL): Message[] {
    return [visitOf(callback), ...this.#messagesBut()];
  }

  #messagesBut(...paths: string[]): Message[] {
    const isShown = (path: string) => !path.startsWith('/.well-known/') && path !== '/jwks' && !paths.includes(path);
    const exchanges = this.journal.exchanges().filter(({ request }) => isShown(request.url.pathname));
    return exchanges.flatMap(messagesOf);
  }

  #keep(owner: Owner, line: keyof typeof lines, flow: Flow): void {
    const told = { ...flow, line: lines[line](flow) };
    const text = JSON.stringify(told);
    const steps = flow.steps.map((step) => ({ ...step, messages: [] }));
    const kept = text.length <= MAX_LENGTH ? text : JSON.stringify({ ...told, steps });
    this.#flows.of(owner).put(FLOW, kept, TTL);
  }
}

function lineOf(error: unknown): keyof typeof lines {
  if (error instanceof StepUpFailure)
    return error.code === 'authorization_server_unreachable' ? 'failed' : 'not-satisfied';
  const { code } = error as { code?: string };
  if (code === 'ERR_STEP_UP_DECLINED') return 'declined';
  return code === 'ERR_STEP_UP_UNMET' ? 'impossible' : 'failed';
}

function reasonsIn(body: string): string[] {
  try {
    const { reasons } = JSON.parse(body);
    return Array.isArray(reasons) ? reasons.filter((reason) => typeof reason === 'string') : [];
  } catch {
    return [];
  }
}
