// Changes JSON values: their structure, and the texts and numbers in it.

const VALUES = [
  null,
  true,
  false,
  0,
  -1,
  1,
  0.5,
  60,
  1e11,
  1e308,
  2 ** 53,
  1_800_000_000,
  1_800_000_300,
  '',
  ' ',
  '0',
  'a',
  'null',
  '\u0000',
  '\ud800',
  'ä',
  [],
  {},
  [[]],
  [null],
  { length: 1 },
  { toString: 1 },
];
const NAMES = ['__proto__', 'constructor', 'toString', 'length', 'then', '', '0', 'toJSON', 'valueOf'];
const CHARACTERS = [
  '"',
  '\\',
  ',',
  '=',
  ' ',
  '\t',
  '\n',
  '.',
  '/',
  '%',
  '@',
  ':',
  '?',
  '#',
  '\u0000',
  'ÿ',
  '€',
  '\ud83d',
  '-',
  '_',
  'A',
  '0',
];
const MAX_TEXT = 3000;

export class Mutator {
  /**
   * @param random returns numbers from 0 to less than 1
   * @param dictionary texts and values that a target reads
   */
  constructor(random, dictionary) {
    this.random = random;
    this.dictionary = dictionary;
  }

  /** Returns a changed copy of a value; `other` is one to take parts from. */
  mutate(value, other) {
    let changed = structuredClone(value);
    for (let count = 1 + this.#below(4); count > 0; count -= 1) changed = this.#changeOne(changed, other);
    return changed;
  }

  #below(limit) {
    return Math.floor(this.random() * limit);
  }

  #pick(list) {
    return list[this.#below(list.length)];
  }

  /** Every place in a value: how to read it, and how to replace it. */
  #places(root) {
    const places = [{ value: root }];
    for (let index = 0; index < places.length && places.length < 500; index += 1) {
      const { value } = places[index];
      if (typeof value !== 'object' || value === null) continue;
      for (const name of Object.keys(value)) places.push({ value: value[name], parent: value, name });
    }
    return places;
  }

  #changeOne(root, other) {
    const { value, parent, name } = this.#pick(this.#places(root));
    const replace = (changed) => {
      if (parent === undefined) return changed;
      set(parent, name, changed);
      return root;
    };
    const choice = this.#below(10);
    if (choice === 0) return replace(structuredClone(this.#pick(VALUES)));
    if (choice === 1) return replace(structuredClone(this.#pick(this.dictionary)));
    if (choice === 2 && other !== undefined) return replace(structuredClone(this.#pick(this.#places(other)).value));
    if (choice === 3 && parent !== undefined) {
      if (Array.isArray(parent)) parent.splice(Number(name), 1);
      else delete parent[name];
      return root;
    }
    if (typeof value === 'string') return replace(this.#text(value));
    if (typeof value === 'number') return replace(this.#number(value));
    if (typeof value === 'boolean') return replace(!value);
    if (typeof value === 'object' && value !== null) return replace(this.#structure(value));
    return replace(structuredClone(this.#pick(this.dictionary)));
  }

  #structure(value) {
    if (Array.isArray(value)) {
      const choice = this.#below(3);
      if (choice === 0 || value.length === 0) value.push(structuredClone(this.#pick([...VALUES, ...this.dictionary])));
      else if (choice === 1) value.push(structuredClone(this.#pick(value)));
      else value.reverse();
      return value;
    }
    const choice = this.#below(4);
    if (choice === 0) return [value];
    const texts = this.dictionary.filter((one) => typeof one === 'string');
    const name = choice === 1 || texts.length === 0 ? this.#pick(NAMES) : this.#pick(texts);
    set(value, name, structuredClone(this.#pick([...VALUES, ...this.dictionary])));
    return value;
  }

  #number(value) {
    return this.#pick([
      value + 1,
      value - 1,
      -value,
      value * 1000,
      value / 2,
      Math.floor(value),
      value + 60,
      value - 60,
      String(value),
    ]);
  }

  #text(text) {
    const at = this.#below(text.length + 1);
    const to = Math.min(text.length, at + this.#below(9));
    const texts = this.dictionary.filter((one) => typeof one === 'string');
    const [before, part, after] = [text.slice(0, at), text.slice(at, to), text.slice(to)];
    const made = this.#pick([
      () => before + this.#pick(CHARACTERS) + text.slice(at),
      () => before + this.#pick(CHARACTERS) + text.slice(at + 1),
      () => before + after,
      () => before + part + part + after,
      () => before + (texts.length > 0 ? this.#pick(texts) : '') + text.slice(at),
      () => before + String.fromCharCode(text.charCodeAt(at) ^ (1 << this.#below(7))) + text.slice(at + 1),
      () => text.toUpperCase(),
      () => text.repeat(1 + this.#below(20)),
    ])();
    return made.slice(0, MAX_TEXT);
  }
}

/** Sets a member of its own, also under a name such as `__proto__`. */
function set(object, name, value) {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}
