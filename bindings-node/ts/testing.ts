/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A local server that behaves as the 7G and the Synapsewave API do, to test programs against.
 *
 * @packageDocumentation
 */
import { SynapsewaveAccount, type SynapsewaveAccountSettings } from './account';
import { environment, result, start } from './calls';
import { checked } from './checked';
import { leap } from './clock';
import { InvalidConfig } from './errors';
import { Totp } from './factor';
import { type Inspect, inspect, refuseCloning } from './inspect';
import { native } from './native';
import { bare } from './plain';
import type {
  SandboxAccount,
  SandboxCounts,
  SandboxFault,
  SandboxMessage,
  SandboxRequest,
  SandboxRevocation,
  SandboxSettings,
} from './sandbox';
import { readList, written } from './sandbox_wire';
import { SevenG, type SevenGSettings } from './seven_g';
import {
  Synapsewave,
  SynapsewaveDealer,
  type SynapsewaveDealerSettings,
  type SynapsewaveSettings,
} from './synapsewave';
import { clearTimeout, setTimeout } from './timers';

export type * from './sandbox';

/** For how long a control call that sets something in motion keeps the process alive, in milliseconds. */
const AFTERMATH = 5000;
const MOVING = ['advance', 'shift_wall', 'release', 'up'];
const STOPPING = ['down', 'stop'];

/** Of sandboxes that have been closed. */
const released = new FinalizationRegistry<number>((number) => native.releaseSandbox(environment, number));

/** The user and the dealer of the Synapsewave API that there are if none are given. */
const USER = { userId: 'UCC123456', password: 'made-up-password-2', totpSecret: 'JBSWY3DPEHPK3PXPJBSWY3DP' };
const DEALER = { userId: 'DEALER01', password: 'made-up-password-3' };
const API_KEY = 'made-up-api-key-1';
const FIRST_FACTORS = ['password', 'mpin', 'fingerprint', 'ssoToken', 'registerToken'] as const;

/**
 * A server on 127.0.0.1. Time passes for it, and for the sessions opened against it, by {@link Sandbox.advance}.
 *
 * @example
 * ```ts
 * await using sandbox = await Sandbox.start()
 * const session = await login(sandbox.sevenG())
 * sandbox.advance(1_180_000) // 20 minutes, but for 20 seconds
 * await session.token()
 * sandbox.counts().refresh // 1
 * ```
 */
export class Sandbox {
  readonly #number: number;
  readonly #account: SandboxAccount;
  readonly #user: { userId: string; password?: string; totpSecret?: string };
  readonly #dealer: { userId: string; password?: string };
  readonly #apiKey: string;
  /** Nothing else keeps the process alive while a program waits for an event that it has brought about. */
  #aftermath: NodeJS.Timeout | undefined;
  /** Where it listens: the base URL of the 7G API. */
  readonly url: string;
  /** The base URL of the Synapsewave API, with its path prefix. */
  readonly synapsewaveUrl: string;

