/**
 * How objects show themselves to `console.log`, and that they stay in their thread.
 */
import * as threads from 'node:worker_threads';

import { fixed } from './plain';

/**
 * The method that `util.inspect` asks for.
 *
 * @internal
 */
export const inspect: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/**
 * What `util.inspect` passes for showing parts.
 *
 * @internal
 */
export type Inspect = (value: unknown, depth: number, options: unknown) => string;

const { markAsUncloneable } = threads as { markAsUncloneable?: (object: object) => void };

/**
 * Makes `structuredClone` and `postMessage` refuse an object: a copy would be an empty shell.
 *
 * @internal
 */
export function refuseCloning(object: object): void {
  if (markAsUncloneable) markAsUncloneable(object);
  // Before Node 22.10 only an object that holds a function is refused.
  else Object.defineProperty(object, 'uncloneable', fixed(refuseCloning, { enumerable: true }));
}

/**
 * An object that they refuse as well, with nothing that says so among its properties: those are data.
 *
 * @internal
 */
export class Uncloneable {
  constructor() {
    if (markAsUncloneable) markAsUncloneable(this);
    // Before Node 22.10 it is built on an object of a kind that is always refused.
    // biome-ignore lint/correctness/noConstructorReturn: the language has no other way to choose that kind
    else return Object.setPrototypeOf(new WeakRef(Uncloneable), new.target.prototype);
  }
}
