/**
 * The error classes: one for each code of the core.
 */
import type { Challenge } from './challenge_type';
import { bare, fixed, give, readObject } from './plain';
import { thrownValue } from './thrown';
import { moment } from './time';

/** Why a session cannot go on without a login. */
export type ReloginReason =
  | 'rotation_lost'
  | 'refresh_rejected'
  | 'no_refresh_token'
  | 'factor_required'
  | 'token_refused'
  | 'login_rejected';

/**
 * What helps after an error: the same call later (`retry`) or once `retryAt` has come (`retry_at`), something else given
 * (`correct`), a new login, or nothing.
 */
export type Recovery = 'retry' | 'retry_at' | 'correct' | 'login' | 'never';

/** What an error carries besides its message; what does not apply is absent. */
export interface ErrorDetails {
  /** The argument that was wrong, as it is spelt in JavaScript. */
  field?: string;
  /** The HTTP status of the server's answer. */
  status?: number;
  /** The server's own code. */
  serverCode?: string;
  /** The server's own words, bounded and without secrets. */
  serverMessage?: string;
  /** When to try again. */
  retryAt?: Date;
  /** How many failed logins the lockout guard counts. */
  failures?: number;
  /** Why a login is needed. */
  reason?: ReloginReason;
  /** Whether the request may have reached the server. */
  sent?: 'no' | 'maybe';
  /** A bounded piece of an answer that could not be read, without secrets. */
  snippet?: string;
  /** The second factors that the server would take. */
  methods?: string[];
  /** What the store failed for. */
  key?: string;
  /** The login that waits for its second factor. */
  challenge?: Challenge;
  /** The error beneath. */
  cause?: unknown;
}

/** By code. */
const RECOVERIES = new Map<string, Recovery>([
  ['transport', 'retry'],
  ['timeout', 'retry'],
  ['tls', 'retry'],
  ['proxy', 'retry'],
  ['protocol', 'retry'],
  ['store', 'retry'],
  ['rate_limited', 'retry_at'],
  ['account_locked', 'retry_at'],
  ['lockout_guard', 'retry_at'],
  ['invalid_config', 'correct'],
  ['invalid_credentials', 'correct'],
  ['access_denied', 'correct'],
  ['second_factor_rejected', 'correct'],
  ['second_factor_required', 'login'],
  ['relogin_required', 'login'],
  ['forked_session', 'login'],
  ['closed', 'never'],
]);

/** The base of all errors of relatch. */
export class RelatchError extends Error {
  /** What kind of error it is: stable, and the same in all languages. */
  readonly code: string = 'error';
  declare readonly field?: string;
  declare readonly status?: number;
  declare readonly serverCode?: string;
  declare readonly serverMessage?: string;
  declare readonly retryAt?: Date;
  declare readonly failures?: number;
  declare readonly reason?: ReloginReason;
  declare readonly sent?: 'no' | 'maybe';
  declare readonly snippet?: string;
  declare readonly methods?: string[];
  declare readonly key?: string;
  /** The login to complete, where the server waits for its second step. */
  declare readonly challenge?: Challenge;

  /**
   * @param message - for humans
   * @param details - for programs
   */
  constructor(message: string, details: ErrorDetails = {}) {
    const { cause, ...own } = bare(details);
    super(message, Object.hasOwn(details, 'cause') ? { cause } : undefined);
    give(this, own);
  }

  /** What helps after it. */
  get recovery(): Recovery {
    return RECOVERIES.get(this.code) ?? 'never';
  }

  /** Whether the same call may succeed later without any change on the caller's side. */
  get isTransient(): boolean {
    return this.recovery === 'retry' || this.recovery === 'retry_at';
  }
}

/** A bad argument, found before any traffic: `field` names it. */
export class InvalidConfig extends RelatchError {
  override readonly code = 'invalid_config';
}

/** The server refused the user or the password: `status`, `serverCode`, `serverMessage`. */
export class InvalidCredentials extends RelatchError {
  override readonly code = 'invalid_credentials';
}

/**
 * A second factor is needed and none can be had without a human: `methods`.
 *
 * Where the server waits for it, `challenge` is the login to complete. What a callback threw is the `cause`.
 */
export class SecondFactorRequired extends RelatchError {
  override readonly code = 'second_factor_required';
}

/** The second factor was refused. */
export class SecondFactorRejected extends RelatchError {
  override readonly code = 'second_factor_rejected';
}

/** The server says that the account is locked: `retryAt`. */
export class AccountLocked extends RelatchError {
  override readonly code = 'account_locked';
}

/** Refused here, without any traffic, to protect the account from being locked: `retryAt`, `failures`. */
export class LockoutGuard extends RelatchError {
  override readonly code = 'lockout_guard';
}

