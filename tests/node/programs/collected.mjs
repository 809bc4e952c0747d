// How a program hears that nothing refers to an object any more. To be loaded before the package, whose messages it follows.
import { createHook } from 'node:async_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
export const collect = runInNewContext('gc');

/** What wakes this thread for messages of the native half, as napi-rs names it: one of them may be the last to let go. */
const MESSAGES = 'napi_rs_threadsafe_function';
/** How long to wait for the last word of the native half, in milliseconds. */
const LIMIT = 20_000;

const wakes = new Set();
createHook({
  init: (id, type) => type === MESSAGES && wakes.add(id),
  // Once what was told has been dealt with.
  after: (id) => wakes.has(id) && setImmediate(collect),
}).enable();

/** @type {FinalizationRegistry<() => void>} */
const registry = new FinalizationRegistry((tell) => tell());

/** Calls `tell` when that object has been collected. @param {WeakRef<object>} reference @param {() => void} tell */
function whenCollected(reference, tell) {
  const object = reference.deref();
  if (object) registry.register(object, tell);
  else tell();
}

/** Whether an object is let go of, within a limit: `collected` or `kept`. @param {WeakRef<object>} reference */
export async function endOf(reference) {
  /** @type {NodeJS.Timeout | undefined} */
  let guard;
  const end = await new Promise((resolve) => {
    guard = setTimeout(resolve, LIMIT, 'kept');
    whenCollected(reference, () => resolve('collected'));
    setImmediate(collect);
  });
  clearTimeout(guard);
  return end;
}
