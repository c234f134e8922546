import { Mutator } from './mutator.mjs';
import { randomOf } from './random.mjs';

const MAX_CORPUS = 3000;
const MAX_SHRINKS = 500;

/**
 * Gives a target its seeds and then changed ones, for as long as `mayGoOn` says. With coverage it keeps what reaches something
 * new, and goes on from there.
 *
 * @param target a target after `prepare`
 * @param options `{ seed, mayGoOn(inputs), coverage }`
 * @returns how many inputs, how many were kept, and the first failure with its smallest input
 */
export async function search({ run, seeds, dictionary }, { seed, mayGoOn, coverage }) {
  const random = randomOf(seed);
  const mutator = new Mutator(random, dictionary);
  const corpus = [...seeds];
  let inputs = 0;
  const attempt = async (input) => {
    inputs += 1;
    coverage?.reset();
    try {
      await run(structuredClone(input));
    } catch (error) {
      return error;
    }
    return undefined;
  };
  const failed = async (error, input) => {
    const smallest = await shrunk(input, attempt);
    return { inputs, corpus, failure: { input: smallest, error: (await attempt(smallest)) ?? error } };
  };
  for (const input of seeds) {
    const error = await attempt(input);
    if (error !== undefined) return failed(error, input);
    coverage?.add();
  }
  while (mayGoOn(inputs)) {
    const parent = corpus[Math.floor(random() * corpus.length)];
    const other = corpus[Math.floor(random() * corpus.length)];
    const input = mutator.mutate(parent, other);
    const error = await attempt(input);
    if (error !== undefined) return failed(error, input);
    if (coverage?.add() === true && corpus.length < MAX_CORPUS) corpus.push(input);
  }
  return { inputs, corpus };
}

/** Leaves out of an input, one after the other, what it fails without. */
async function shrunk(input, attempt) {
  let smallest = input;
  let tries = 0;
  for (let isShrunk = true; isShrunk && tries < MAX_SHRINKS; ) {
    isShrunk = false;
    for (const candidate of smaller(smallest)) {
      tries += 1;
      if (tries > MAX_SHRINKS) break;
      if ((await attempt(candidate)) === undefined) continue;
      smallest = candidate;
      isShrunk = true;
      break;
    }
  }
  return smallest;
}

function* smaller(value) {
  if (typeof value === 'string') {
    for (let part = Math.floor(value.length / 2); part >= 1; part = Math.floor(part / 2)) {
      for (let at = 0; at < value.length; at += part) yield value.slice(0, at) + value.slice(at + part);
    }
  } else if (Array.isArray(value)) {
    for (const index of value.keys()) yield value.toSpliced(index, 1);
    for (const [index, member] of value.entries()) for (const less of smaller(member)) yield value.with(index, less);
  } else if (typeof value === 'object' && value !== null) {
    for (const name of Object.keys(value)) {
      const { [name]: _, ...rest } = value;
      yield rest;
    }
    for (const [name, member] of Object.entries(value))
      for (const less of smaller(member)) yield { ...value, [name]: less };
  }
}
