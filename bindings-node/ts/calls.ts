/**
 * Calls to the native half that end later, and what it tells of its own accord.
 *
 * A call under way keeps the process alive, and what it was made with. A caller that goes away takes nothing with it;
 * when the last one has gone, the native half gives up waiting, and what the call began goes on there.
 */
import { isMainThread } from 'node:worker_threads';

import { decode, type Encoded, readError } from './errors';
import { type Crossing, type Message, native } from './native';
import { bare, bareOf, give } from './plain';
import { ask, withdraw } from './questions';
import { reasonOf, whenAborted } from './signals';
import { forgetThrown } from './thrown';

/** How a call ended. */
export interface Ended extends Message {
  /** What went wrong, with what a callback threw. */
  failure?: Encoded;
  /** The challenge that the error carries, one for all who waited. */
  made?: object;
}

/** A call that has not ended. */
export interface Call {
  readonly number: number;
  readonly ended: Promise<Ended>;
  settle: (message: Ended) => void;
  waiting: number;
  /** The provider or the session that it is made for: a callback of it may be asked. */
  readonly owner: object | undefined;
}

const calls = new Map<number, Call>();
const watches = new Map<number, (text: string) => void>();
let last = 0;

/** The number of this environment in the native half. */
export const environment = native.connect(receive, isMainThread);

function nextNumber(): number {
  do last = (last + 1) >>> 0;
  while (last === 0 || calls.has(last) || watches.has(last));
  return last;
}

/** What the places of a message that crosses hold. */
const FIELDS = ['number', 'error', 'text', 'session', 'challenge', 'question', 'forget', 'withdrawn'] as const;

function readMessage(crossing: Crossing): Message {
  const present = FIELDS.map((name, place) => [name, crossing[place]] as const).filter(([, value]) => value !== null);
  return bareOf(present) as unknown as Message;
}

function receive(messages: Crossing[]): void {
  for (const message of messages.map(readMessage)) {
    const call = calls.get(message.number);
    if (message.withdrawn !== undefined) {
      withdraw(message.withdrawn);
    } else if (message.forget !== undefined) {
      forgetThrown(message.forget);
    } else if (message.question !== undefined) {
      ask(environment, message.number, message.question, message.text ?? '');
    } else if (call) {
      end(call);
      // Read at once: what a callback threw is forgotten by a later message.
      if (message.error !== undefined) call.settle(bare({ ...message, failure: readError(message.error) }));
      else call.settle(message);
    } else {
      discard(message);
      watches.get(message.number)?.(message.text ?? '');
    }
  }
}

/** Lets go of what nobody waits for any more. */
function discard({ session, challenge }: Message): void {
  if (session !== undefined) native.releaseSession(environment, session);
  if (challenge !== undefined) native.releaseChallenge(environment, challenge);
}

function end(call: Call): void {
  calls.delete(call.number);
  if (calls.size === 0) native.hold(environment, false);
}

/**
 * Begins a call.
 *
 * @param begin - hands it to the native half, with its number
 * @param owner - the provider or the session that it is made for, if that may have a callback
 */
export function start(begin: (number: number) => void, owner?: object): Call {
  const number = nextNumber();
  let settle: Call['settle'] = () => {};
  const ended = new Promise<Ended>((resolve) => {
    settle = resolve;
  });
  const call = { number, ended, settle, waiting: 0, owner };
  begin(number);
  calls.set(number, call);
  if (calls.size === 1) native.hold(environment, true);
  return call;
}

/** Whether the call goes on, so that others may wait for it too. */
export function isUnderWay(call: Call): boolean {
  return calls.get(call.number) === call;
}

/**
 * Waits for the end of a call.
 *
 * @throws the reason of `signal`, as soon as it aborts
 */
function wait(call: Call, signal: AbortSignal | undefined): Promise<Ended> {
  call.waiting += 1;
  if (!signal) return call.ended;
  return new Promise((resolve, reject) => {
    const done = whenAborted(signal, () => {
      leave(call);
      reject(reasonOf(signal));
    });
    call.ended.then((message) => {
      done();
      resolve(message);
    });
  });
}

function leave(call: Call): void {
  call.waiting -= 1;
  if (call.waiting > 0) return;
  if (!isUnderWay(call)) {
    // It ended in the same turn, and its result is on the way to nobody.
    call.ended.then(discard);
    return;
  }
  end(call);
  native.cancel(environment, call.number);
  const { owner } = call;
  if (owner && ![...calls.values()].some((other) => other.owner === owner)) abandoned(owner);
}

let abandoned: (owner: object) => void = () => {};

/** Says what is done when nobody waits any more for anything of a provider or a session. */
export function whenAbandoned(act: typeof abandoned): void {
  abandoned = act;
}

let challenged: (challenge: number, owner: object | undefined) => object;

/** Says how a challenge is made that an error or a session carries. */
export function makeChallengesBy(make: typeof challenged): void {
  challenged = make;
}

/**
 * The challenge of that number.
 *
 * @param owner - the provider or the session whose login it is
 */
export function challengeOf(number: number, owner: object | undefined): object {
  return challenged(number, owner);
}

/**
 * Waits for the good end of a call.
 *
 * @throws the reason of `signal`; the error with which the call ended, and the challenge that this carries
 */
export async function result(call: Call, signal: AbortSignal | undefined): Promise<Message> {
  const ended = await wait(call, signal);
  if (ended.failure === undefined) return ended;
  const error = decode(ended.failure, result);
  if (ended.challenge !== undefined) {
    ended.made ??= challenged(ended.challenge, call.owner);
    give(error, { challenge: ended.made });
  }
  throw error;
}

/**
 * Begins to receive what a session tells of its own accord.
 *
 * @param begin - hands it to the native half, with its number
 * @returns ends it
 */
export function watch(begin: (number: number) => void, receiver: (text: string) => void): () => void {
  const number = nextNumber();
  begin(number);
  watches.set(number, receiver);
  return () => watches.delete(number);
}
