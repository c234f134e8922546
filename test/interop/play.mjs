import { setTimeout as sleep } from 'node:timers/promises';
import { scenarios } from './scenarios.mjs';
import { Stage } from './stage.mjs';

/** Seconds for one scenario. */
const LASTS_AT_MOST = 120;

/**
 * Plays every scenario against one server, one after the other, each with a user who comes with a new browser.
 *
 * @param differences what this server does otherwise, by the id of a scenario: `{ outcome, why }`
 * @returns a row for each scenario: its verdict is `ok`, `differs` as documented, `absent` where the server has no such
 * thing, or `unexpected`
 */
export async function playAll(server, differences) {
  const rows = [];
  const stage = await Stage.open(server);
  try {
    for (const scenario of scenarios) {
      const row = await play(scenario, stage, differences[scenario.id]);
      rows.push(row);
      console.log(`  ${row.verdict === 'unexpected' ? 'not ok' : 'ok'}  ${scenario.id}: ${row.outcome}`);
    }
  } finally {
    await stage.close();
  }
  const unknown = Object.keys(differences).filter((id) => scenarios.every((scenario) => scenario.id !== id));
  if (unknown.length > 0) throw new Error(`differences for no scenario: ${unknown.join(', ')}`);
  return rows;
}

async function play(scenario, stage, difference) {
  const { needs, expected } = scenario;
  const { server } = stage;
  if (needs !== undefined && server[needs] === undefined && server.clients[needs] === undefined) {
    return { scenario, verdict: 'absent', outcome: 'no such thing here' };
  }
  try {
    const outcome = await inTime(scenario.play(stage));
    if (outcome !== (difference?.outcome ?? expected)) {
      return { scenario, verdict: 'unexpected', outcome, expected: difference?.outcome ?? expected };
    }
    return difference === undefined
      ? { scenario, verdict: 'ok', outcome }
      : { scenario, verdict: 'differs', outcome, ...difference };
  } catch (error) {
    console.error(error);
    return { scenario, verdict: 'unexpected', outcome: error.message, expected: difference?.outcome ?? expected };
  }
}

async function inTime(playing) {
  const late = sleep(LASTS_AT_MOST * 1_000, 'late', { ref: false });
  const outcome = await Promise.race([playing, late]);
  if (outcome === 'late') throw new Error(`not over after ${LASTS_AT_MOST} s`);
  return outcome;
}
