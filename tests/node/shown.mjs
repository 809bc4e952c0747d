// All that a program, a log or a crash report may show of an error.
import { inspect } from 'node:util';
import v8 from 'node:v8';

/**
 * Everything that can be had of a value without asking the native half: by `console.log` at its most talkative, as JSON,
 * as a text, as a copy for another thread, in a report of a crash, and by its properties, whichever object holds them.
 *
 * @param {unknown} value
 */
export function shown(value) {
  const texts = [inspect(value, { depth: 10, showHidden: true, getters: true }), inspect(value), String(value)];
  texts.push(`${JSON.stringify(value)}`, `${JSON.stringify({ value })}`, ...properties(value));
  if (value instanceof Error) texts.push(`${value.stack}`, JSON.stringify(process.report.getReport(value)));
  for (const copy of [structuredClone, serialized]) texts.push(copied(copy, value));
  return texts;
}

/** @param {(value: unknown) => unknown} copy @param {unknown} value */
function copied(copy, value) {
  try {
    return inspect(copy(value), { depth: 10, showHidden: true });
  } catch (error) {
    // What cannot be copied: the refusal may show it all the same.
    return String(error);
  }
}

/** @param {unknown} value */
function serialized(value) {
  return v8.deserialize(v8.serialize(value));
}

/**
 * The texts in all properties, enumerable or not, named or not, of this and of what it refers to.
 *
 * @param {unknown} value
 * @param {Set<unknown>} [seen]
 * @returns {string[]}
 */
function properties(value, seen = new Set()) {
  if (typeof value === 'string') return [value];
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return [];
  seen.add(value);
  // Classes and what the language has: no instance's.
  if (typeof value === 'function') return [];
  return Reflect.ownKeys(value).flatMap((name) => {
    const held = Reflect.getOwnPropertyDescriptor(value, name);
    return [String(name), ...properties(held?.value, seen)];
  });
}
