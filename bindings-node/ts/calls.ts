/**
 * Calls to the native half that end later, and what it tells of its own accord.
 *
 * A call under way keeps the process alive. A caller that goes away takes nothing with it; when the last one has gone,
 * the native half gives up waiting, and what the call began goes on there.
 */
import { isMainThread } from 'node:worker_threads';

import { hold } from './clock';
import { decode } from './errors';
import { type Message, native } from './native';
import { whenAborted } from './signals';

/** A call that has not ended. */
export interface Call {
  readonly number: number;
  readonly ended: Promise<Message>;
  settle: (message: Message) => void;
  waiting: number;
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

function receive(messages: Message[]): void {
  for (const message of messages) {
    const call = calls.get(message.number);
    if (call) {
      end(call);
      call.settle(message);
    } else if (message.session !== undefined) {
      // A login that nobody waits for any more.
      native.releaseSession(environment, message.session);
    } else {
      watches.get(message.number)?.(message.text ?? '');
    }
  }
}

function end(call: Call): void {
  calls.delete(call.number);
  if (calls.size === 0) hold(false);
}

/**
 * Begins a call.
 *
 * @param begin - hands it to the native half, with its number
 */
export function start(begin: (number: number) => void): Call {
  const number = nextNumber();
  let settle: Call['settle'] = () => {};
  const ended = new Promise<Message>((resolve) => {
    settle = resolve;
  });
  const call = { number, ended, settle, waiting: 0 };
  begin(number);
  calls.set(number, call);
  if (calls.size === 1) hold(true);
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
function wait(call: Call, signal: AbortSignal | undefined): Promise<Message> {
  call.waiting += 1;
  if (!signal) return call.ended;
  return new Promise((resolve, reject) => {
    const done = whenAborted(signal, () => {
      leave(call);
      reject(signal.reason);
    });
    call.ended.then((message) => {
      done();
      resolve(message);
    });
  });
}

function leave(call: Call): void {
  call.waiting -= 1;
  if (call.waiting > 0 || !isUnderWay(call)) return;
  end(call);
  native.cancel(environment, call.number);
}

/**
 * Waits for the good end of a call.
 *
 * @throws the reason of `signal`; the error with which the call ended
 */
export async function result(call: Call, signal: AbortSignal | undefined): Promise<Message> {
  const message = await wait(call, signal);
  if (message.error !== undefined) throw decode(message.error, result);
  return message;
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
