/**
 * What a sandbox can be told, and what it reports.
 */

/** Somebody who may log in. */
export interface SandboxAccount {
  username: string;
  password: string;
  /** The account exists but may neither log in nor refresh. */
  disabled?: boolean;
}

/** How a sandbox behaves. Times in milliseconds. */
export interface SandboxSettings {
  /** Who may log in: unless given, `api_user` with `made-up-password-1`. */
  accounts?: SandboxAccount[];
  /** How long an access token lives; 20 minutes unless given. */
  accessTokenLifetime?: number;
  /** How long a refresh token lives; 30 days unless given. */
  refreshTokenLifetime?: number;
  /** How many failed logins in which time lock an account, and for how long; 3, ten minutes and ten minutes unless given. */
  lockout?: { failures?: number; window?: number; lockedFor?: number };
  /** Refuse every login and refresh, as for an address that is not on the vendor's list. */
  blocked?: boolean;
  /** By how much the server's clock is wrong. */
  serverClockShift?: number;
  /** Whether a refresh revokes the access tokens before it; true unless given. */
  revokeAccessOnRefresh?: boolean;
  /** Whether a refresh yields a new refresh token; true unless given. */
  rotate?: boolean;
  /** Whether a refresh needs an access token of the same session; true unless given. */
  requireAuthorizationOnRefresh?: boolean;
  /** Whether answers spell their keys in PascalCase. */
  pascalCase?: boolean;
  /** Whether access tokens are random text instead of JWTs. */
  opaqueAccessTokens?: boolean;
  /** How the access tokens of the 7G API write their end; `seconds` unless given. */
  expiryForm?:
    | 'seconds'
    | 'text'
    | 'float'
    | 'milliseconds'
    | 'milliseconds_as_text'
    | 'beyond'
    | 'nonsense'
    | 'absent';
  /** Whether answers carry a Date header; true unless given. */
  dateHeader?: boolean;
  /** Where the server's clock and the sessions' start, in milliseconds since 1970; the machine's time unless given. */
  startsAt?: number | null;
  /** What only the Synapsewave API knows. */
  synapsewave?: SandboxSynapsewaveSettings;
  /** The port to listen on; any that is free unless given. */
  port?: number;
}

/** A broker's user. What is not given is absent, and stays as it is in a user who is there already. */
export interface SandboxUser {
  userId: string;
  /** Needed in a new user. */
  password?: string;
  mpin?: string;
  /** In base32 without padding. */
  totpSecret?: string;
  pan?: string;
  udid?: string;
  ssoTokens?: string[];
  userName?: string;
  /** The user exists but may not log in. */
  disabled?: boolean;
  totpEnabled?: boolean;
  mpinEnabled?: boolean;
  fingerprintEnabled?: boolean;
}

/** A broker's dealer. */
export interface SandboxDealer {
  userId: string;
  /** Needed in a new dealer. */
  password?: string;
  /** The dealer exists but may not log in. */
  disabled?: boolean;
}

/** How the Synapsewave API behaves. Times in milliseconds. */
export interface SandboxSynapsewaveSettings {
  /** What its paths begin with; `/prod/interactive` unless given. */
  pathPrefix?: string;
  /** The key in the bodies; `made-up-api-key-1` unless given. */
  apiKey?: string;
  /** The key in the header, which is not looked at unless given. */
  xApiKey?: string | null;
  /** Who may log in: besides those given `UCC123456`, with every factor there is. */
  users?: SandboxUser[];
  /** The dealers: besides those given `DEALER01` with `made-up-password-3`. */
  dealers?: SandboxDealer[];
  /** What a login does to the user's other sessions; `keeps_first` unless given. */
  secondLogin?: 'keeps_first' | 'ends_first';
  /** The sources that the users' licence covers; both unless given. */
  licensedSources?: string[];
  /** The HTTP status of a refusal that is neither 401 nor 403; 400 unless given. */
  failureStatus?: number;
  /** How a refusal writes its `errors`. */
  errorsForm?: 'text' | 'array' | 'null' | 'absent';
  /** How the answer of validate writes its `data`. */
  validateData?: 'text' | 'capital' | 'boolean' | 'absent';
  /** What validate says of a token that is good no more. */
  deadToken?: 'unauthorized' | 'false';
  /** Whether the broadcast token is one of its own, and not the access token once more. */
  separateBroadcastToken?: boolean;
  /** How long a session lives; to the end of its day in India unless given. */
  sessionLifetime?: number | null;
  /** How long a first step can be completed; 15 minutes unless given. */
  registerTokenLifetime?: number;
  /** How long a one-time password is good; 5 minutes unless given. */
  otpLifetime?: number;
  /** Whether the `data` of a login is a JSON text. */
  dataAsText?: boolean;
  /** Whether an SSO token is good for one login; true unless given. */
  ssoSingleUse?: boolean;
  /** Whether a login that would have succeeded is asked for one more factor. */
  challengeAgain?: boolean;
}

