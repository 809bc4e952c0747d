/**
 * The checks that a language without static types needs: everything else is checked by the core.
 */
import { types } from 'node:util';

import { InvalidConfig } from './errors';
import { Handed } from './handed';
import { bareOf, held } from './plain';

/**
 * What a value must be: a `typeof`, or more than that.
 *
 * @internal
 */
export type Shape = Readonly<Record<string, keyof typeof NAMES>>;

const NAMES = {
  string: 'a string of whole characters',
  wait: 'a number of milliseconds',
  limit: 'a number of milliseconds',
  margin: 'a number of milliseconds',
  boolean: 'a boolean',
  function: 'a function',
  pem: 'a string or a Uint8Array',
  signal: 'an AbortSignal',
  key: 'a string, or false for none',
  source: 'a string, or a function that gives one',
  texts: 'a plain object of strings',
  checkedElsewhere: '',
} as const;

const DAY = 86_400_000;
/** The core counts seconds in 64 bits; half of that is long enough. */
const LONGEST = 2 ** 63 * 1000;

/**
 * The times that are taken, in milliseconds: how long a call waits; how long something may take; how early something is
 * done. What is shorter than `least` is a number of seconds as a rule, as other languages count: it would end every
 * request before its answer.
 */
const TIMES = {
  wait: { least: 1, longest: LONGEST, none: true },
  limit: { least: 100, longest: DAY, none: false },
  margin: { least: 1000, longest: DAY, none: true },
} as const;

/**
 * Checks the types of what a caller passed, and leaves out what is undefined. The result has no prototype, and what
 * every object has is not looked at; what an object has by its class is, for a configuration may be an instance of one.
 *
 * @throws {@link InvalidConfig} for an unknown name, for a value of another type, and for what holds no options by name
 *
 * @internal
 */
export function checked(what: string, given: unknown, shape: Shape): Record<string, unknown> {
  const found = look(what, new Handed(given), shape);
  given = undefined;
  if ('wrong' in found) throw new InvalidConfig(found.wrong, { field: found.field });
  return found.values;
}

/** What a field may be called. A name that none could have may be anything, a secret too. */
const NAME = /^[A-Za-z_]{1,40}$/;

/** What is wrong, and with which field; or what was given. */
type Found = { wrong: string; field: string } | { values: Record<string, unknown> };

/** Throws nothing: an error's frames may be shown with what they hold. */
function look(what: string, handed: Handed, shape: Shape): Found {
  const given = handed.take();
  if (given === undefined) return { values: bareOf([]) };
  if (typeof given !== 'object' || given === null || holdsOther(given)) {
    return { wrong: `${what} must be an object, not ${describe(given)}.`, field: what };
  }
  const names = new Set([...Object.keys(given), ...Object.keys(shape)]);
  const present = [...names]
    .map((name) => [name, held(given, name)] as const)
    .filter(([, value]) => value !== undefined);
  for (const [field, value] of present) {
    const wanted = Object.hasOwn(shape, field) ? shape[field] : undefined;
    if (wanted === undefined) {
      const known = Object.keys(shape).join(', ');
      const [shown, named] = NAME.test(field) ? [field, field] : ['field of that name', what];
      return { wrong: `${what} has no ${shown}. Known are: ${known}.`, field: named };
    }
    if (!fits(value, wanted)) {
      return { wrong: `${field} must be ${NAMES[wanted]}, not ${describe(value)}.`, field };
    }
    const wrong = isTime(wanted) ? wrongTime(value as number, wanted) : undefined;
    if (wrong !== undefined) return { wrong: `${field} is ${value}: ${wrong}.`, field };
  }
  return { values: bareOf(present) };
}

/** Whether it is an object that holds something else than options: those that a program meant would be ignored. */
function holdsOther(given: object): boolean {
  // An array, a Map, a Set, Headers and the like; a promise that nobody has awaited.
  const isList = held(given, Symbol.iterator) !== undefined || typeof held(given, 'then') === 'function';
  const isValue = types.isDate(given) || types.isRegExp(given) || types.isNativeError(given);
  return isList || isValue || types.isBoxedPrimitive(given) || types.isAnyArrayBuffer(given) || isSignal(given);
}

function isTime(wanted: string): wanted is keyof typeof TIMES {
  return Object.hasOwn(TIMES, wanted);
}

/** What is wrong with a time that is out of bounds. */
function wrongTime(value: number, kind: keyof typeof TIMES): string | undefined {
  const { least, longest, none } = TIMES[kind];
  if ((value >= least && value <= longest) || (none && value === 0)) return undefined;
  if (value > longest)
    return longest === DAY ? 'this is more than a day: it counts in milliseconds' : 'this is too large';
  if (!(value > 0)) return `give a number of milliseconds that is ${none ? 'not negative' : 'above zero'}`;
  const zero = none ? '0, or ' : '';
  const meant = `${value} ${value === 1 ? 'second is' : 'seconds are'} ${value * 1000}`;
  return `it counts in milliseconds, and takes ${zero}${least} at least; ${meant}`;
}

function fits(value: unknown, wanted: Shape[string]): boolean {
  switch (wanted) {
    case 'string':
      return isText(value);
    case 'wait':
    case 'limit':
    case 'margin':
      return typeof value === 'number';
    case 'pem':
      // In a test runner the global one may be of another realm than a file's bytes.
      return typeof value === 'string' || types.isUint8Array(value);
    case 'signal':
      return isSignal(value);
    case 'key':
      return value === false || isText(value);
    case 'source':
      return typeof value === 'function' || isText(value);
    case 'texts':
      return isPlain(value) && Object.entries(value).flat().every(isText);
    case 'checkedElsewhere':
      return true;
    default:
      return typeof value === wanted;
  }
}

/**
 * Whether it is a string that can be sent: half a surrogate pair has no UTF-8, the server would get another text.
 *
 * @internal
 */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && !/\p{Surrogate}/u.test(value);
}

/** Whether all that it holds is among its own properties: a Map or a Date would be taken for empty. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null) return true;
  // Each realm has its Object.prototype; no other one has nothing behind it and these.
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}

/** By its shape: a signal may come from another realm or a polyfill. */
function isSignal(value: unknown): value is AbortSignal {
  const wanted = ['aborted', 'addEventListener', 'removeEventListener'];
  return typeof value === 'object' && value !== null && wanted.every((name) => name in value);
}

/**
 * What a value is, never the value: it may be a secret in the wrong place.
 *
 * @internal
 */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'string') return 'this string';
  if (typeof value !== 'object') return `a ${typeof value}`;
  // The language's own words alone: the name of a class, or what an object says of itself, may be anything.
  const kind = KINDS.find(([, is]) => is(value));
  return kind ? kind[0] : 'an object';
}

const KINDS: ReadonlyArray<[string, (value: object) => boolean]> = [
  ['a promise', types.isPromise],
  ['a Map', types.isMap],
  ['a Set', types.isSet],
  ['a Date', types.isDate],
  ['a regular expression', types.isRegExp],
  ['an error', types.isNativeError],
  ['a boxed value', types.isBoxedPrimitive],
  ['an AbortSignal', isSignal],
];
