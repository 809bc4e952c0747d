/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Sessions: the handle that callers hold.
 */
import { type Call, challengeOf, environment, result, start, watch } from './calls';
import type { Challenge } from './challenge_type';
import { checked } from './checked';
import { freshUntil, isBefore, watchClock } from './clock';
import { isHeard, listenTo, receive, SessionEmitter, tell } from './emitter';
import { InvalidConfig } from './errors';
import { readEvent, type SessionEvent } from './events';
import { type Feed, readFeed } from './feed';
import { Handed } from './handed';
import { type Inspect, inspect, refuseCloning } from './inspect';
import { native } from './native';
import { type CallOptions, callOptions, type SignalOptions } from './options';
import { readObject } from './plain';
import { type Profile, readProfile } from './profile';
import { carriedBy, type SentHeaders } from './sent';
import { type Awaited, endSharing, sharedWait } from './shared_waits';
import { throwIfAborted } from './signals';
import { moment } from './time';
import { setImmediate } from './timers';
import { readTokens, type Tokens } from './tokens';

/** What a session is doing. */
export type SessionState = 'new' | 'logging_in' | 'active' | 'refreshing' | 'challenged' | 'needs_login' | 'closed';

const released = new FinalizationRegistry<number>((number) => native.releaseSession(environment, number));

/** What is handed out while it is fresh. */
interface Fresh {
  /** A promise that has been kept. */
  readonly token: Promise<string>;
  readonly until: number;
  headers: Record<string, string> | undefined;
}

const ended = new FinalizationRegistry<() => void>((end) => end());

/** What sessions keep for as long as they live themselves: the callbacks that their logins ask. */
const owners = new WeakMap<Session, object>();

let opening = false;

let deliver: (session: Session, event: SessionEvent) => void;

/**
 * What is called with a session's events. Made out here, where nothing but the weak reference is at hand: what listens to
 * the native half must not keep the session.
 */
function receiver(weak: WeakRef<Session>): (text: string) => void {
  return (text) => {
    const session = weak.deref();
    if (session) deliver(session, readEvent(text));
  };
}

/**
 * A session by its number in the native half.
 *
 * @param owner - what holds the callbacks that its logins ask, if there are any
 *
 * @internal
 */
export let openSession: (number: number, owner: object | undefined) => Session;

/**
 * The number of a session in the native half.
 *
 * @internal
 */
export let sessionNumber: (session: Handed) => number;

/**
 * Says that a session's tokens may be replaced from now on: nothing of before is handed out or joined any more.
 *
 * @internal
 */
export let expectChange: (session: Session) => void;

/**
 * A session that stays valid. `login` and `resume` make it.
 *
 * A session that nothing refers to ends: no event of it is delivered any more.
 */
export class Session extends SessionEmitter {
  // Three words and no more: a program may hold very many sessions that it seldom uses.
  readonly #number: number;
  #fresh: Fresh | undefined = undefined;

  private constructor(number: number) {
    if (!opening) throw new TypeError('A session is made by login or resume.');
    super();
    this.#number = number;
    released.register(this, number);
    refuseCloning(this);
    watchClock();
  }

  static {
    openSession = (number, owner) => {
      opening = true;
      const session = new Session(number);
      opening = false;
      if (owner) owners.set(session, owner);
      return session;
    };
    deliver = (session, event) => {
      session.#fresh = undefined;
      tell(session, event);
    };
    expectChange = (session) => session.#expectChange();
    sessionNumber = (given) => {
      const number = given.map((session) =>
        typeof session === 'object' && session !== null && #number in session ? session.#number : undefined,
      );
      const found = number.take();
      if (found !== undefined) return found;
      throw new InvalidConfig('session must be a Session.', { field: 'session' });
    };
  }

