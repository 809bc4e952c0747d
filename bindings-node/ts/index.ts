/**
 * Logs in to a trading or registry API once and keeps the session valid.
 *
 * @packageDocumentation
 */
export {
  AccessDenied,
  AccountLocked,
  ClosedError,
  type ErrorDetails,
  ForkedSession,
  InvalidConfig,
  InvalidCredentials,
  LockoutGuard,
  ProtocolError,
  ProxyError,
  RateLimited,
  RelatchError,
  type ReloginReason,
  ReloginRequired,
  RequestTimeout,
  SecondFactorRejected,
  SecondFactorRequired,
  StoreError,
  TlsError,
  TransportError,
} from './errors';
export type { EventKind, Listener, SessionEvent } from './events';
export type { CallOptions, LoginOptions, NetworkOptions, SessionOptions, SignalOptions } from './options';
export { type Health, type LookupEntry, SevenG, type SevenGEnvironment, type SevenGSettings } from './provider';
export { login, refresh, resume, Session, type SessionState } from './session';
export { type StoredTokens, Tokens } from './tokens';
