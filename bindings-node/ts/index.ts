/**
 * Logs in to a trading or registry API once and keeps the session valid.
 *
 * @packageDocumentation
 */
export {
  type AccountOptions,
  SynapsewaveAccount,
  type SynapsewaveAccountSettings,
  type TotpRegistration,
} from './account';
export type { HumanFactor } from './challenge';
export type { Challenge, ChallengeDetails } from './challenge_type';
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
  type Recovery,
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
export { type Factor, Fingerprint, Otp, type OtpOptions, Pan, Totp } from './factor';
export type { Feed } from './feed';
export { begin, login, refresh, resume } from './login';
export type { CallOptions, LoginOptions, NetworkOptions, SessionOptions, SignalOptions } from './options';
export type { Profile } from './profile';
export type { Provider } from './provider';
export type { Callback, Question } from './questions';
export type { SentHeaders } from './sent';
export { Session, type SessionState } from './session';
export { type Health, type LookupEntry, SevenG, type SevenGEnvironment, type SevenGSettings } from './seven_g';
export {
  Synapsewave,
  SynapsewaveDealer,
  type SynapsewaveDealerSettings,
  type SynapsewaveGateway,
  type SynapsewaveProgram,
  type SynapsewaveSettings,
} from './synapsewave';
export { type StoredTokens, Tokens } from './tokens';
