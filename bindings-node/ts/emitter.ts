/**
 * What a session has of Node's EventEmitter, so that `events.once` and `events.on` take one.
 */
import { InvalidConfig } from './errors';
import { type EventKind, eventKinds, type How, type Listener, Listeners, type SessionEvent } from './events';

/** What can be listened to: a kind of event, or all of them. */
export type EventName = EventKind | 'event';

/**
 * Begins to receive events: most sessions never need it, and it costs memory.
 *
 * @internal
 */
export const receive: unique symbol = Symbol('receive');

/**
 * Tells listeners of an event.
 *
 * @internal
 */
export let tell: (emitter: SessionEmitter, event: SessionEvent) => void;

/**
 * Whether anybody has begun to listen.
 *
 * @internal
 */
export let isHeard: (emitter: SessionEmitter) => boolean;

/**
 * Begins to listen, if nobody has.
 *
 * @internal
 */
export let listenTo: (emitter: SessionEmitter) => Listeners;

/** Listening to a session. It keeps no process alive. */
export abstract class SessionEmitter {
  #listeners: Listeners | undefined = undefined;

  static {
    tell = (emitter, event) => emitter.#listeners?.emit(event);
    isHeard = (emitter) => emitter.#listeners !== undefined;
    listenTo = (emitter) => {
      if (emitter.#listeners) return emitter.#listeners;
      emitter[receive]();
      emitter.#listeners = new Listeners();
      return emitter.#listeners;
    };
  }

  /** @internal */
  abstract [receive](): void;

  /**
   * Calls `listener` for what happens to the session from now on; `event` stands for everything.
   *
   * @throws {@link InvalidConfig} for a kind of event that there is not
   */
  on<Kind extends EventKind>(kind: Kind, listener: Listener<Kind>): this;
  on(kind: 'event', listener: Listener): this;
  on(kind: EventName, listener: (event: never) => void): this {
    return this.#listen(kind, listener as Listener);
  }

  /** Calls `listener` for the next such event, and not again. */
  once<Kind extends EventKind>(kind: Kind, listener: Listener<Kind>): this;
  once(kind: 'event', listener: Listener): this;
  once(kind: EventName, listener: (event: never) => void): this {
    return this.#listen(kind, listener as Listener, 'once');
  }

  /** Removes a listener. */
  off<Kind extends EventKind>(kind: Kind, listener: Listener<Kind>): this;
  off(kind: 'event', listener: Listener): this;
  off(kind: EventName, listener: (event: never) => void): this {
    this.#listeners?.remove(kind, listener as Listener);
    return this;
  }

  /** Node's other name of {@link SessionEmitter.on}. */
  addListener<Kind extends EventKind>(kind: Kind, listener: Listener<Kind>): this;
  addListener(kind: 'event', listener: Listener): this;
  addListener(kind: EventName, listener: (event: never) => void): this {
    return this.#listen(kind, listener as Listener);
  }

  /** Node's other name of {@link SessionEmitter.off}. */
  removeListener<Kind extends EventKind>(kind: Kind, listener: Listener<Kind>): this;
  removeListener(kind: 'event', listener: Listener): this;
  removeListener(kind: EventName, listener: (event: never) => void): this {
    this.#listeners?.remove(kind, listener as Listener);
    return this;
  }

  /** As {@link SessionEmitter.on}, before the listeners there are. */
  prependListener<Kind extends EventKind>(kind: Kind, listener: Listener<Kind>): this;
  prependListener(kind: 'event', listener: Listener): this;
  prependListener(kind: EventName, listener: (event: never) => void): this {
    return this.#listen(kind, listener as Listener, 'first');
  }

  /** As {@link SessionEmitter.once}, before the listeners there are. */
  prependOnceListener<Kind extends EventKind>(kind: Kind, listener: Listener<Kind>): this;
  prependOnceListener(kind: 'event', listener: Listener): this;
  prependOnceListener(kind: EventName, listener: (event: never) => void): this {
    return this.#listen(kind, listener as Listener, 'once', 'first');
  }

  /** Removes all listeners, or all of one kind. */
  removeAllListeners(kind?: EventName): this {
    this.#listeners?.removeAll(kind);
    return this;
  }

  /** The listeners of one kind, in the order in which they are called. */
  listeners(kind: EventName): Listener[] {
    return this.#listeners?.of(kind) ?? [];
  }

  /** As {@link SessionEmitter.listeners}: listeners are not wrapped. */
  rawListeners(kind: EventName): Listener[] {
    return this.listeners(kind);
  }

  /** How many listeners of one kind there are. */
  listenerCount(kind: EventName): number {
    return this.listeners(kind).length;
  }

  /** What is listened to. */
  eventNames(): EventName[] {
    return this.#listeners?.names() ?? [];
  }

  /** There is no limit. */
  getMaxListeners(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** Changes nothing: there is no limit. */
  setMaxListeners(_count: number): this {
    return this;
  }

  /**
   * No business of anybody but the session.
   *
   * @throws a `TypeError`
   */
  emit(_kind: EventName, ..._values: unknown[]): never {
    throw new TypeError('Only a session itself tells what happens to it.');
  }

  #listen(kind: EventName, listener: Listener, ...how: How[]): this {
    checkKind(kind);
    if (typeof listener !== 'function') {
      throw new InvalidConfig('listener must be a function.', { field: 'listener' });
    }
    listenTo(this).add(kind, listener, ...how);
    return this;
  }
}

/** What sessions emit, and `error`: `events.once` listens to it on everything. No session emits it. */
function checkKind(kind: unknown): void {
  const known: unknown[] = ['event', ...eventKinds];
  if (known.includes(kind) || kind === 'error') return;
  const given = typeof kind === 'string' && /^\w{1,40}$/.test(kind) ? ` "${kind}"` : '';
  throw new InvalidConfig(`There is no event${given}. Known are: ${known.join(', ')}.`, { field: 'kind' });
}
