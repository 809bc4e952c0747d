/**
 * The native half: loading it, and the shapes of what crosses. Private to the package.
 */
import { join } from 'node:path';

import { agree } from './agree';
import { checkVersion, loaded } from './version';

/** What comes back: the end of a call, an event, or a question. */
export interface Message {
  /** The number of the call, or of the watch whose event it is, or of the callback that is asked. */
  number: number;
  error?: string;
  text?: string;
  session?: number;
  challenge?: number;
  /** The number under which the callback is to answer. */
  question?: number;
  /** The number of what a callback threw and nothing refers to any more. */
  forget?: number;
  /** The number of a question whose answer is not wanted any more. */
  withdrawn?: number;
}

/** A message as it crosses, in the order of its fields. */
export type Crossing = ReadonlyArray<number | string | null>;

/** The settings of a session as the native half takes them. */
export interface NativeSessionSettings {
  relogin?: string;
  keepAlive?: boolean;
  force?: boolean;
  mandatoryMargin?: number;
  advisoryMargin?: number;
  timeout?: number;
  exchangeTimeout?: number;
  proxy?: string;
  caCertificates?: string | Uint8Array;
  clientCertificate?: string | Uint8Array;
  localAddress?: string;
  addressFamily?: string;
  userAgent?: string;
}

/** The settings of a 7G provider as the native half takes them. */
export interface NativeSevenGSettings {
  username?: string;
  password?: string;
  environment?: string;
  baseUrl?: string;
  bearer?: boolean;
  allowInsecure?: boolean;
}

/** The settings of Synapsewave as the native half takes them: of a user, of a dealer or of an account. */
export interface NativeSynapsewaveSettings {
  baseUrl?: string;
  userId?: string;
  apiKey?: string;
  xApiKey?: string;
  withoutXApiKey?: boolean;
  password?: string;
  mpin?: string;
  fingerprint?: string;
  ssoToken?: string;
  ssoCallback?: number;
  ssoTimeout?: number;
  registerToken?: string;
  loginType?: string;
  secondFactor?: number;
  source?: string;
  udid?: string;
  version?: string;
  buildVersion?: string;
  deviceInfo?: string;
  allowInsecure?: boolean;
}

/** Tokens as the native half takes them. */
export interface NativeTokens {
  accessToken: string;
  refreshToken?: string;
  /** Milliseconds since 1970. */
  expiresAt?: number;
}

/** The functions of the addon. Those that answer `number | string` answer an error as JSON text. */
export interface Native {
  connect(receive: (messages: Crossing[]) => void, main: boolean): number;
  hold(environment: number, alive: boolean): void;
  cancel(environment: number, call: number): void;
  version(): string;
  claim(wanted: boolean): boolean;
  names(): { codes: string[]; recoveries: string[]; causes: string[]; events: string[] };

  totp(environment: number, secret: string): number | string;
  otp(environment: number, callback: number, timeout?: number): number | string;
  fingerprint(environment: number, udid: string): number | string;
  pan(environment: number, pan: string): number | string;
  releaseFactor(environment: number, factor: number): void;
  answerQuestion(environment: number, question: number, answer: string | undefined, thrown?: number): void;

  sevenG(environment: number, settings: NativeSevenGSettings, sandbox?: number): number | string;
  synapsewave(environment: number, settings: NativeSynapsewaveSettings, sandbox?: number): number | string;
  synapsewaveDealer(environment: number, settings: NativeSynapsewaveSettings, sandbox?: number): number | string;
  describeProvider(environment: number, provider: number): string;
  releaseProvider(environment: number, provider: number): void;
  health(environment: number, call: number, provider: number, settings: NativeSessionSettings): void;
  lookup(
    environment: number,
    call: number,
    provider: number,
    name: string | undefined,
    settings: NativeSessionSettings,
  ): void;

  synapsewaveAccount(environment: number, settings: NativeSynapsewaveSettings, sandbox?: number): number | string;
  describeAccount(environment: number, account: number): string;
  callAccount(
    environment: number,
    call: number,
    account: number,
    operation: string,
    args: string,
    session: number | undefined,
    settings: NativeSessionSettings,
  ): void;
  releaseAccount(environment: number, account: number): void;

