// The Node side of `make peers`: puts one client into one situation and prints what came of it as a line of JSON.

import { setTimeout } from 'node:timers/promises';
import { Task } from './task.mjs';

/** @typedef {import('./clients.mjs').Call} Call */

const ADMITTED = 200;

/**
 * Whether a caller gets what it wants.
 *
 * @param {Call} call
 * @param {AbortSignal} [signal]
 */
async function admitted(call, signal) {
  try {
    return (await call(signal)) === ADMITTED;
  } catch (error) {
    // Whatever a client throws is a caller that failed.
    console.error(String(error).slice(0, 300));
    return false;
  }
}

/**
 * How many of so many callers fail, one after the other.
 *
 * @param {Call} call
 * @param {number} callers
 */
async function inSequence(call, callers) {
  let failed = 0;
  for (let caller = 0; caller < callers; caller += 1) {
    if (!(await admitted(call))) failed += 1;
  }
  return failed;
}

/**
 * How many of so many callers fail that come in the same moment.
 *
 * @param {Call} call
 * @param {number} callers
 */
async function atOnce(call, callers) {
  const found = await Promise.all(Array.from({ length: callers }, () => admitted(call)));
  return found.filter((good) => !good).length;
}

/**
 * How many of the others fail when the first caller aborts while its refresh is at the server. A client that takes no
 * signal has its caller stop waiting.
 *
 * @param {Task} task
 * @param {Call} call
 */
async function firstCancelled(task, call) {
  const controller = new AbortController();
  const gone = new Promise((resolve) => controller.signal.addEventListener('abort', resolve));
  const first = Promise.race([admitted(call, controller.signal), gone]);
  const others = atOnce(call, task.callers - 1);
  await task.control('/arrived');
  controller.abort();
  await first;
  await task.control('/release', 'POST');
  return others;
}

/**
 * Puts the client into the situation.
 *
 * @param {Task} task
 * @param {Call} call
 */
async function failures(task, call) {
  if (task.situation === 'cancelled') return firstCancelled(task, call);
  if (task.situation === 'second_refresh') {
    const failed = await inSequence(call, 1);
    // The tokens of the first refresh live for two seconds; what is waited for is real time.
    await setTimeout(3500);
    return failed + (await inSequence(call, 1));
  }
  return task.inSequence ? inSequence(call, task.callers) : atOnce(call, task.callers);
}

/**
 * How the session is afterwards.
 *
 * @param {Task} task
 * @param {Call} call
 * @param {boolean} known - whether the server knew it before
 */
async function after(task, call, known) {
  // The server still refuses, so what tells is whether it still knows the session.
  if (task.situation === 'limited') return known ? 'alive' : 'dead';
  await task.control('/mend', 'POST');
  if (await admitted(call)) return 'alive';
  return (await task.control()).alive ? 'unusable' : 'dead';
}

const task = new Task(process.argv[2] ?? '');
/** @type {Record<string, (task: Task) => Promise<Call>>} */
const clients = await import('./clients.mjs');
const call = await clients[task.client]?.(task);
if (call === undefined) throw new Error(`unknown client ${task.client}`);
await task.waitForLastSeconds();
const failed = await failures(task, call);
const { refreshes, logins, alive } = await task.control();
console.log(JSON.stringify({ failed, refreshes, logins, after: await after(task, call, alive) }));
// Some clients keep connections open.
process.exit(0);
