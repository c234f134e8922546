// @ts-nocheck: see tokens.ts
import { inspect } from 'node:util';
import { findStepUpChallenge } from 'nestjs-step-up/client';
import { boot } from './application';
import { SILENCE, within } from './time';
import { REQUIRED } from './tokens';

/** Milliseconds in which an answer has to come. A busy machine needs some of them. */
const PATIENCE = 8_000;

const loose = [];
for (const event of ['unhandledRejection', 'uncaughtException']) {
  process.on(event, (error) => {
    // of amqplib, where Nest 11.0.0 closes a channel twice
    if (error?.message === 'Channel closed') return;
    loose.push(`${event}: ${error?.message ?? error}`);
  });
}

/** Stands in every handler: counts how often it ran, and returns what nobody may see without the right token. */
export function createRan() {
  const secret = `secret-${Math.random().toString(36).slice(2)}`;
  const listeners = new Set();
  const ran = Object.assign(
    () => {
      ran.times += 1;
      for (const listener of listeners) listener();
      return secret;
    },
    { times: 0, secret, once: (listener) => listeners.add(listener) },
  );
  return ran;
}

/** Boots the application of a transport, hands it to `use`, and closes it. Returns what stopped the boot, if it did. */
export async function using(environment, create, use) {
  let running: unknown;
  try {
    const application = await create();
    running = { ...(await boot(environment, application)), call: application.call };
  } catch (error) {
    return error;
  }
  try {
    await use(running);
  } finally {
    await within(5_000, running.app.close());
  }
  return undefined;
}

/** What became of one call: what the client received, and whether the handler ran for it. */
export async function callOnce(running, ran, token) {
  const before = ran.times;
  loose.length = 0;
  let received = await within(
    PATIENCE,
    Promise.resolve(running.call(running, token, { settled: settled(running, ran) })).catch((error) => ({
      form: `error ${error.code ?? error.name}`,
      held: error,
    })),
  );
  if (received === SILENCE) received = { form: 'no answer', held: undefined, isSilent: true };
  const text = received.text ?? textOf(received.held);
  const hasRun = ran.times > before || text.includes(ran.secret);
  return { ...received, text, hasRun, loose: [...loose] };
}

/** Tells what an event has come to: its handler ran, or a decision against it was told. */
function settled(running, ran) {
  const seen = running.decisions.length;
  return new Promise((resolve) => {
    ran.once(() => resolve({ form: 'handled', held: undefined }));
    const look = setInterval(() => {
      const decision = running.decisions.slice(seen).find(({ outcome }) => outcome !== 'admitted');
      if (decision === undefined) return;
      clearInterval(look);
      resolve({ form: `nothing; \`onDecision\`: ${decision.code ?? decision.outcome}`, held: undefined });
    }, 5);
    look.unref();
  });
}

/** Everything that a client could read in what it holds. */
export function textOf(held) {
  return inspect(held, { depth: 12, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 20_000 });
}

/** Returns whether the client half finds in what a client holds just what the handlers require. */
export function isReadable(held) {
  const { acrValues, maxAge } = findStepUpChallenge(held) ?? {};
  return JSON.stringify({ acrValues, maxAge }) === JSON.stringify(REQUIRED);
}

const CODES = /insufficient_user_authentication|insufficient_scope|invalid_token|invalid_request/i;

/** A cell of the printed table. */
export function cellOf({ form, text }) {
  const code = CODES.exec(text)?.[0].toLowerCase();
  return code === undefined ? form : `${form}, \`${code}\``;
}

/** What is wrong with the answer to a token that must not get past the guard. */
export function faultsOfRefusal(outcome, { needsStepUp, isEvent = false }) {
  const faults = outcome.loose.map((error) => `LOOSE ${error}`);
  if (outcome.hasRun) faults.push('RAN');
  if (isEvent) return outcome.isSilent ? [...faults, 'NOT TOLD'] : faults;
  if (outcome.isSilent) faults.push('NO ANSWER');
  else if (/internal server error/i.test(outcome.text)) faults.push('UNREADABLE internal server error');
  else if (needsStepUp && !isReadable(outcome.held)) faults.push('UNREADABLE');
  return faults;
}

export function faultsOfService(outcome) {
  const faults = outcome.loose.map((error) => `LOOSE ${error}`);
  return outcome.hasRun ? faults : [...faults, `NOT SERVED ${outcome.text.slice(0, 200)}`];
}
