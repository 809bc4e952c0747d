/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A local server that behaves as the 7G API does, to test programs against.
 *
 * @packageDocumentation
 */
import { environment, result, start } from './calls';
import { leap } from './clock';
import { camelCase, InvalidConfig } from './errors';
import { type Inspect, inspect, refuseCloning } from './inspect';
import { native } from './native';
import { SevenG, type SevenGSettings } from './provider';

/** Somebody who may log in. */
export interface SandboxAccount {
  username: string;
  password: string;
  /** The account exists but may neither log in nor refresh. */
  disabled?: boolean;
}

/** How a sandbox behaves. Times in seconds. */
export interface SandboxSettings {
  /** Who may log in: unless given, `api_user` with `made-up-password-1`. */
  accounts?: SandboxAccount[];
  /** How long an access token lives; 1200 unless given. */
  accessTokenLifetime?: number;
  /** How long a refresh token lives; 30 days unless given. */
  refreshTokenLifetime?: number;
  /** How many failed logins in which time lock an account, and for how long; 3, 600 and 600 unless given. */
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
  /** Whether answers carry a Date header; true unless given. */
  dateHeader?: boolean;
  /** The port to listen on; any that is free unless given. */
  port?: number;
}

/** Trouble on demand. Faults queue up; the first that matches a request and has times left is used. */
export interface SandboxFault {
  /** Which requests it hits. */
  on: 'login' | 'refresh' | 'account' | 'health' | 'lookup' | 'any';
  /** What happens: see the fields below for what each takes. */
  fault: 'drop' | 'delay' | 'hold' | 'answer' | 'garbage' | 'half' | 'oversize' | 'redirect';
  /** Before the server acts (unless given), or after: then it has rotated the tokens for real. */
  when?: 'before' | 'after';
  /** How often; 1 unless given, `null` until it is cleared. */
  times?: number | null;
  /** `delay`: for how long, by the sandbox's clock. */
  seconds?: number;
  /** `answer`: the HTTP status. */
  status?: number;
  /** `answer`: the body. */
  body?: string;
  /** `answer`: more headers. */
  headers?: Record<string, string>;
  /** `answer`: the Retry-After header, in seconds from now. */
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
  connections: number;
  total: number;
}

/** One request as the server saw it, without secrets. */
export interface SandboxRequest {
  /** When, by the server's clock. */
  at: Date;
  method: string;
  path: string;
  kind: string;
  authorization: 'none' | 'raw' | 'bearer';
  version: string | null;
  contentType: string | null;
  username: string | null;
  /** The number of the refresh token, in the order of issue. */
  token: number | null;
  /** Nothing where the connection was cut. */
  status: number | null;
  verdict: string;
  fault: string | null;
}

/** What to invalidate on the server. */
export interface SandboxRevocation {
  username: string;
  what: 'access' | 'refresh' | 'session' | 'all';
  /** Which of the user's sessions, in the order of login from 0; all unless given. */
  session?: number;
}

/** For how long a control call that sets something in motion keeps the process alive, in milliseconds. */
const AFTERMATH = 5000;
const MOVING = ['advance', 'shift_wall', 'release', 'up'];
const STOPPING = ['down', 'stop'];

/** Of sandboxes that have been closed. */
const released = new FinalizationRegistry<number>((number) => native.releaseSandbox(environment, number));

/** Values whose own keys are data. */
const VERBATIM = ['headers'];

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function snakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCased);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, part]) => [
    snakeCase(name),
    VERBATIM.includes(name) ? part : snakeCased(part),
  ]);
  return Object.fromEntries(entries);
}

function camelCased(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [camelCase(name), value]));
}

/**
 * A server on 127.0.0.1. Time passes for it, and for the sessions opened against it, by {@link Sandbox.advance}.
 *
 * @example
 * ```ts
 * await using sandbox = await Sandbox.start()
 * const session = await login(sandbox.sevenG())
 * sandbox.advance(1180)
 * await session.token()
 * sandbox.counts().refresh // 1
 * ```
 */
export class Sandbox {
  readonly #number: number;
  readonly #account: SandboxAccount;
  /** Nothing else keeps the process alive while a program waits for an event that it has brought about. */
  #aftermath: NodeJS.Timeout | undefined;
  /** Where it listens. */
  readonly url: string;