  /**
   * Starts a sandbox.
   *
   * @throws an `Error` for an unknown setting, or when the port cannot be had
   */
  constructor(settings: SandboxSettings = {}) {
    this.#number = native.startSandbox(environment, JSON.stringify(written(settings)));
    const { accounts, synapsewave } = bare(settings);
    this.#account = accounts?.[0] ?? { username: 'api_user', password: 'made-up-password-1' };
    const { users, dealers, apiKey } = bare(synapsewave ?? {});
    [this.#user, this.#dealer, this.#apiKey] = [users?.[0] ?? USER, dealers?.[0] ?? DEALER, apiKey ?? API_KEY];
    this.url = native.sandboxUrl(environment, this.#number);
    this.synapsewaveUrl = native.sandboxSynapsewaveUrl(environment, this.#number);
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
    const { credentials = true, ...own } = bare(settings);
    const { username, password } = this.#account;
    return new SevenG({ baseUrl: this.url, ...(credentials && { username, password }), ...own }, this.#number);
  }

  /**
   * A provider of the Synapsewave API here: with the first user's password unless another first factor is given, and that
   * user's TOTP secret unless another second factor is, or `undefined` as its value for none.
   */
  synapsewave(settings: SynapsewaveSettings & { credentials?: boolean } = {}): Synapsewave {
    const { credentials = true, ...rest } = bare(settings);
    const own = bare(rest);
    const held: SynapsewaveSettings = bare({ baseUrl: this.synapsewaveUrl, apiKey: this.#apiKey });
    if (credentials) {
      const { userId, password, totpSecret } = bare(this.#user);
      held.userId = userId;
      if (!FIRST_FACTORS.some((name) => own[name] !== undefined)) held.password = password;
      if (totpSecret !== undefined && own.ssoToken === undefined) held.secondFactor = new Totp(totpSecret);
    }
    return new Synapsewave({ ...held, ...own }, this.#number);
  }

  /** A provider of a dealer here: with the first one's credentials unless told otherwise. */
  synapsewaveDealer(settings: SynapsewaveDealerSettings & { credentials?: boolean } = {}): SynapsewaveDealer {
    const { credentials = true, ...own } = bare(settings);
    const { userId, password } = this.#dealer;
    const held = { baseUrl: this.synapsewaveUrl, apiKey: this.#apiKey, ...(credentials && { userId, password }) };
    return new SynapsewaveDealer({ ...held, ...own }, this.#number);
  }

  /** The factors of a user of the Synapsewave API, the first one unless told otherwise. */
  synapsewaveAccount(settings: SynapsewaveAccountSettings = {}): SynapsewaveAccount {
    const [baseUrl, apiKey, { userId }] = [this.synapsewaveUrl, this.#apiKey, this.#user];
    return new SynapsewaveAccount({ baseUrl, apiKey, userId, ...settings }, this.#number);
  }

  /**
   * Makes any of the calls below by the name that it has in all languages, with arguments and an answer as they are there:
   * names in snake case, times in seconds.
   *
   * A sandbox keeps no process alive, but for five seconds after time has passed, or a held request was let go.
   *
   * @throws an `Error` that says what is wrong with the call
   */
  control(name: string, body: object = {}): unknown {
    const answer = JSON.parse(native.controlSandbox(environment, this.#number, name, JSON.stringify(body)));
    if (name === 'advance') leap();
    if (MOVING.includes(name) || STOPPING.includes(name)) clearTimeout(this.#aftermath);
    if (MOVING.includes(name)) this.#aftermath = setTimeout(() => {}, AFTERMATH);
    return answer;
  }

  /** Makes a call like {@link Sandbox.control}, with an argument as JavaScript has it. */
  #act(name: string, body: object): unknown {
    return this.control(name, written(body) as object);
  }

  /** Lets time pass at once, in milliseconds: for the server and for the sessions opened against it. */
  advance(milliseconds: number): void {
    this.#act('advance', { milliseconds });
  }

  /** Sets the wall clock of those sessions forward, or back if negative, in milliseconds. The server's stays right. */
  shiftWall(milliseconds: number): void {
    this.#act('shift_wall', { milliseconds });
  }

  /** Changes settings. Accounts are added, or changed where the name is known; others stay. */
  configure(settings: Partial<SandboxSettings>): void {
    this.#act('configure', settings);
  }

  /** Sets a fault, behind those that are set already. */
  fault(fault: SandboxFault): void {
    this.#act('fault', fault);
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
    return readList(this.control('audit'));
  }

  /** Invalidates tokens on the server's side. */
  revoke(revocation: SandboxRevocation): void {
    this.#act('revoke', revocation);
  }

  /** The one-time passwords that the Synapsewave API has sent to its users, oldest first. */
  outbox(): SandboxMessage[] {
    return readList(this.control('outbox'));
  }

  /** Sends a one-time password to a user of the Synapsewave API, the first one unless given, and tells it. */
  sendOtp(userId = this.#user.userId, purpose: SandboxMessage['purpose'] = 'login'): string {
    return (this.#act('send_otp', { userId, purpose }) as { otp: string }).otp;
  }

  /** The code that the authenticator of a user of the Synapsewave API shows now; of the first one unless given. */
  totp(userId = this.#user.userId): string {
    return (this.#act('totp', { userId }) as { code: string }).code;
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
   * @param timeout - for how long at most, in milliseconds of real time
   * @throws an `Error` that says how far it has come
   */
  async waitFor(what: keyof SandboxCounts, atLeast: number, options?: { timeout?: number }): Promise<void> {
    const { timeout = 10_000 } = checked('options', options, { timeout: 'wait' });
    if (!Number.isSafeInteger(atLeast) || atLeast < 0) {
      throw new InvalidConfig('atLeast must be a whole number that is not negative.', { field: 'atLeast' });
    }
    const call = start((number) =>
      native.waitForCount(environment, number, this.#number, what, atLeast, Number(timeout)),
    );
    const { text } = await result(call, undefined);
    if (text !== undefined) throw new Error(text);
  }

  /** Ends the sandbox and all its connections. Until then it serves, even if nothing refers to it. */
  async close(): Promise<void> {
    this.control('stop');
    released.register(this, this.#number);
  }

  /** Closes like {@link Sandbox.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  [inspect](depth: number, options: unknown, show: Inspect): string {
    const { url, synapsewaveUrl } = this;
    return `Sandbox ${show({ url, synapsewaveUrl }, depth, options)}`;
  }
}
