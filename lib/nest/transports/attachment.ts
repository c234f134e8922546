/** Returns the object it is given, so that the private fields of a subclass land on that object. */
class Existing {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: that is what puts the fields on somebody else's object
    return object;
  }
}

/**
 * One value of ours on objects of others, such as requests. It is a private field: only who holds the attachment can read,
 * write or forge it, and it goes when its object goes. A WeakMap promises the same, and costs the collector twenty times
 * as much for objects that live as long as a request.
 */
export class Attachment<T> {
  readonly #Field = class Field extends Existing {
    #value: T;

    constructor(object: object, value: T) {
      super(object);
      this.#value = value;
    }

    static get(object: object): T | undefined {
      return #value in object ? object.#value : undefined;
    }

    static set(object: object, value: T): void {
      if (#value in object) object.#value = value;
      else new Field(object, value);
    }
  };

  get(object: object): T | undefined {
    return this.#Field.get(object);
  }

  set(object: object, value: T): void {
    this.#Field.set(object, value);
  }
}
