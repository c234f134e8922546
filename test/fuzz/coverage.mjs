// What an input reaches: each statement and branch of the package, and how often by powers of two. Counts what istanbul has
// instrumented, since the coverage of V8 costs milliseconds for each input.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { sep } from 'node:path';

const require = createRequire(import.meta.url);
const { createInstrumenter } = require('istanbul-lib-instrument');
const VARIABLE = '__stepUpCoverage__';

/** Instruments each module below a folder that is required from now on. */
export function instrumentBelow(folder) {
  const instrumenter = createInstrumenter({ coverageVariable: VARIABLE, compact: true, produceSourceMap: false });
  const load = require.extensions['.js'];
  require.extensions['.js'] = (module, file) => {
    if (!file.startsWith(folder + sep)) return load(module, file);
    module._compile(instrumenter.instrumentSync(readFileSync(file, 'utf8'), file), file);
  };
}

export class Coverage {
  #seen = new Map();
  /** How many features were seen. */
  features = 0;

  /** Forgets the counts of earlier inputs. */
  reset() {
    for (const counts of this.#counts()) counts.fill(0);
  }

  /** Adds what was counted since the last reset. Returns whether something was reached for the first time. */
  add() {
    let isNew = false;
    for (const counts of this.#counts()) {
      let seen = this.#seen.get(counts);
      if (seen === undefined) {
        seen = new Uint8Array(counts.length);
        this.#seen.set(counts, seen);
      }
      for (let index = 0; index < counts.length; index += 1) {
        const count = counts[index];
        if (count === 0) continue;
        const bit = 1 << Math.min(7, Math.floor(Math.log2(count)));
        if ((seen[index] & bit) !== 0) continue;
        seen[index] |= bit;
        this.features += 1;
        isNew = true;
      }
    }
    return isNew;
  }

  /** Statements and branches that were reached at all, and all there are. */
  get reached() {
    let reached = 0;
    let all = 0;
    for (const counts of this.#counts()) {
      all += counts.length;
      for (const bits of this.#seen.get(counts) ?? []) if (bits !== 0) reached += 1;
    }
    return { reached, all };
  }

  /** The counters as typed lists, in place of the objects of istanbul. */
  *#counts() {
    for (const file of Object.values(globalThis[VARIABLE] ?? {})) {
      if (!(file.s instanceof Uint32Array)) {
        file.s = Uint32Array.from(Object.values(file.s));
        file.f = Uint32Array.from(Object.values(file.f));
        for (const id of Object.keys(file.b)) file.b[id] = Uint32Array.from(file.b[id]);
      }
      yield file.s;
      yield* Object.values(file.b);
    }
  }
}