  /**
   * Starts a sandbox.
   *
   * @throws an `Error` for an unknown setting, or when the port cannot be had
   */
  constructor(settings: SandboxSettings = {}) {
    this.#number = native.startSandbox(environment, JSON.stringify(snakeCased(settings)));
    this.#account = settings.accounts?.[0] ?? { username: 'api_user', password: 'made-up-password-1' };
    this.url = native.sandboxUrl(environment, this.#number);
    refuseCloning(this);
  }

  /** Starts a sandbox; it listens when this is done. */
  static async start(settings?: SandboxSettings): Promise<Sandbox> {
    return new Sandbox(settings);
  }

  /**
   * A provider for this sandbox, whose sessions go by its clock: with the first account's credentials unless told
   * otherwise, and with none where `credentials` is false.
   */
  sevenG(settings: Omit<SevenGSettings, 'environment'> & { credentials?: boolean } = {}): SevenG {
    const { credentials = true, ...own } = settings;
    const { username, password } = this.#account;
    return new SevenG({ baseUrl: this.url, ...(credentials && { username, password }), ...own }, this.#number);
  }

  /**
   * Makes any of the calls below by the name that it has in all languages.
   *
   * A sandbox keeps no process alive, but for five seconds after time has passed, or a held request was let go.
   *
   * @throws an `Error` that says what is wrong with the call
   */
  control(name: string, body: object = {}): unknown {
    const answer = JSON.parse(native.controlSandbox(environment, this.#number, name, JSON.stringify(snakeCased(body))));
    if (name === 'advance') leap();
    if (MOVING.includes(name)) this.#aftermath = (this.#aftermath ?? setTimeout(() => {}, AFTERMATH)).refresh();
    if (STOPPING.includes(name)) {
      clearTimeout(this.#aftermath);
      this.#aftermath = undefined;
    }
    return answer;
  }

  /** Lets time pass at once, in seconds: for the server and for the sessions opened against it. */
  advance(seconds: number): void {
    this.control('advance', { seconds });
  }

  /** Sets the wall clock of those sessions forward, or back if negative, in seconds. The server's stays right. */
  shiftWall(seconds: number): void {
    this.control('shift_wall', { seconds });
  }

  /** Changes settings. Accounts are added, or changed where the name is known; others stay. */
  configure(settings: Partial<SandboxSettings>): void {
    this.control('configure', settings);
  }

  /** Sets a fault, behind those that are set already. */
  fault(fault: SandboxFault): void {
    this.control('fault', fault);
  }

  /** Forgets all faults. Requests that are held or delayed stay so. */
  clearFaults(): void {
    this.control('clear_faults');
  }

  /** Lets all held requests go on. */
  release(): void {
    this.control('release');
  }

  /** What went over the wire, in numbers. */
  counts(): SandboxCounts {
    return this.control('counts') as SandboxCounts;
  }

  /** What went over the wire, oldest first: at most the last 100,000 requests. */
  audit(): SandboxRequest[] {
    const requests = this.control('audit') as Array<Record<string, unknown>>;
    return requests.map((request) => {
      const at = new Date(Number(request.at) * 1000);
      return { ...camelCased(request), at } as unknown as SandboxRequest;
    });
  }

  /** Invalidates tokens on the server's side. */
  revoke(revocation: SandboxRevocation): void {
    this.control('revoke', revocation);
  }

  /** Stops listening and cuts all connections: to connect is refused from now on. */
  down(): void {
    this.control('down');
  }

  /** Listens again, on the same port. */
  up(): void {
    this.control('up');
  }

  /**
   * Waits until a count has come that far; requests are counted when they have arrived, before the server acts.
   *
   * @param timeout - for how long at most, in seconds of real time
   * @throws an `Error` that says how far it has come
   */
  async waitFor(what: keyof SandboxCounts, atLeast: number, { timeout = 10 } = {}): Promise<void> {
    if (!Number.isSafeInteger(atLeast) || atLeast < 0) {
      throw new InvalidConfig('atLeast must be a whole number that is not negative.', { field: 'atLeast' });
    }
    const call = start((number) => native.waitForCount(environment, number, this.#number, what, atLeast, timeout));
    const { text } = await result(call, undefined);
    if (text !== undefined) throw new Error(text);
  }

  /** Ends the sandbox and all its connections. Until then it serves, whoever refers to it. */
  async close(): Promise<void> {
    this.control('stop');
    released.register(this, this.#number);
  }

  /** The same as {@link Sandbox.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  [inspect](depth: number, options: unknown, show: Inspect): string {
    return `Sandbox ${show({ url: this.url }, depth, options)}`;
  }
}
