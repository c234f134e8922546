/**
 * A base class whose constructor returns a given object. The private fields of a subclass are then added to that
 * object.
 */
class Existing {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: that is what puts the fields on somebody else's object
    return object;
  }
}

/**
 * Stores one value on an object of another library, such as a request. The value is a private field: only code that has
 * the attachment can read or write it, and it is collected with its object. A WeakMap does the same, but costs the
 * garbage collector twenty times as much for objects that live as long as a request.
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
