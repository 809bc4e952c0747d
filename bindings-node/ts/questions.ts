/**
 * Callbacks that the core asks for values, and their answers.
 *
 * The native half knows a callback by its number and does not keep it: what it belongs to does, so that a callback may
 * refer to its own session without keeping it for ever.
 */
import { isText } from './checked';
import { native } from './native';
import { readObject } from './plain';
import { keepThrown } from './thrown';

/** What a callback is asked for. */
export interface Question {
  /** What is wanted. */
  readonly wanted: 'otp' | 'sso_token';
  /** The system's short name. */
  readonly system: string;
  /** The user who logs in. */
  readonly user?: string;
  /** The second factors that the server would take, where it said so. */
  readonly methods: readonly string[];
  /**
   * Aborts when the answer is not wanted any more: the time is up, or everybody who waited for the
   * login has gone. A prompt that takes it, such as
   * that of `node:readline/promises`, ends then, and the next prompt gets what is typed next.
   */
  readonly signal: AbortSignal;
}

/** Gives a value, at once or later. What it throws is the `cause` of the login's error. */
export type Callback = (question: Question) => string | Promise<string>;

const callbacks = new Map<number, WeakRef<Asked>>();
const ended = new FinalizationRegistry<number>((number) => callbacks.delete(number));
let last = 0;

/**
 * A callback, for as long as something refers to this.
 *
 * @internal
 */
export class Asked {
  readonly number: number;
  readonly #callback: (question: Question) => unknown;

  constructor(callback: (question: Question) => unknown) {
    do last = (last + 1) >>> 0;
    while (callbacks.has(last));
    this.number = last;
    this.#callback = callback;
    callbacks.set(last, new WeakRef(this));
    ended.register(this, last);
  }

  /** Calls it. */
  ask(question: Question): unknown {
    const callback = this.#callback;
    return callback(question);
  }
}

/**
 * Asks the callback of that number, and hands its answer to the native half, which drops one that comes too late.
 *
 * @param environment - the number of this environment
 * @param question - the number of the question
 * @param text - the question, as the native half wrote it
 *
 * @internal
 */
export function ask(environment: number, callback: number, question: number, text: string): void {
  const wanted = new AbortController();
  open.set(question, { callback, wanted });
  const answered = answerOf(callback, text, wanted.signal).finally(() => open.delete(question));
  answered.then(
    (answer) => native.answerQuestion(environment, question, isText(answer) ? answer : undefined),
    (thrown) => native.answerQuestion(environment, question, undefined, keepThrown(thrown)),
  );
}

/** The questions that have not been answered. */
const open = new Map<number, { callback: number; wanted: AbortController }>();

/**
 * Tells the callback that its answer is not wanted any more.
 *
 * @internal
 */
export function withdraw(question: number): void {
  open.get(question)?.wanted.abort(new DOMException('The answer is not wanted any more.', 'AbortError'));
}

/**
 * Withdraws all questions that one callback was asked.
 *
 * @internal
 */
export function withdrawFrom(callback: number): void {
  for (const [question, asked] of open) if (asked.callback === callback) withdraw(question);
}

async function answerOf(callback: number, text: string, signal: AbortSignal): Promise<unknown> {
  const asked = callbacks.get(callback)?.deref();
  if (!asked) throw new Error('The program holds neither the callback nor anything that would use its answer.');
  return asked.ask({ ...readQuestion(text), signal });
}

function readQuestion(text: string): Omit<Question, 'signal'> {
  const { user, ...question } = readObject(text);
  return user === null ? question : { ...question, user };
}
