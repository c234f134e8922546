/** The value of OpenTelemetry for all that has no value of its own. */
export const OTHER = '_OTHER';

/** Keeps an attribute from having any number of values: the first ones stand for themselves, all further ones are `_OTHER`. */
export class BoundedAttribute {
  readonly #values = new Set<string>();

  constructor(private readonly maxValues: number) {}

  valueOf(value: string): string {
    if (this.#values.has(value)) return value;
    if (this.#values.size >= this.maxValues) return OTHER;
    this.#values.add(value);
    return value;
  }
}
