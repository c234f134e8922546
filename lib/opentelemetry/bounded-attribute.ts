/** The value that OpenTelemetry specifies for all other values. */
export const OTHER = '_OTHER';

/** Limits the number of values of an attribute. The first values stay as they are. All further ones become `_OTHER`. */
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
