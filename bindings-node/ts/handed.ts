/**
 * What a frame may hold while it throws.
 *
 * Some error reporters stop a program at each error, as a debugger does, and keep the locals of its frames. What a caller
 * passed may be a secret, in its place or in a wrong one: so the first frame takes it into an object that shows nothing, and
 * lets go of its parameter.
 *
 * @internal
 */
export class Handed<Value = unknown> {
  readonly #value: Value;

  /** @param value - what nobody is to see; one that is handed on already stays what it is */
  constructor(value: Value | Handed<Value>) {
    this.#value = value instanceof Handed ? value.#value : value;
  }

  /** The value, for a frame that does not throw. */
  take(): Value {
    return this.#value;
  }

  /** Another value, made of this one. */
  map<Other>(make: (value: Value) => Other): Handed<Other> {
    return new Handed(make(this.#value));
  }
}
