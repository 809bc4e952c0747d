// What both canaries do: secrets go to the file descriptor 3 alone, and all else is printed in every way there is.
import { writeSync } from 'node:fs';
import { inspect } from 'node:util';
import { Tokens } from 'relatch';

/** @param {...(string | undefined)} secrets */
export function tell(...secrets) {
  for (const secret of secrets) if (secret) writeSync(3, `${secret}\n`);
}

/** @param {{ tokens?: import('relatch').Tokens | undefined } | undefined} session */
export function tellTokens(session) {
  const tokens = session?.tokens;
  tell(tokens?.accessToken, tokens?.accessToken.split('.')[2], tokens?.refreshToken);
}

/** As JSON, without tokens: they are written so to be kept elsewhere. @param {unknown} value */
function written(value) {
  /** @type {(this: Record<string, unknown>, name: string, written: unknown) => unknown} */
  const replacer = function (name, written) {
    return this[name] instanceof Tokens ? undefined : written;
  };
  return JSON.stringify(value, replacer);
}

/** @param {unknown} value */
export function print(value) {
  console.log(inspect(value, { depth: 9, showHidden: true, getters: true }), String(value), written(value));
  if (value instanceof Error) console.log(value.stack, print(value.cause));
}

/** Does something that may fail, and prints how it ended, but for what is a secret itself. @template T @param {() => T} act */
export async function show(act) {
  try {
    const value = await act();
    if (typeof value !== 'string' && !(value && typeof value === 'object' && 'Authorization' in value)) print(value);
    return value;
  } catch (error) {
    print(error);
    return undefined;
  }
}