  begin(environment: number, call: number, provider: number, settings: NativeSessionSettings): void;
  describeChallenge(environment: number, challenge: number): string;
  complete(environment: number, call: number, challenge: number, kind: string, value: string): void;
  releaseChallenge(environment: number, challenge: number): void;

  login(environment: number, call: number, provider: number, settings: NativeSessionSettings): void;
  resume(environment: number, provider: number, tokens: NativeTokens, settings: NativeSessionSettings): number | string;
  refreshTokens(
    environment: number,
    call: number,
    provider: number,
    tokens: NativeTokens,
    settings: NativeSessionSettings,
  ): void;
  token(environment: number, call: number, session: number, timeout?: number): void;
  freshToken(environment: number, session: number): [token: string, freshFor: number] | null;
  headersFor(environment: number, session: number, token: string): string;
  refresh(environment: number, call: number, session: number, timeout?: number): void;
  reportUnauthorized(
    environment: number,
    call: number,
    session: number,
    sent: string | Array<[string, string]>,
    timeout?: number,
  ): void;
  logout(environment: number, call: number, session: number): void;
  validate(environment: number, call: number, session: number): void;
  feed(environment: number, call: number, session: number, timeout?: number): void;
  state(environment: number, session: number): string;
  expiresAt(environment: number, session: number): number | null;
  describeSession(environment: number, session: number): string;
  profile(environment: number, session: number): string;
  sessionChallenge(environment: number, session: number): number | null;
  tokens(environment: number, session: number): string | null;
  watch(environment: number, session: number, watch: number): void;
  releaseSession(environment: number, session: number): void;

  startSandbox(environment: number, settings: string): number;
  sandboxUrl(environment: number, sandbox: number): string;
  sandboxSynapsewaveUrl(environment: number, sandbox: number): string;
  controlSandbox(environment: number, sandbox: number, name: string, body: string): string;
  waitForCount(
    environment: number,
    call: number,
    sandbox: number,
    what: string,
    atLeast: number,
    timeout: number,
  ): void;
  releaseSandbox(environment: number, sandbox: number): void;
}

/** The file names that the addon may have on this machine: on Linux it depends on the C library. */
function candidates(): string[] {
  const libraries = process.platform === 'linux' ? ['-gnu', '-musl'] : [''];
  return libraries.map((library) => `relatch.${process.platform}-${process.arch}${library}.node`);
}

/** The one that the process uses: another copy of the package may have loaded it, in this thread or in another. */
function load(): Native {
  const names = candidates();
  const find = () => loaded(names);
  // Looked for once more when it is there: another thread may have loaded another one meanwhile.
  const own = find().length === 0 ? loadOwn(names) : undefined;
  const native = agree(
    () => (find().length === 0 && own !== undefined ? [own] : find()),
    (path) => openLoaded(path),
  );
  if (native === undefined) throw new Error(gone(find()[0] ?? own ?? __dirname));
  return native;
}

/** @returns the path of this copy's own */
function loadOwn(names: readonly string[]): string {
  const failures: unknown[] = [];
  const path = names.map((name) => join(__dirname, name)).find((path) => open(path, failures));
  if (path !== undefined) return path;
  const message = `relatch has no native addon for ${process.platform} on ${process.arch} that loads here.`;
  throw new AggregateError(failures, message);
}

/** One that the process has loaded. */
function openLoaded(path: string): Native {
  const failures: unknown[] = [];
  const addon = open(path, failures);
  if (!addon) throw new AggregateError(failures, gone(path));
  checkVersion(addon, path);
  return addon;
}

function gone(path: string): string {
  return (
    `relatch is in use already in this process, from ${path}, and that cannot be opened once more: start the program ` +
    'anew. Two native addons would count failed logins apart and lock accounts.'
  );
}

function open(path: string, failures: unknown[]): Native | undefined {
  try {
    return require(path) as Native;
  } catch (error) {
    failures.push(error);
    return undefined;
  }
}

export const native: Native = load();
