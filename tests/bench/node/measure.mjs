// The Node side of `make bench`: measures relatch, or the hand-written client that it is compared with, and prints what
// it found as one line of JSON. Run with --expose-gc.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

/**
 * What to measure: one JSON argument, the same for the three languages.
 *
 * @typedef {object} Task
 * @property {string} measure
 * @property {string} implementation
 * @property {string} url where the server is
 * @property {string} password of all accounts
 * @property {number} seconds how long to go on
 * @property {number} concurrency exchanges at a time
 * @property {number} count how many sessions, or waiters
 */

/** @typedef {{ token(): Promise<string>, refresh(): Promise<unknown> }} Session */
/** @typedef {(account: number) => Promise<Session>} LogIn */

// Calls between two looks at the clock.
const BATCH = 100_000;
// Sessions that are there before the memory of the others is measured.
const FIRST = 1000;
// Logins at a time while sessions are only collected.
const AT_A_TIME = 16;

/**
 * What logs in by the number of an account. Only what is measured is imported.
 *
 * @param {Task} task
 * @returns {Promise<LogIn>}
 */
async function opener({ implementation, url, password }) {
  const username = (/** @type {number} */ account) => `api_user_${account}`;
  if (implementation === 'relatch') {
    const { login, SevenG } = await import(pathToFileURL(process.env.RELATCH_NODE ?? '').href);
    return (account) => login(new SevenG({ baseUrl: url, username: username(account), password }));
  }
  const { Session } = await import('../hand_written/fetch_client.mjs');
  return (account) => Session.logIn(url, username(account), password);
}

/** A time that all processes of the machine share, in seconds. */
const monotonic = () => Number(process.hrtime.bigint()) / 1e9;

/** Resident memory in bytes, without what nobody holds any more. */
async function resident() {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    await sleep(10); // for what is finalised after a collection
  }
  const [, kilobytes] = /^Rss:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8')) ?? [];
  if (kilobytes === undefined) throw new Error("the kernel does not tell this process's memory");
  return Number(kilobytes) * 1024;
}

/** @param {unknown} value for the process that started this one */
const tell = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

/**
 * Sessions of these accounts.
 *
 * @param {LogIn} logIn
 * @param {number} from
 * @param {number} to
 */
async function collect(logIn, from, to) {
  /** @type {Session[]} */
  const sessions = new Array(to - from);
  let next = from;
  const worker = async () => {
    while (next < to) {
      const account = next++;
      sessions[account - from] = await logIn(account);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return sessions;
}

/**
 * Microseconds of processor time for one exchange, with so many at a time.
 *
 * @param {Task} task
 * @param {LogIn} logIn
 * @param {(account: number, session: Session) => Promise<unknown>} exchange
 */
async function load(task, logIn, exchange) {
  const sessions = await Promise.all(Array.from({ length: task.concurrency }, (_, account) => logIn(account)));
  const work = async (/** @type {number} */ seconds) => {
    const end = performance.now() + seconds * 1000;
    let done = 0;
    const worker = async (/** @type {Session} */ session, /** @type {number} */ account) => {
      while (performance.now() < end) {
        await exchange(account, session);
        done += 1;
      }
    };
    await Promise.all(sessions.map(worker));
    return done;
  };
  await work(task.seconds / 2); // until it is compiled; the connections are open then, too
  const before = process.cpuUsage();
  const done = await work(task.seconds);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / done;
}

/** @type {Record<string, (task: Task, logIn: LogIn) => Promise<unknown>>} */
const MEASURES = {
  /** Nanoseconds for one awaited fresh token. */
  async token(task, logIn) {
    const session = await logIn(0);
    for (let call = 0; call < BATCH; call += 1) await session.token(); // until it is compiled
    const begun = performance.now();
    let calls = 0;
    while (performance.now() - begun < task.seconds * 1000) {
      for (let call = 0; call < BATCH; call += 1) await session.token();
      calls += BATCH;
    }
    return ((performance.now() - begun) / calls) * 1e6;
  },

  /** Each of the concurrent workers has an account of its own. */
  login: (task, logIn) => load(task, logIn, logIn),

  /** Each of the concurrent workers has a session of its own. */
  refresh: (task, logIn) => load(task, logIn, (_account, session) => session.refresh()),

  /** When the last of many waiters had its token. The tokens have expired when the word to begin comes. */
  async waiters(task, logIn) {
    const session = await logIn(0);
    tell('logged in');
    const input = createInterface({ input: process.stdin });
    await new Promise((resolve) => input.once('line', resolve));
    input.close();
    const waiting = Array.from({ length: task.count }, async () => {
      await session.token();
      return monotonic();
    });
    tell('waiting');
    return Math.max(...(await Promise.all(waiting)));
  },

  /** Bytes for one session: idle, and idle after its token has been used once. */
  async memory(task, logIn) {
    const first = await collect(logIn, 0, FIRST);
    const before = await resident();
    const sessions = await collect(logIn, FIRST, FIRST + task.count);
    const idle = await resident();
    for (const session of sessions) await session.token();
    const used = await resident();
    if (first.length + sessions.length !== FIRST + task.count) throw new Error('sessions are missing');
    return { idle: (idle - before) / task.count, used: (used - before) / task.count };
  },
};

/** @type {Task} */
const task = JSON.parse(process.argv[2] ?? '{}');
const measure = MEASURES[task.measure];
if (measure === undefined) throw new Error(`there is no measurement ${task.measure}`);
tell(await measure(task, await opener(task)));
