/**
 * What callbacks threw, by a number that goes through the native half in its place: an error carries the value itself.
 */
const values = new Map<number, unknown>();
let last = 0;

/** Takes a value in and says its number. */
export function keepThrown(value: unknown): number {
  do last = (last + 1) >>> 0;
  while (values.has(last));
  values.set(last, value);
  return last;
}

/** The value of that number. */
export function thrownValue(number: number): unknown {
  return values.get(number);
}

/** No error carries the value any more. */
export function forgetThrown(number: number): void {
  values.delete(number);
}
