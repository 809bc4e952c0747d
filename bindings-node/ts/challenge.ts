/**
 * Logins between their two steps.
 */
import { environment, makeChallengesBy, result, start } from './calls';
import type { ChallengeDetails, Challenge as ChallengeType } from './challenge_type';
import { checked, type Shape } from './checked';
import { InvalidConfig } from './errors';
import { Handed } from './handed';
import { type Inspect, inspect, refuseCloning } from './inspect';
import { native } from './native';
import type { SignalOptions } from './options';
import { readObject } from './plain';
import { respelt } from './profile';
import { expectChange, openSession, Session } from './session';
import { throwIfAborted } from './signals';
import { moment } from './time';

/** A second factor that a human gives: one of these. */
export type HumanFactor =
  | { readonly totp: string; readonly otp?: undefined; readonly fingerprint?: undefined }
  | { readonly otp: string; readonly totp?: undefined; readonly fingerprint?: undefined }
  | { readonly fingerprint: string; readonly totp?: undefined; readonly otp?: undefined };

const FACTORS: Shape = { totp: 'string', otp: 'string', fingerprint: 'string' };
const OPTIONS: Shape = { signal: 'signal' };

const released = new FinalizationRegistry<number>((number) => native.releaseChallenge(environment, number));

/** What all challenges of one login share. */
interface Login {
  /** The provider, or the session that is logging in again; with it live the callbacks. */
  readonly owner: object | undefined;
  /** The session that it opened, while anybody holds that. */
  session: WeakRef<Session> | undefined;
}

let making = false;

/**
 * A challenge by its number in the native half.
 *
 * @param owner - the provider or the session whose login it is, or an earlier challenge of the same login
 *
 * @internal
 */
export let openChallenge: (number: number, owner: object | undefined) => ChallengeType;

declare module './challenge_type' {
  interface Challenge {
    /**
     * Gives the second factor and returns the session.
     *
     * A caller whose `signal` aborts takes nothing with it: the login goes on, and completing again returns its session,
     * the same object as long as anybody holds that.
     *
     * @param factor - `totp`, `otp` or `fingerprint`
     * @throws {@link InvalidConfig} for a value that cannot be one, with nothing sent and nothing lost;
     *   {@link SecondFactorRejected}; {@link SecondFactorRequired} where the challenge is over; else as `login`
     */
    complete(factor: HumanFactor, options?: SignalOptions): Promise<Session>;
  }
}

/** @internal */
export class Challenge implements ChallengeType {
  readonly #number: number;
  readonly #login: Login;
  readonly methods: readonly string[];
  readonly expiresAt: Date;
  readonly details: ChallengeDetails;

  private constructor(number: number, owner: object | undefined) {
    if (!making) throw new TypeError('A challenge is made by begin.');
    const { methods, expiresAt, details } = readObject(native.describeChallenge(environment, number));
    this.#number = number;
    this.#login = Challenge.#loginOf(owner);
    this.methods = Object.freeze(methods);
    this.expiresAt = moment(expiresAt);
    this.details = Object.freeze(Object.fromEntries(respelt(details)));
    released.register(this, number);
    refuseCloning(this);
  }

  static {
    openChallenge = (number, owner) => {
      making = true;
      try {
        return new Challenge(number, owner);
      } finally {
        making = false;
      }
    };
    makeChallengesBy(openChallenge);
  }

  static #loginOf(owner: object | undefined): Login {
    if (owner instanceof Challenge) return owner.#login;
    return { owner, session: owner instanceof Session ? new WeakRef(owner) : undefined };
  }

  async complete(factor: HumanFactor, options?: SignalOptions): Promise<Session> {
    const [handed, given] = [new Handed(options), new Handed(factor)];
    [options, factor] = [undefined, { otp: '' }];
    const { signal } = checked('options', handed, OPTIONS) as SignalOptions;
    const { kind, value } = onlyOne(given);
    throwIfAborted(signal);
    const held = this.#login.session?.deref();
    if (held) expectChange(held);
    const call = start((number) => native.complete(environment, number, this.#number, kind, value.take()), this);
    const { session = 0 } = await result(call, signal);
    return opened(this.#login, session);
  }

  /** @internal */
  [inspect](depth: number, options: unknown, show: Inspect): string {
    const { methods, expiresAt, details } = this;
    return `Challenge ${show({ methods, expiresAt, details }, depth, options)}`;
  }
}

/**
 * The session that a login opened, by one more number of it. It is the same object as long as anybody holds that: what one
 * holder does to it, such as a logout, another must see at once.
 */
function opened(login: Login, number: number): Session {
  const held = login.session?.deref();
  if (held) {
    native.releaseSession(environment, number);
    expectChange(held);
    return held;
  }
  const session = openSession(number, login.owner);
  login.session = new WeakRef(session);
  return session;
}

function onlyOne(factor: Handed): { kind: string; value: Handed<string> } {
  const given = new Handed(checked('factor', factor, FACTORS));
  const [kind, ...others] = given.map(Object.keys).take();
  if (kind !== undefined && others.length === 0) return { kind, value: given.map((given) => String(given[kind])) };
  throw new InvalidConfig('Give one of totp, otp and fingerprint.', { field: 'factor' });
}
