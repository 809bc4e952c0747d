/**
 * The tokens of a session, for programs that keep them elsewhere.
 */
import { types } from 'node:util';

import { checked, describe } from './checked';
import { InvalidConfig } from './errors';
import { Handed } from './handed';
import { type Inspect, inspect } from './inspect';
import type { NativeTokens } from './native';
import { bare, held, readObject } from './plain';
import { moment } from './time';

/** Tokens as a caller passes them: a {@link Tokens}, or an object read back from a database. */
export interface StoredTokens {
  accessToken: string;
  refreshToken?: string | null | undefined;
  /**
   * The end of the access token: a date, what `JSON.stringify` makes of one (ISO 8601 with a time zone), milliseconds
   * since 1970, or seconds as a JWT counts them. Without it the end is read from the access token; one that says nothing
   * is taken to be new.
   */
  expiresAt?: Date | string | number | null | undefined;
}

/** The least number that is no time in seconds. */
const NO_SECONDS = 1e11;

/** A time as `JSON.stringify` writes it, or with an offset. Without a zone it would be read by this machine's. */
const ISO = /^(?:[+-]\d\d)?\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * The tokens of a session.
 *
 * `JSON.stringify` writes them out, to be stored; `console.log` does not show them.
 */
export class Tokens {
  /** What a request carries. */
  readonly accessToken: string;
  /** What is exchanged for new tokens; each is good for one exchange. */
  readonly refreshToken?: string;
  /** The end of the access token by the server's clock, where it is known. */
  readonly expiresAt?: Date;

  /**
   * @param accessToken - what a request carries
   * @param refreshToken - what is exchanged for new tokens
   * @param expiresAt - the end of the access token
   */
  constructor(accessToken: string, refreshToken?: string, expiresAt?: Date) {
    this.accessToken = accessToken;
    if (refreshToken !== undefined) this.refreshToken = refreshToken;
    if (expiresAt !== undefined) this.expiresAt = expiresAt;
  }

  /** @internal */
  [inspect](depth: number, options: unknown, show: Inspect): string {
    const refreshToken = this.refreshToken === undefined ? undefined : '[redacted]';
    return `Tokens ${show({ accessToken: '[redacted]', refreshToken, expiresAt: this.expiresAt }, depth, options)}`;
  }
}

/**
 * Reads the tokens that the native half wrote.
 *
 * @internal
 */
export function readTokens(text: string): Tokens {
  const { accessToken, refreshToken, expiresAt } = readObject(text);
  return new Tokens(
    accessToken,
    refreshToken ?? undefined,
    typeof expiresAt === 'number' ? moment(expiresAt) : undefined,
  );
}

/**
 * Checks tokens that a caller passed.
 *
 * @throws {@link InvalidConfig}
 *
 * @internal
 */
export function storedTokens(given: Handed): Handed<NativeTokens> {
  const fields = given.map(fieldsOf);
  if (fields.take() === undefined) {
    throw new InvalidConfig('tokens must be an object with an accessToken.', { field: 'tokens' });
  }
  const end = given.map((tokens) => held(tokens as object, 'expiresAt') ?? undefined);
  const tokens = new Handed(checked('tokens', fields, { accessToken: 'string', refreshToken: 'string' }));
  const expiresAt = endOf(end);
  return tokens.map((tokens) => bare({ ...(tokens as unknown as NativeTokens), ...expiresAt }));
}

function fieldsOf(tokens: unknown): object | undefined {
  if (typeof tokens !== 'object' || tokens === null) return undefined;
  const [accessToken, refreshToken] = ['accessToken', 'refreshToken'].map((name) => held(tokens, name));
  return { accessToken: accessToken ?? null, refreshToken: refreshToken ?? undefined };
}

function endOf(given: Handed): Pick<NativeTokens, 'expiresAt'> {
  const milliseconds = given.map(millisecondsOf).take();
  if (milliseconds === undefined) return {};
  if (Number.isFinite(milliseconds)) return { expiresAt: milliseconds };
  const what = given.map((end) => (types.isDate(end) || typeof end === 'number' ? 'an invalid one' : describe(end)));
  const wanted = 'a Date, an ISO 8601 string with a time zone, or milliseconds since 1970';
  throw new InvalidConfig(`expiresAt must be ${wanted}, not ${what.take()}.`, { field: 'expiresAt' });
}

function millisecondsOf(time: unknown): number | undefined {
  if (time === undefined) return undefined;
  // A date may come from another realm.
  if (types.isDate(time)) return time.getTime();
  if (typeof time === 'string') return ISO.test(time) ? Date.parse(time) : Number.NaN;
  if (typeof time !== 'number') return Number.NaN;
  // JWTs and other languages count in seconds; so many milliseconds ended in 1973.
  return time > 0 && time < NO_SECONDS ? time * 1000 : time;
}
