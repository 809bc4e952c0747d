/**
 * Waits that calls share: equal calls of one turn of the event loop begin one wait in the native half.
 */
import { type Call, isUnderWay } from './calls';

/** What is waited for. */
export type Awaited = 'token' | 'refresh';

const ALL: readonly Awaited[] = ['token', 'refresh'];

/** The waits that began in this turn of the event loop, by the number of their session. */
const begun = { token: new Map<number, Call>(), refresh: new Map<number, Call>() };

/**
 * The wait of this turn for a session, or a new one.
 *
 * @param session - the number of the session
 * @param begin - makes a new one
 *
 * @internal
 */
export function sharedWait(what: Awaited, session: number, begin: () => Call): Call {
  const waits = begun[what];
  const joined = waits.get(session);
  if (joined && isUnderWay(joined)) return joined;
  const call = begin();
  waits.set(session, call);
  queueMicrotask(() => waits.delete(session));
  return call;
}

/**
 * Lets no later call join a wait that has begun.
 *
 * @param session - the number of the session
 *
 * @internal
 */
export function endSharing(session: number, whats: readonly Awaited[] = ALL): void {
  for (const what of whats) begun[what].delete(session);
}
