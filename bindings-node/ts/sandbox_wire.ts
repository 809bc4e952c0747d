/**
 * What goes to a sandbox and comes from it: there names are in snake case and times in seconds, as all languages share it.
 */
import { camelCase, InvalidConfig } from './errors';
import { bareOf } from './plain';
import { moment } from './time';

/** Values whose own keys are data. */
const VERBATIM = ['headers'];

/** What is given in milliseconds. */
const TIMES = [
  ...['accessTokenLifetime', 'refreshTokenLifetime', 'window', 'lockedFor', 'serverClockShift', 'startsAt'],
  ...['sessionLifetime', 'registerTokenLifetime', 'otpLifetime', 'retryAfter', 'milliseconds'],
];

function snakeCase(name: string): string {
  // A duration that has no name but its unit has the other unit's there.
  if (name === 'milliseconds') return 'seconds';
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * Spells a call's arguments, or settings, as the sandbox reads them.
 *
 * @throws {@link InvalidConfig} for `seconds`
 *
 * @internal
 */
export function written(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(written);
  if (typeof value !== 'object' || value === null) return value;
  return bareOf(Object.entries(value).map(([name, part]) => [snakeCase(name), writtenPart(name, part)]));
}

function writtenPart(name: string, value: unknown): unknown {
  if (name === 'seconds') {
    throw new InvalidConfig('A time is given in milliseconds: there is no seconds.', { field: name });
  }
  if (TIMES.includes(camelCase(name)) && typeof value === 'number') return value / 1000;
  return VERBATIM.includes(name) ? value : written(value);
}

/**
 * Reads a list of what happened, each with the time at which it did.
 *
 * @internal
 */
export function readList<Entry>(list: unknown): Entry[] {
  return (list as Array<Record<string, unknown>>).map((entry) => {
    const spelt = Object.entries(entry).map(([name, value]) => [camelCase(name), value]);
    return { ...Object.fromEntries(spelt), at: moment(Math.round(Number(entry.at) * 1000)) } as Entry;
  });
}
