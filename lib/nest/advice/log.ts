import { Logger } from '@nestjs/common';
import { type Advice, formatAdvice } from './advice.js';
import { duplicatePackageAdvice } from './duplicate-packages.js';
import { Listeners } from './listeners.js';
import { kindOf, stackTraceOf } from './thrown.js';

/** Seconds before the log repeats a line. The repeated line has the number of times it was due. */
const REPEAT_AFTER = 3600;

/**
 * Greatest number of different faults that are logged within an hour. The log drops further ones, because a request can
 * determine their texts.
 */
const MAX_FAULTS = 100;

/** The context that the logger of Nest shows in front of the lines of this package. */
export const LOG_CONTEXT = 'StepUp';

/** A line that recurs. */
interface Recurring {
  loggedAt: number;
  repeats: number;
}

/**
 * Logs for the package. Each line begins with a stable code. Never logs a token or a claim set. Logs a recurring line
 * once, and again after an hour with a count, so that requests cannot fill the log. Does not throw.
 */
export class StepUpLog {
  readonly #logger = new Logger(LOG_CONTEXT);
  readonly #given = new Map<string, Map<string, Recurring & { readonly advice: Advice }>>();
  readonly #faults = new Map<string, Recurring>();
  readonly #listeners = new Listeners<Advice>((error) => this.listenerFailed('onAdvice', error));

  constructor() {
    // This comes before the boot audit: Nest can fail to resolve the guard of another copy, and does not say why.
    for (const advice of duplicatePackageAdvice()) this.advise(advice);
  }

  /** Calls a listener for all advice, earlier advice included. Returns an unsubscribe function. */
  onAdvice(listener: (advice: Advice) => void): () => void {
    for (const ofCode of this.#given.values()) {
      for (const { advice } of ofCode.values()) this.#listeners.call(listener, advice);
    }
    return this.#listeners.add(listener);
  }

  /** Logs a warning. Calls the listeners the first time for each code and subject. */
  advise({ code, subject, ...rest }: Advice): void {
    this.adviseOn(code, subject, () => rest);
  }

  /**
   * {@link advise} for what recurs with requests. Calls `describe` only for a line that is logged.
   *
   * @param trace the stack trace of an error of the application that is the cause
   */
  adviseOn(
    code: Advice['code'],
    subject: string,
    describe: () => Omit<Advice, 'code' | 'subject'>,
    trace?: string,
  ): void {
    const ofCode = this.#given.get(code) ?? new Map();
    const given = ofCode.get(subject);
    if (given !== undefined && !isDue(given)) return;
    const advice = Object.freeze({ ...describe(), code, subject });
    const line = `[${code}] ${inOneLine(formatAdvice(advice))}${countOf(given)}`;
    if (trace === undefined) this.#write('warn', line);
    else this.#write('error', line, framesOf(trace));
    if (given !== undefined) {
      restart(given);
      return;
    }
    this.#given.set(code, ofCode.set(subject, { advice, loggedAt: Date.now(), repeats: 0 }));
    this.#listeners.tell(advice);
  }

  /** Returns whether advice was given and is not yet due again, so that nobody needs to look for its cause. */
  isKnown(code: Advice['code'], subject: string): boolean {
    const given = this.#given.get(code)?.get(subject);
    return given !== undefined && !isOld(given);
  }

  info(code: string, message: string): void {
    this.#write('log', `[${code}] ${message}`);
  }

  error(code: string, message: string): void {
    this.#write('error', `[${code}] ${inOneLine(message)}`);
  }

  /** {@link error} for what requests receive a 500 for. The response stays generic, and the log has the reason. */
  fault(code: string, message: string): void {
    const given = this.#recurring(message);
    if (given !== 'known') this.error(code, `${message}${countOf(given)}`);
  }

  /** Counts a fault. Returns `'known'` if it is not to be logged now, otherwise what is known of it. */
  #recurring(message: string): Recurring | undefined | 'known' {
    const given = this.#faults.get(message);
    if (given === undefined ? !this.#hasRoom() : !isDue(given)) return 'known';
    this.#faults.set(message, { loggedAt: Date.now(), repeats: 0 });
    return given;
  }

  /** Returns whether one more fault can be logged. Forgets faults that were logged more than an hour ago. */
  #hasRoom(): boolean {
    if (this.#faults.size < MAX_FAULTS) return true;
    for (const [message, given] of this.#faults) if (isOld(given)) this.#faults.delete(message);
    return this.#faults.size < MAX_FAULTS;
  }

  /** {@link error} for an unexpected error: its class, and its stack trace. */
  thrown(code: string, where: string, error: unknown): void {
    const message = `${where}: ${kindOf(error)}`;
    const given = this.#recurring(message);
    if (given === 'known') return;
    const stack = stackTraceOf(error);
    const line = `[${code}] ${inOneLine(message)}${countOf(given)}`;
    if (stack === undefined) this.#write('error', line);
    else this.#write('error', line, framed(stack, messageOf(error)));
  }

  listenerFailed(method: string, error: unknown): void {
    this.fault('listener_failed', `${method}: ${messageOf(error)}`);
  }

  /** A logger of the application can throw, such as one whose worker has ended. That must change no decision. */
  #write(level: 'log' | 'warn' | 'error', ...line: [message: string, trace?: string]): void {
    try {
      this.#logger[level](...line);
    } catch {
      // There is nobody to tell.
    }
  }
}

/** Counts a line that recurs. Returns whether to log it again. */
function isDue(given: Recurring): boolean {
  given.repeats++;
  return isOld(given);
}

function isOld({ loggedAt }: Recurring): boolean {
  return Date.now() - loggedAt >= REPEAT_AFTER * 1000;
}

function restart(given: Recurring): void {
  given.loggedAt = Date.now();
  given.repeats = 0;
}

function countOf(given: Recurring | undefined): string {
  return given === undefined ? '' : ` (${given.repeats} times since this was logged last)`;
}

/** Does not throw: inspecting a thrown value can throw itself. */
function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : typeof error;
  } catch {
    return typeof error;
  }
}

/** Returns the frames of a stack trace, without the message before them: it can have a secret. */
function framesOf(trace: string): string {
  return trace
    .split('\n')
    .filter((line) => /^ +at /.test(line))
    .map(inOneLine)
    .join('\n');
}

/** Keeps the frames of a stack trace as lines, and the message before them as one: it may look like frames itself. */
function framed(stack: string, message: string): string {
  const end = message === '' ? -1 : stack.indexOf(message);
  const head = end < 0 ? '' : stack.slice(0, end + message.length);
  const [rest = '', ...frames] = stack.slice(head.length).split(/\n(?= +at )/);
  return [head + rest, ...frames].map(inOneLine).join('\n');
}

/**
 * Escapes control characters. Messages of the errors of an application can quote a request, and must neither begin a
 * line nor move a cursor.
 */
function inOneLine(message: string): string {
  return message.replace(
    /[\p{Cc}\p{Bidi_C}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
