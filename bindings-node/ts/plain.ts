/**
 * Objects without a prototype.
 *
 * What some other package leaves in `Object.prototype` is a property of every ordinary object: an option that nobody gave
 * would be read from there. So whatever is read for what it may lack, here or by the native half, has no prototype.
 */

/**
 * The own properties of an object, on one without a prototype.
 *
 * @internal
 */
export function bare<Of extends object>(object: Of): Of {
  return { __proto__: null, ...object } as Of;
}

/**
 * The same of properties by their names and values.
 *
 * @internal
 */
export function bareOf(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(null);
  for (const [name, value] of entries) object[name] = value;
  return object;
}

/**
 * An object that the native half wrote as JSON.
 *
 * @internal
 */
// biome-ignore lint/suspicious/noExplicitAny: the reader says what it is, as with JSON.parse
export function readObject(text: string): any {
  return Object.setPrototypeOf(JSON.parse(text), null);
}

/**
 * What an object holds under a name, itself or by its class: a row of a database may be an instance of one, and have its
 * columns there.
 *
 * @internal
 */
export function held(object: object, name: string | symbol): unknown {
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) {
    // Each realm has its Object.prototype: it is what has nothing behind it.
    if (at !== object && Object.getPrototypeOf(at) === null) return undefined;
    if (Object.hasOwn(at, name)) return (object as Record<string | symbol, unknown>)[name];
  }
  return undefined;
}

/**
 * Gives an object properties of its own. To assign them would call a setter of the same name, wherever it is.
 *
 * @internal
 */
export function give(object: object, properties: object): void {
  const how = { configurable: true, enumerable: true, writable: true };
  for (const [name, value] of Object.entries(properties)) Object.defineProperty(object, name, fixed(value, how));
}

/**
 * Describes a property that stays as it is.
 *
 * @internal
 */
export function fixed(value: unknown, more?: PropertyDescriptor): PropertyDescriptor {
  return { __proto__: null, value, ...more } as PropertyDescriptor;
}
