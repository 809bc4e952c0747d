/**
 * Options, and the checks that a language without static types needs: everything else is checked by the core.
 */
import { InvalidConfig } from './errors';
import type { NativeSessionSettings } from './native';

/** Detaches this caller, and nobody else, when it aborts. */
export interface SignalOptions {
  /** When it aborts, the call rejects with its reason; what the call began goes on for others. */
  signal?: AbortSignal | undefined;
}

/** Options of a call that may have to wait. */
export interface CallOptions extends SignalOptions {
  /**
   * How long to wait, in seconds; the session's `timeout` unless given. While the server is away or busy, it is
   * tried again for as long.
   */
  timeout?: number | undefined;
}

/** Options of the network. */
export interface NetworkOptions {
  /** How long one request may take, connecting included, in seconds; 15 unless given. */
  exchangeTimeout?: number | undefined;
  /** The address of a proxy for everything, instead of the environment's (`HTTPS_PROXY`, `NO_PROXY`). */
  proxy?: string | undefined;
  /** Certificates to trust besides the platform's, in PEM form. */
  caCertificates?: string | Uint8Array | undefined;
}

/** Options of a session. */
export interface SessionOptions extends NetworkOptions {
  /** Whether a session that holds credentials may log in again by itself; `auto` unless given. */
  relogin?: 'auto' | 'never' | undefined;
  /** Whether to refresh in the background even while nobody uses the session. */
  keepAlive?: boolean | undefined;
  /** How long before its end a token is replaced while callers wait, in seconds; 30 unless given. */
  mandatoryMargin?: number | undefined;
  /** How long before its end a token is replaced in the background, in seconds; 300 unless given. */
  advisoryMargin?: number | undefined;
  /** How long a call waits for a token, and a refresh or login is tried, in seconds; 30 unless given. */
  timeout?: number | undefined;
  /**
   * Sends the login even if the lockout guard refuses it: the one that `login` or `begin` makes, or the second step of a
   * challenge, never one that a session makes by itself. Only for a human who knows that the account can bear it.
   */
  force?: boolean | undefined;
}

/** Options of a login. */
export interface LoginOptions extends SessionOptions, SignalOptions {}

/**
 * What a value must be: a `typeof`, or more than that.
 *
 * @internal
 */
export type Shape = Readonly<Record<string, keyof typeof NAMES>>;

const NETWORK: Shape = { exchangeTimeout: 'seconds', proxy: 'string', caCertificates: 'pem', signal: 'signal' };
const SESSION: Shape = {
  ...NETWORK,
  relogin: 'string',
  keepAlive: 'boolean',
  mandatoryMargin: 'seconds',
  advisoryMargin: 'seconds',
  timeout: 'seconds',
  force: 'boolean',
};
/** The core counts seconds in 64 bits. */
const TOO_LONG = 2 ** 64;
const CALL: Shape = { signal: 'signal', timeout: 'seconds' };

/**
 * Checks the types of what a caller passed, and leaves out what is undefined.
 *
 * @throws {@link InvalidConfig} for an unknown name, and for a value of another type
 *
 * @internal
 */
export function checked(what: string, given: unknown, shape: Shape): Record<string, unknown> {
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null) {
    throw new InvalidConfig(`${what} must be an object, not ${describe(given)}.`, { field: what });
  }
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [field, value] of present) {
    const wanted = Object.hasOwn(shape, field) ? shape[field] : undefined;
    if (wanted === undefined) {
      const known = Object.keys(shape).join(', ');
      throw new InvalidConfig(`${what} has no ${field}. Known are: ${known}.`, { field });
    }
    if (!fits(value, wanted)) {
      throw new InvalidConfig(`${field} must be ${NAMES[wanted]}, not ${describe(value)}.`, { field });
    }
    if (wanted === 'seconds') checkSeconds(field, value as number);
  }
  return Object.fromEntries(present);
}

const NAMES = {
  string: 'a string of whole characters',
  seconds: 'a number',
  boolean: 'a boolean',
  function: 'a function',
  pem: 'a string or a Uint8Array',
  signal: 'an AbortSignal',
  key: 'a string, or false for none',
  source: 'a string, or a function that gives one',
  texts: 'a plain object of strings',
  checkedElsewhere: '',
} as const;

/** What the core refuses as well, which is not asked where a token is at hand. */
function checkSeconds(field: string, value: number): void {
  if (value >= 0 && value < TOO_LONG) return;
  const wrong = value > 0 ? 'this is too large for seconds' : 'give a number of seconds that is not negative';
  throw new InvalidConfig(`${field} is ${value}: ${wrong}.`, { field });
}

function fits(value: unknown, wanted: Shape[string]): boolean {
  switch (wanted) {
    case 'string':
      return isText(value);
    case 'seconds':
      return typeof value === 'number';
    case 'pem':
      return typeof value === 'string' || value instanceof Uint8Array;
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
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The checked options of one call, and the signal among them. */
interface Checked {
  settings: NativeSessionSettings;
  signal: AbortSignal | undefined;
}

function split(given: Record<string, unknown>): Checked {
  const { signal, caCertificates, ...settings } = given;
  if (typeof caCertificates === 'string') settings.caCertificates = Buffer.from(caCertificates);
  else if (caCertificates !== undefined) settings.caCertificates = caCertificates;
  return { settings, signal: signal as AbortSignal | undefined };
}

/**
 * @throws {@link InvalidConfig}
 *
 * @internal
 */
export function networkOptions(given: unknown): Checked {
  return split(checked('options', given, NETWORK));
}

/**
 * @throws {@link InvalidConfig}
 *
 * @internal
 */
export function sessionOptions(given: unknown): Checked {
  return split(checked('options', given, SESSION));
}

/**
 * @throws {@link InvalidConfig}
 *
 * @internal
 */
export function callOptions(given: unknown): CallOptions {
  return checked('options', given, CALL);
}
