import { Logger } from '@nestjs/common';
import { BoundedMap } from '../../token/index.js';
import { type Advice, formatAdvice } from './advice.js';
import { duplicatePackageAdvice } from './duplicate-packages.js';
import { Listeners } from './listeners.js';
import { kindOf, stackTraceOf } from './thrown.js';

/** Of how many faults at requests the log knows that it has told them. */
const MAX_FAULTS = 100;

/** What Nest's log shows in front of the lines of this package. */
export const LOG_CONTEXT = 'StepUp';

/** The log of the package: stable codes in front, advice once for each code and subject, never a token or its claims. */
export class StepUpLog {
  readonly #logger = new Logger(LOG_CONTEXT);
  readonly #given = new Map<string, Advice>();
  readonly #faults = new BoundedMap<string, true>(MAX_FAULTS);
  readonly #listeners = new Listeners<Advice>((error) => this.listenerFailed('onAdvice', error));

  constructor() {
    // before the boot audit: Nest may fail to resolve the guard of another copy, and would not say why
    for (const advice of duplicatePackageAdvice()) this.advise(advice);
  }

  /** Calls a listener for all advice, that of before included. Gives back what takes it off again. */
  onAdvice(listener: (advice: Advice) => void): () => void {
    for (const advice of this.#given.values()) this.#listeners.call(listener, advice);
    return this.#listeners.add(listener);
  }

  /** Warns, and tells the listeners, once for each code and subject. */
  advise(advice: Advice): void {
    const key = `${advice.code} ${advice.subject}`;
    if (this.#given.has(key)) return;
    const given = Object.freeze({ ...advice });
    this.#given.set(key, given);
    this.#logger.warn(`[${given.code}] ${inOneLine(formatAdvice(given))}`);
    this.#listeners.tell(given);
  }

  /** {@link advise} without a fix apart from the message. */
  warnOnce(code: string, subject: string, message: string): void {
    this.advise({ code, subject, message });
  }

  info(code: string, message: string): void {
    this.#logger.log(`[${code}] ${message}`);
  }

  /** For what stops a request with 500: the response stays generic, the developer needs the reason. */
  error(code: string, message: string): void {
    this.#logger.error(`[${code}] ${inOneLine(message)}`);
  }

  /** {@link error}, once for each message; requests may bring any number of them. */
  errorOnce(code: string, message: string): void {
    if (this.#faults.has(message)) return;
    this.#faults.set(message, true);
    this.error(code, message);
  }

  /** {@link error} for what was thrown unexpectedly: its class, and its stack trace for the operator. */
  thrown(code: string, where: string, error: unknown): void {
    const stack = stackTraceOf(error);
    const line = `[${code}] ${inOneLine(`${where}: ${kindOf(error)}`)}`;
    if (stack === undefined) this.#logger.error(line);
    else this.#logger.error(line, framed(stack));
  }

  listenerFailed(method: string, error: unknown): void {
    this.error('listener_failed', `${method}: ${messageOf(error)}`);
  }
}

/** Anything can be thrown, also what cannot be looked at. */
function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : typeof error;
  } catch {
    return typeof error;
  }
}

/** A stack trace begins with the message, which may have lines of its own; only those of frames remain lines. */
function framed(stack: string): string {
  const [message = '', ...frames] = stack.split(/\n(?= +at )/);
  return [message, ...frames].map(inOneLine).join('\n');
}

/** Messages of the application's own errors may carry anybody's text, which must neither begin a line nor move a cursor. */
function inOneLine(message: string): string {
  return message.replace(
    /[\p{Cc}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
