/**
 * Options of calls, sessions and the network.
 */
import { checked, type Shape } from './checked';
import { Handed } from './handed';
import type { NativeSessionSettings } from './native';
import { bare } from './plain';

/** Detaches this caller, and nobody else, when it aborts. */
export interface SignalOptions {
  /** When it aborts, the call rejects with its reason; what the call began goes on for others. */
  signal?: AbortSignal | undefined;
}

/** Options of a call that may have to wait. */
export interface CallOptions extends SignalOptions {
  /**
   * How long to wait, in milliseconds; the session's `timeout` unless given, and 0 for not at all. While the server is away or busy, it is
   * tried again for as long.
   */
  timeout?: number | undefined;
}

/** Options of the network. */
export interface NetworkOptions {
  /** How long one request may take, connecting included, in milliseconds; 15000 unless given, 100 at least. */
  exchangeTimeout?: number | undefined;
  /** The address of a proxy for everything, instead of the environment's (`HTTPS_PROXY`, `NO_PROXY`). */
  proxy?: string | undefined;
  /** Certificates to trust besides the platform's, in PEM form. */
  caCertificates?: string | Uint8Array | undefined;
  /**
   * What the program shows to servers that want to know it (mutual TLS), in PEM form: one text with the certificate, those
   * between it and its authority, and its private key.
   */
  clientCertificate?: string | Uint8Array | undefined;
  /** The IP address of this machine to connect from, for servers that know their clients by address. */
  localAddress?: string | undefined;
  /** By which addresses to connect; by whichever answers first unless given. */
  addressFamily?: 'ipv4' | 'ipv6' | undefined;
  /** What the program is called in the header `User-Agent`; `relatch/` and its version unless given. */
  userAgent?: string | undefined;
}

/** Options of a session. */
export interface SessionOptions extends NetworkOptions {
  /** Whether a session that holds credentials may log in again by itself; `auto` unless given. */
  relogin?: 'auto' | 'never' | undefined;
  /** Whether to refresh in the background even while nobody uses the session. */
  keepAlive?: boolean | undefined;
  /** How long before its end a token is replaced while callers wait, in milliseconds; 30000 unless given, 0 or 1000 at least. */
  mandatoryMargin?: number | undefined;
  /** How long before its end a token is replaced in the background, in milliseconds; 300000 unless given, 0 or 1000 at least. */
  advisoryMargin?: number | undefined;
  /**
   * How long a call waits for a token, and a refresh or login is tried, in milliseconds; 30000 unless given, 100 at
   * least.
   */
  timeout?: number | undefined;
  /**
   * Sends the login even if the lockout guard refuses it: the one that `login` or `begin` makes, or the second step of a
   * challenge, never one that a session makes by itself. Only for a human who knows that the account can bear it.
   */
  force?: boolean | undefined;
}

/** Options of a login. */
export interface LoginOptions extends SessionOptions, SignalOptions {}

const NETWORK: Shape = {
  exchangeTimeout: 'limit',
  proxy: 'string',
  caCertificates: 'pem',
  clientCertificate: 'pem',
  localAddress: 'string',
  addressFamily: 'string',
  userAgent: 'string',
  signal: 'signal',
};
const SESSION: Shape = {
  ...NETWORK,
  relogin: 'string',
  keepAlive: 'boolean',
  mandatoryMargin: 'margin',
  advisoryMargin: 'margin',
  timeout: 'limit',
  force: 'boolean',
};
const CALL: Shape = { signal: 'signal', timeout: 'wait' };

/** The checked options of one call, and the signal among them. */
interface Checked {
  settings: Handed<NativeSessionSettings>;
  signal: AbortSignal | undefined;
}

function split(given: Record<string, unknown>): Checked {
  const { signal, ...settings } = given;
  return { settings: new Handed(bare(settings)), signal: signal as AbortSignal | undefined };
}

/**
 * @throws {@link InvalidConfig}
 *
 * @internal
 */
export function networkOptions(given: Handed): Checked {
  return split(checked('options', given, NETWORK));
}

/**
 * @throws {@link InvalidConfig}
 *
 * @internal
 */
export function sessionOptions(given: Handed): Checked {
  return split(checked('options', given, SESSION));
}

/**
 * @throws {@link InvalidConfig}
 *
 * @internal
 */
export function callOptions(given: Handed): CallOptions {
  return checked('options', given, CALL);
}
