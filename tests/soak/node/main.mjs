// The Node side of `make soak`: many callers use the same sessions until the input ends. Run with --expose-gc.
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { relatch, Seat } from './seat.mjs';
import { Tally } from './tally.mjs';

/** Sessions of the one account that has several. */
const SHARED = 4;
const TASKS = 4;
const KEYS = ['Anonymous', 'Pss', 'Rss'];

/** Numbers from 0 to 1 that follow from a seed (mulberry32). @param {number} seed @returns {() => number} */
function random(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The memory of this process in kB, without what nobody holds any more. */
async function memory() {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    await sleep(10); // for what is finalised after a collection
  }
  const figures = [...readFileSync('/proc/self/smaps_rollup', 'utf8').matchAll(/^(\w+): +(\d+) kB$/gm)];
  return Object.fromEntries(
    figures.filter(([, name = '']) => KEYS.includes(name)).map(([, name, kB]) => [name, Number(kB)]),
  );
}

const { url, synapsewave, password, apiKey, totpSecret, names, shared, users, seed } = JSON.parse(
  process.argv[2] ?? '',
);
const tally = new Tally();
const stop = { stopped: false };
const seats = [
  ...[...names, ...Array(SHARED).fill(shared)].map((username) => {
    return new Seat(username, new relatch.SevenG({ baseUrl: url, username, password }), tally, stop);
  }),
  ...users.map((/** @type {string} */ userId) => {
    const secondFactor = new relatch.Totp(totpSecret);
    const provider = new relatch.Synapsewave({ baseUrl: synapsewave, userId, apiKey, password, secondFactor });
    return new Seat(userId, provider, tally, stop);
  }),
];
await Promise.all(seats.map((seat) => seat.logIn()));
let number = seed * 10_000;
const next = () => {
  number += 1;
  return random(number);
};
const tasks = seats.flatMap((seat) => [seat.mind(next()), ...Array.from({ length: TASKS }, () => seat.use(next()))]);

for await (const _ of createInterface({ input: process.stdin })) {
  const found = await memory();
  const { heapUsed, external } = process.memoryUsage();
  const count = (/** @type {string} */ folder) => readdirSync(`/proc/self/${folder}`).length;
  const extra = {
    threads: count('task'),
    descriptors: count('fd'),
    heap: `${((heapUsed + external) / 2 ** 20).toFixed(2)} MiB`,
  };
  process.stdout.write(`${JSON.stringify({ ...tally.read(), extra, memory: found })}\n`);
}
stop.stopped = true;
await Promise.all(tasks);