/** The server refuses for another reason: a blocked address, a disabled account, a bad API key. */
export class AccessDenied extends RelatchError {
  override readonly code = 'access_denied';
}

/** The session cannot go on without a login: `reason` says why. */
export class ReloginRequired extends RelatchError {
  override readonly code = 'relogin_required';
}

/** The session belongs to the process that this one was forked from. */
export class ForkedSession extends RelatchError {
  override readonly code = 'forked_session';
}

/** The server asks to slow down, for longer than the time limit allows to wait: `retryAt`. */
export class RateLimited extends RelatchError {
  override readonly code = 'rate_limited';
}

/** No answer was had: `sent` says whether the server may have acted. */
export class TransportError extends RelatchError {
  override readonly code: string = 'transport';
}

/** No answer in time. */
export class RequestTimeout extends TransportError {
  override readonly code = 'timeout';
}

/** No trusted connection could be made. */
export class TlsError extends TransportError {
  override readonly code = 'tls';
}

/** The proxy refused or could not be reached. */
export class ProxyError extends TransportError {
  override readonly code = 'proxy';
}

/** The server gave an answer that cannot be read: `status`, `snippet`. */
export class ProtocolError extends RelatchError {
  override readonly code = 'protocol';
}

/** The store failed: `key`. */
export class StoreError extends RelatchError {
  override readonly code = 'store';
}

/** The session was logged out, or the process is exiting. */
export class ClosedError extends RelatchError {
  override readonly code = 'closed';
}

type Kind = new (message: string, details?: ErrorDetails) => RelatchError;

/** All classes but the base. */
const CLASSES = {
  InvalidConfig,
  InvalidCredentials,
  SecondFactorRequired,
  SecondFactorRejected,
  AccountLocked,
  LockoutGuard,
  AccessDenied,
  ReloginRequired,
  ForkedSession,
  RateLimited,
  TransportError,
  RequestTimeout,
  TlsError,
  ProxyError,
  ProtocolError,
  StoreError,
  ClosedError,
};

const byCode = new Map<string, Kind>();
for (const [name, kind] of Object.entries({ ...CLASSES, RelatchError })) {
  // On the prototype, where the classes of the language have it; a bundler may rename the class itself.
  Object.defineProperty(kind.prototype, 'name', fixed(name, { configurable: true, writable: true }));
  byCode.set(new kind('').code, kind);
}

/**
 * An error as the native half writes it.
 *
 * @internal
 */
export interface Encoded {
  code?: string;
  message: string;
  details?: Record<string, unknown>;
  source?: Encoded | null;
  /** The number of what a callback threw, and then that itself. */
  thrown?: number;
  value?: unknown;
}

/**
 * Spells a name of the core as JavaScript does.
 *
 * @internal
 */
export function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * Reads an error that the native half wrote, while what a callback threw is still known.
 *
 * @internal
 */
export function readError(text: string): Encoded {
  const error: Encoded = readObject(text);
  for (let one: Encoded | null | undefined = error; one; one = one.source) {
    Object.setPrototypeOf(one, null);
    if (one.thrown !== undefined) one.value = thrownValue(one.thrown);
  }
  return error;
}

/**
 * Makes the error that the native half wrote.
 *
 * @param entry - the function whose caller comes first in the stack
 *
 * @internal
 */
export function decode(written: Encoded | string, entry: (...values: never) => unknown): Error {
  const error = build(typeof written === 'string' ? readError(written) : written);
  Error.captureStackTrace(error, entry);
  return error;
}

function build({ code, message, details = {}, source }: Encoded): Error {
  const beneath = source ? { cause: causeOf(source) } : undefined;
  if (code === undefined) return new Error(message, beneath);
  const kind = byCode.get(code) ?? RelatchError;
  const own = Object.entries(details).map(([name, value]) => detail(name, value));
  return new kind(spelt(code, message), { ...Object.fromEntries(own), ...beneath });
}

/** Arguments are named in messages as well. */
function spelt(code: string, message: string): string {
  return code === 'invalid_config' ? message.replace(/\b[a-z]+(?:_[a-z]+)+\b/g, camelCase) : message;
}

/** An error beneath another one has no stack in JavaScript: its own would only repeat the other's. */
function causeOf(source: Encoded): unknown {
  if (source.thrown !== undefined) return source.value;
  const error = build(source);
  error.stack = String(error);
  return error;
}

function detail(name: string, value: unknown): [string, unknown] {
  if (name === 'cause') return ['reason', value];
  if (name === 'field') return [name, camelCase(String(value))];
  if (name.endsWith('_at')) return [camelCase(name), moment(Number(value))];
  return [camelCase(name), value];
}