/** Trouble on demand. Faults queue up; the first that matches a request and has times left is used. */
export interface SandboxFault {
  /** Which requests it hits. */
  on: 'login' | 'refresh' | 'account' | 'health' | 'lookup' | 'register' | 'validate' | 'logout' | 'factor' | 'any';
  /** What happens: see the fields below for what each takes. */
  fault: 'drop' | 'delay' | 'hold' | 'answer' | 'garbage' | 'half' | 'oversize' | 'headers' | 'redirect';
  /** Before the server acts (unless given), or after: then it has rotated the tokens for real. */
  when?: 'before' | 'after';
  /** How often; 1 unless given, `null` until it is cleared. */
  times?: number | null;
  /** `delay`: for how long, by the sandbox's clock. */
  milliseconds?: number;
  /** `answer`: the HTTP status. */
  status?: number;
  /** `answer`: the body. */
  body?: string;
  /** `answer`: more headers. */
  headers?: Record<string, string>;
  /** `answer`: the Retry-After header, in milliseconds from now; a header can say whole seconds only. */
  retryAfter?: number;
  /** `answer`: how that header is written. */
  retryAfterForm?: 'seconds' | 'date';
  /** `oversize`: how many; 5 MiB unless given. */
  bytes?: number;
  /** `redirect`: where to. */
  to?: string;
}

/** What went over the wire, in numbers; the names are the same in all languages. */
export interface SandboxCounts {
  login: number;
  login_rejected: number;
  refresh: number;
  refresh_rejected: number;
  /** Refreshes with a token that had been spent: each cost a whole session. */
  reused: number;
  account: number;
  account_rejected: number;
  health: number;
  lookup: number;
  /** First steps of a login, which only lead to a second. */
  register: number;
  register_rejected: number;
  validate: number;
  validate_rejected: number;
  logout: number;
  logout_rejected: number;
  /** Calls that manage a user's factors. */
  factor: number;
  factor_rejected: number;
  /** Codes of a step of which one had arrived before. */
  totp_reused: number;
  connections: number;
  total: number;
}

/** One request as the server saw it, without secrets. */
export interface SandboxRequest {
  /** When, by the server's clock. */
  at: Date;
  method: string;
  path: string;
  system: string;
  kind: string;
  authorization: 'none' | 'raw' | 'bearer';
  version: string | null;
  contentType: string | null;
  username: string | null;
  /** The number of the refresh token, in the order of issue. */
  token: number | null;
  /** Synapsewave: what the header held, and how the body spells these; `fields` are the names of its keys, sorted. */
  xApiKey?: 'none' | 'right' | 'wrong' | 'given';
  loginType?: string;
  secondAuthType?: string;
  source?: string;
  fields?: string[];
  /** Undefined where the connection was cut. */
  status: number | null;
  verdict: string;
  fault: string | null;
}

/** What to invalidate on the server. */
export type SandboxRevocation =
  | {
      username: string;
      what: 'access' | 'refresh' | 'session' | 'all';
      /** Which of the user's sessions, in the order of login from 0; all unless given. */
      session?: number;
    }
  | {
      system: 'synapsewave';
      /** A user or a dealer. */
      userId: string;
      what?: 'access' | 'session' | 'all';
      /** The same. */
      session?: number;
    };

/** A one-time password that the server sent to a user. */
export interface SandboxMessage {
  userId: string;
  purpose: 'login' | 'password' | 'mpin' | 'totp';
  otp: string;
  /** When, by the server's clock. */
  at: Date;
}
