/**
 * Waiting for signals to abort, with one listener on each signal however many calls it is for: Node warns of a leak
 * where there are more than ten.
 */

interface Watched {
  readonly listener: () => void;
  readonly actions: Set<() => void>;
}

const watched = new WeakMap<AbortSignal, Watched>();

/**
 * Calls `act` when a signal that has not aborted does so.
 *
 * @returns ends the wait; the last one leaves nothing behind on the signal
 */
export function whenAborted(signal: AbortSignal, act: () => void): () => void {
  const { actions } = watched.get(signal) ?? watch(signal);
  actions.add(act);
  return () => {
    if (actions.delete(act) && actions.size === 0) forget(signal);
  };
}

/** @throws the reason of a signal that has aborted already */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw reasonOf(signal);
}

/** Why a signal has aborted: one that is not Node's own may not say. */
export function reasonOf(signal: AbortSignal): unknown {
  return signal.reason === undefined ? new DOMException('This operation was aborted', 'AbortError') : signal.reason;
}

function watch(signal: AbortSignal): Watched {
  const actions = new Set<() => void>();
  const listener = () => {
    forget(signal);
    for (const act of actions) act();
  };
  const made = { listener, actions };
  watched.set(signal, made);
  signal.addEventListener('abort', listener);
  return made;
}

function forget(signal: AbortSignal): void {
  const known = watched.get(signal);
  if (!known) return;
  watched.delete(signal);
  signal.removeEventListener('abort', known.listener);
}
