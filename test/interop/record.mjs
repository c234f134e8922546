// What came of the scenarios at each server, kept between runs, since hardly any run has them all.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { matrixPage } from './matrix-page.mjs';

const RECORD = new URL('record.json', import.meta.url);
const PAGE = new URL('../../docs/interop.md', import.meta.url);

export class Record {
  #servers = existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, 'utf8')).servers : {};

  constructor(scenarios) {
    this.scenarios = scenarios.map(({ id, asks, expected }) => ({ id, asks, expected }));
  }

  /** Keeps the outcomes of a server, unless one is unexpected: then those from before stay. */
  keep(folder, { name, setUp, rows }) {
    for (const { scenario, verdict, outcome, expected } of rows) {
      if (verdict === 'unexpected') console.log(`UNEXPECTED ${scenario.id}: ${outcome}\n  expected: ${expected}`);
    }
    if (rows.some(({ verdict }) => verdict === 'unexpected')) return;
    const outcomes = rows.map(({ scenario, verdict, outcome, why, source }) => [
      scenario.id,
      verdict === 'differs' ? { verdict, outcome, why, source } : { verdict },
    ]);
    this.#servers[folder] = { name, setUp, outcomes: Object.fromEntries(outcomes) };
  }

  /** Whether what is kept of a server is of another version, or does not fit the table and its differences any more. */
  isStale(folder, { name, setUp, differences }) {
    const kept = this.#servers[folder];
    if (kept === undefined || kept.name !== name || kept.setUp !== setUp) return true;
    if (Object.keys(kept.outcomes).join() !== this.scenarios.map(({ id }) => id).join()) return true;
    return this.scenarios.some(({ id }) => {
      const { verdict, ...told } = kept.outcomes[id];
      const { [id]: { outcome, why, source } = {} } = differences;
      if (verdict === 'differs') return told.outcome !== outcome || told.why !== why || told.source !== source;
      return outcome !== undefined;
    });
  }

  /** Writes record and page, or only looks whether they are so already. */
  write({ onlyCompare }) {
    const servers = Object.fromEntries(Object.entries(this.#servers).sort(([one], [other]) => (one < other ? -1 : 1)));
    const record = { scenarios: this.scenarios, servers };
    const texts = [
      [RECORD, `${JSON.stringify(record, null, 2)}\n`],
      [PAGE, matrixPage(record)],
    ];
    if (onlyCompare) return texts.every(([file, text]) => existsSync(file) && readFileSync(file, 'utf8') === text);
    for (const [file, text] of texts) writeFileSync(file, text);
    return true;
  }
}
