/**
 * What happens to a session.
 */
import type { ReloginReason } from './errors';
import { readObject } from './plain';
import { moment } from './time';

/** What can happen to a session. */
export type EventKind =
  | 'logged_in'
  | 'login_failed'
  | 'challenged'
  | 'refreshed'
  | 'refresh_failed'
  | 'unauthorized'
  | 'relogin_required'
  | 'feed_changed'
  | 'lockout_guard'
  | 'login_forced'
  | 'store_failed'
  | 'waiting'
  | 'dropped'
  | 'logged_out';

/**
 * All kinds of events.
 *
 * @internal
 */
export const eventKinds: readonly EventKind[] = [
  'logged_in',
  'login_failed',
  'challenged',
  'refreshed',
  'refresh_failed',
  'unauthorized',
  'relogin_required',
  'feed_changed',
  'lockout_guard',
  'login_forced',
  'store_failed',
  'waiting',
  'dropped',
  'logged_out',
];

/** One thing that happened to a session. Holds no secrets. */
export interface SessionEvent<Kind extends EventKind = EventKind> {
  /** What happened. */
  readonly kind: Kind;
  /** When, by the local wall clock. */
  readonly at: Date;
  /** The code of the error, where one was. */
  readonly code?: string;
  /** Why a login is needed. */
  readonly cause?: ReloginReason;
  /** When the next try is due. */
  readonly retryAt?: Date;
  /** The end of the new access token. */
  readonly expiresAt?: Date;
  /** What a login waits for: `totp_step` is the next code of an authenticator. */
  readonly reason?: 'totp_step';
  /** The end of the wait. */
  readonly until?: Date;
  /** How many events were dropped because the program did not come to them. */
  readonly count?: number;
}

/** What is called when something happens. */
export type Listener<Kind extends EventKind = EventKind> = (event: SessionEvent<Kind>) => void;

/**
 * How to listen: for the next event alone, and before the others.
 *
 * @internal
 */
export type How = 'once' | 'first';

interface Registered {
  kind: EventKind | 'event';
  listener: Listener;
  once: boolean;
}

/**
 * The listeners of one session.
 *
 * @internal
 */
export class Listeners {
  #registered: Registered[] = [];

  /** Adds a listener, behind those there are or before them. */
  add(kind: EventKind | 'event', listener: Listener, ...how: How[]): void {
    const added = { kind, listener, once: how.includes('once') };
    this.#registered = how.includes('first') ? [added, ...this.#registered] : [...this.#registered, added];
  }

  /** The listeners of one kind. */
  of(kind: EventKind | 'event'): Listener[] {
    return this.#registered.filter((one) => one.kind === kind).map(({ listener }) => listener);
  }

  /** What is listened to. */
  names(): Array<EventKind | 'event'> {
    return [...new Set(this.#registered.map(({ kind }) => kind))];
  }

  /** Removes all listeners, or all of one kind. */
  removeAll(kind: EventKind | 'event' | undefined): void {
    this.#registered = this.#registered.filter((one) => kind !== undefined && one.kind !== kind);
  }

  /** Removes the listener that was added last. */
  remove(kind: EventKind | 'event', listener: Listener): void {
    const index = this.#registered.findLastIndex((one) => one.kind === kind && one.listener === listener);
    this.#registered = this.#registered.filter((_, place) => place !== index);
  }

  /** Calls all that listen for this. */
  emit(event: SessionEvent): void {
    const concerned = this.#registered.filter(({ kind }) => kind === 'event' || kind === event.kind);
    this.#registered = this.#registered.filter((one) => !(one.once && concerned.includes(one)));
    for (const { listener } of concerned) call(listener, event);
  }
}

function call(listener: Listener, event: SessionEvent): void {
  try {
    listener(event);
  } catch (error) {
    // As an error thrown in any other callback, and without keeping the other listeners from their event.
    process.nextTick(() => {
      throw error;
    });
  }
}

/**
 * Reads an event that the native half wrote.
 *
 * @internal
 */
export function readEvent(text: string): SessionEvent {
  const { kind, ...rest } = readObject(text);
  const present = Object.entries(rest).filter(([, value]) => value !== null);
  const values = present.map(([name, value]) => [
    name,
    typeof value === 'number' && name !== 'count' ? moment(value) : value,
  ]);
  return { kind, ...Object.fromEntries(values) };
}
