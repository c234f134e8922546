// What several scenarios do.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Stranded } from '../stranded.mjs';

/** Parameters that ask for one of these as an essential claim. */
export function essential(...values) {
  return { claims: JSON.stringify({ id_token: { acr: { essential: true, values } } }) };
}

/** Claims of a JWT, unverified. */
export function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
}

export function headerOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString());
}

export function isJwt(token) {
  return token.split('.').length === 3;
}

/** Waits until a second, counted since the epoch, is over: servers count in whole ones. */
export async function past(second) {
  assert.ok(Number.isInteger(second), `no second: ${second}`);
  const milliseconds = (second + 1) * 1_000 + 20 - Date.now();
  if (milliseconds > 0) await sleep(milliseconds);
}

/** Questions of a server, as an outcome tells them. */
export function told(asked) {
  return `${asked.join(' and ') || 'nothing'} asked`;
}

/** How a request with a step-up has ended. */
export function loop({ status, error, body, steps }) {
  if (steps.length === 0) return `${status}, ${error ?? body.message ?? 'no challenge'}`;
  assert.equal(steps.length, 1);
  const [{ asked, result }] = steps;
  return `${told(asked)}, ${result.outcome}, ${status}`;
}

/** What somebody rejects with, of one class where it is given. */
export async function failureOf(promise, type = Error) {
  const failure = await promise.then(
    () => assert.fail('nothing failed'),
    (error) => error,
  );
  if (failure instanceof assert.AssertionError || !(failure instanceof type)) throw failure;
  return failure;
}

/** The outcome of a way that may end at the client with an error, or on a page that does not lead back to it. */
export async function outcomeOf(way) {
  try {
    return await way();
  } catch (error) {
    if (error instanceof Stranded) return `page with status ${error.status}`;
    if (error.code?.startsWith('ERR_STEP_UP_')) return error.code;
    throw error;
  }
}