  /**
   * An access token with at least 30 seconds to live, while the server answers.
   *
   * A fresh one is handed out at once. Else this waits for the one refresh, or login, that all callers share; if that
   * fails, the old token is handed out to its real end.
   *
   * @throws {@link ReloginRequired}, {@link ClosedError}, {@link RequestTimeout}, and what `login` throws
   */
  token(options?: CallOptions): Promise<string> {
    // Not an async function: a promise that has been kept already costs nothing but the await.
    const fresh = this.#fresh;
    if (options === undefined && fresh !== undefined && isBefore(fresh.until)) return fresh.token;
    const handed = new Handed(options);
    options = undefined;
    return this.#obtain(handed);
  }

  async #obtain(options: Handed): Promise<string> {
    const { signal, timeout } = callOptions(options);
    throwIfAborted(signal);
    const fresh = native.freshToken(environment, this.#number);
    if (fresh) return this.#keep(...fresh);
    // Not kept: it may have been replaced since it was sent here. The next call asks whether it is fresh.
    return (await result(this.#ask('token', timeout), signal)).text ?? '';
  }

  #ask(what: Awaited, timeout: number | undefined): Call {
    const begin = () => start((call) => native[what](environment, call, this.#number, timeout), this);
    return timeout === undefined ? sharedWait(what, this.#number, begin) : begin();
  }

  /** Before a call that acts on the session: later calls must not join a wait that began before it. */
  #endSharing(whats?: readonly Awaited[]): void {
    endSharing(this.#number, whats);
    this.#fresh = undefined;
  }

  #expectChange(): void {
    listenTo(this);
    this.#endSharing();
  }

  #keep(token: string, milliseconds: number): string {
    this.#fresh = { token: Promise.resolve(token), until: freshUntil(milliseconds), headers: undefined };
    return token;
  }

  /**
   * The headers that authorise a request, as a new object.
   *
   * @throws as {@link Session.token}
   */
  headers(options?: CallOptions): Promise<Record<string, string>> {
    const token = this.token(options);
    const fresh = this.#fresh;
    if (fresh?.token === token && fresh.headers) return Promise.resolve({ ...fresh.headers });
    return this.#addHeaders(token);
  }

  async #addHeaders(token: Promise<string>): Promise<Record<string, string>> {
    const headers = JSON.parse(native.headersFor(environment, this.#number, await token));
    if (this.#fresh?.token === token) this.#fresh.headers = { ...headers };
    return headers;
  }

  /**
   * Gets new tokens now. Calls at the same time share one exchange.
   *
   * While the server cannot be reached or is busy this waits and tries again until its time is up; calls for a token go
   * on with the old one meanwhile. Where the system has no refresh this is a login, for which a callback may ask a human
   * for the second factor.
   *
   * @throws as {@link Session.token}; a failure leaves a valid token in use
   */
  async refresh(options?: CallOptions): Promise<Tokens> {
    const handed = new Handed(options);
    options = undefined;
    const { signal, timeout } = callOptions(handed);
    throwIfAborted(signal);
    listenTo(this);
    this.#endSharing(['token']);
    const call = this.#ask('refresh', timeout);
    const { text = '' } = await result(call, signal);
    this.#fresh = undefined;
    return readTokens(text);
  }

  /**
   * Says that the server refused a request, and returns a token to try again with.
   *
   * Only the current token causes a refresh, and only one. For an older one the current token is returned; so is one that
   * came less than 5 seconds ago, for the refused request may have carried the one before it: try again with that.
   *
   * @param sent - what the request carried: the token, the value of the header with or without its scheme, or all headers
   * @throws as {@link Session.token}; {@link ReloginRequired} where new tokens are refused as well; {@link InvalidConfig}
   *   for what this session never had
   */
  async reportUnauthorized(sent: string | SentHeaders, options?: CallOptions): Promise<string> {
    const [handed, given] = [new Handed(options), new Handed(sent)];
    [options, sent] = [undefined, ''];
    const carried = carriedBy(given);
    const { signal, timeout } = callOptions(handed);
    throwIfAborted(signal);
    this.#expectChange();
    const begin = (number: number) =>
      native.reportUnauthorized(environment, number, this.#number, carried.take(), timeout);
    const { text = '' } = await result(start(begin, this), signal);
    this.#fresh = undefined;
    return text;
  }

  /**
   * Whether the server still knows the session, by its own word. The token is not checked for its age.
   *
   * Where the server knows it no more, that counts as {@link Session.reportUnauthorized}: the session goes on with a new
   * login if it can make one by itself.
   *
   * @throws {@link InvalidConfig} where the system cannot be asked; else what kept the question from being answered
   */
  async validate(options?: SignalOptions): Promise<boolean> {
    const handed = new Handed(options);
    options = undefined;
    const { signal } = checked('options', handed, { signal: 'signal' }) as SignalOptions;
    throwIfAborted(signal);
    this.#expectChange();
    const { text } = await result(
      start((number) => native.validate(environment, number, this.#number), this),
      signal,
    );
    if (text !== 'true') this.#fresh = undefined;
    return text === 'true';
  }

  /**
   * What is needed to open the market data feed, with a token that is valid now. The event `feed_changed` tells when it
   * is out of date.
   *
   * @throws {@link InvalidConfig} where the system has no feed; else as {@link Session.token}
   */
  async feed(options?: CallOptions): Promise<Feed> {
    const handed = new Handed(options);
    options = undefined;
    const { signal, timeout } = callOptions(handed);
    throwIfAborted(signal);
    const call = start((number) => native.feed(environment, number, this.#number, timeout), this);
    const { text = '' } = await result(call, signal);
    return readFeed(text);
  }

  /**
   * Forgets the tokens, at once, and ends the session on the server where the system can do that: then this waits for
   * the server's answer, whatever that is. 7G has no logout: what it issued lives on at the server until it ends.
   */
  async logout(): Promise<void> {
    this.#endSharing();
    await result(
      start((number) => native.logout(environment, number, this.#number)),
      undefined,
    );
    // One more turn of the event loop, so that listeners are told even where the program ends here.
    if (isHeard(this)) setImmediate(() => {});
  }

  /** Logs out like {@link Session.logout}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.logout();
  }

  /** The system's short name: `7g`, `synapsewave` and the like. */
  get system(): string {
    return this.#describe().system;
  }

  /** Who is logged in, where that is known. */
  get user(): string | undefined {
    return this.#describe().user ?? undefined;
  }

  /** The login that waits for its second factor, if the server waits for one. */
  get challenge(): Challenge | undefined {
    const number = native.sessionChallenge(environment, this.#number);
    return typeof number === 'number' ? (challengeOf(number, this) as Challenge) : undefined;
  }

  /** What the session is doing. */
  get state(): SessionState {
    return native.state(environment, this.#number) as SessionState;
  }

  /** The end of the access token by the server's clock; nothing before a login and after a logout. */
  get expiresAt(): Date | undefined {
    const at = native.expiresAt(environment, this.#number);
    return typeof at === 'number' ? moment(at) : undefined;
  }

  /** The tokens as they are, for programs that keep them elsewhere. No traffic. */
  get tokens(): Tokens | undefined {
    const text = native.tokens(environment, this.#number);
    return typeof text === 'string' ? readTokens(text) : undefined;
  }

  /** What the access token's issuer says in it; empty where the token is no JWT. */
  get claims(): Record<string, unknown> {
    return this.#describe().claims;
  }

  /** The user as the system describes it; empty where it does not. */
  get profile(): Profile {
    return readProfile(native.profile(environment, this.#number));
  }

  #describe(): { system: string; user: string | null; claims: Record<string, unknown> } {
    return readObject(native.describeSession(environment, this.#number));
  }

  /** @internal */
  [receive](): void {
    const end = watch((number) => native.watch(environment, this.#number, number), receiver(new WeakRef(this)));
    ended.register(this, end);
  }

  /** @internal */
  [inspect](depth: number, options: unknown, show: Inspect): string {
    const { system, user } = this.#describe();
    return `Session ${show({ system, user, state: this.state, expiresAt: this.expiresAt }, depth, options)}`;
  }
}
