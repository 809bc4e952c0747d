/**
 * The ways to a session, and to tokens without one.
 */
import { environment, result, start } from './calls';
import { openChallenge } from './challenge';
import type { Challenge } from './challenge_type';
import { decode } from './errors';
import { Handed } from './handed';
import { native } from './native';
import { type LoginOptions, type SessionOptions, sessionOptions } from './options';
import { asksCallbacks, type Provider, providerNumber } from './provider';
import { openSession, type Session } from './session';
import { throwIfAborted } from './signals';
import { readTokens, type StoredTokens, storedTokens, type Tokens } from './tokens';

/** What stands in the place of tokens, and of a provider, once they are handed on. */
const NONE: StoredTokens = Object.freeze({ accessToken: '' });
const NOBODY = undefined as never;

/** What a session must keep of its provider. */
function ownerOf(provider: Provider): Provider | undefined {
  return asksCallbacks(provider) ? provider : undefined;
}

/**
 * Logs in and returns a session that stays valid.
 *
 * A caller whose `signal` aborts, or whose time is up, takes nothing with it: a login that is on the wire goes
 * on and is counted; one that waits for its turn is not sent.
 *
 * @param provider - the system, with credentials
 * @throws {@link InvalidConfig}; {@link InvalidCredentials}, {@link AccountLocked}, {@link AccessDenied},
 *   {@link SecondFactorRequired} as the server says; {@link LockoutGuard} where sending could lock the account;
 *   {@link TransportError} and its kin, {@link RateLimited}, {@link ProtocolError} where no good answer came
 *
 * @example
 * ```ts
 * await using session = await login(new SevenG({ username, password, environment: 'test' }))
 * const answer = await fetch(url, { headers: await session.headers() })
 * ```
 */
export async function login(provider: Provider, options?: LoginOptions): Promise<Session> {
  const [handed, owner] = [new Handed(options), new Handed(provider)];
  [options, provider] = [undefined, NOBODY];
  const { settings, signal } = sessionOptions(handed);
  const number = providerNumber(owner);
  throwIfAborted(signal);
  const { session = 0 } = await result(
    start((call) => native.login(environment, call, number, settings.take()), owner.take()),
    signal,
  );
  return openSession(session, ownerOf(owner.take()));
}

/**
 * Logs in with the first factor alone and returns what the server asks for then.
 *
 * @param provider - the system, with its first factor
 * @throws {@link InvalidConfig} for a system or a first factor that has no such step; else as {@link login}
 *
 * @example
 * ```ts
 * const challenge = await begin(new Synapsewave({ baseUrl, userId, apiKey, password }))
 * console.log(`one of ${challenge.methods}, please`)
 * const session = await challenge.complete({ otp: '123456' })
 * ```
 */
export async function begin(provider: Provider, options?: LoginOptions): Promise<Challenge> {
  const [handed, owner] = [new Handed(options), new Handed(provider)];
  [options, provider] = [undefined, NOBODY];
  const { settings, signal } = sessionOptions(handed);
  const number = providerNumber(owner);
  throwIfAborted(signal);
  const { challenge = 0 } = await result(
    start((call) => native.begin(environment, call, number, settings.take()), owner.take()),
    signal,
  );
  return openChallenge(challenge, ownerOf(owner.take()));
}

/**
 * A session from tokens that are held elsewhere. No traffic.
 *
 * @param provider - the system; with credentials, if the session is to log in by itself when it must
 * @param tokens - of an earlier session
 * @throws {@link InvalidConfig} for an empty token, one that no header can carry, or an `expiresAt` that is no time
 */
export function resume(provider: Provider, tokens: StoredTokens, options?: SessionOptions): Session {
  const [handed, owner, stored] = [new Handed(options), new Handed(provider), new Handed(tokens)];
  [options, provider, tokens] = [undefined, NOBODY, NONE];
  const { settings } = sessionOptions(handed);
  const [number, given] = [providerNumber(owner), storedTokens(stored)];
  const session = native.resume(environment, number, given.take(), settings.take());
  if (typeof session === 'string') throw decode(session, resume);
  return openSession(session, ownerOf(owner.take()));
}

/**
 * Exchanges tokens for new ones, for programs that keep tokens in their own database. No session is kept.
 *
 * Where the system has no refresh at all, which is Synapsewave, this is a login: the provider needs its factors, and its
 * callbacks are asked.
 *
 * @param provider - the system
 * @param tokens - of which the refresh token is spent
 * @throws {@link ReloginRequired} where the refresh token is refused or missing, or the answer was lost; else as
 *   {@link login}
 */
export async function refresh(
  provider: Provider,
  tokens: StoredTokens,
  options?: SessionOptions & { signal?: AbortSignal | undefined },
): Promise<Tokens> {
  const [handed, owner, stored] = [new Handed(options), new Handed(provider), new Handed(tokens)];
  [options, provider, tokens] = [undefined, NOBODY, NONE];
  const { settings, signal } = sessionOptions(handed);
  const [number, given] = [providerNumber(owner), storedTokens(stored)];
  throwIfAborted(signal);
  const call = start(
    (call) => native.refreshTokens(environment, call, number, given.take(), settings.take()),
    owner.take(),
  );
  const { text = '' } = await result(call, signal);
  return readTokens(text);
}
