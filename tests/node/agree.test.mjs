// Threads that load several copies of the package in one instant agree on one native half, however they are interleaved.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const { agree } = createRequire(import.meta.url)('../../bindings-node/dist/agree.js');

const COPIES = ['a', 'b', 'c'];

/** @typedef {{ path: string, decided: boolean | undefined, claim(wanted: boolean): boolean }} Half */

/** A process: the halves that are loaded, each with what was decided of it, once for all threads. */
class Process {
  /** @type {Map<string, Half>} */
  halves = new Map();
  /** What threads have decided on. @type {string[]} */
  used = [];
  /** How many steps have been made. */
  steps = 0;

  /** @param {Array<{ own: string, at: number }>} threads each begins at its step of all, in the middle of the others */
  constructor(threads) {
    this.threads = threads;
  }

  /** Between any two steps of a thread others may run to their end. */
  step() {
    this.steps += 1;
    const begin = this.threads.filter(({ at }) => at === this.steps);
    this.threads = this.threads.filter((thread) => !begin.includes(thread));
    for (const { own } of begin) this.run(own);
  }

  /** @param {string} path */
  load(path) {
    /** @type {Half} */
    const half = this.halves.get(path) ?? {
      path,
      decided: undefined,
      claim: (wanted) => {
        this.step();
        half.decided ??= wanted;
        return half.decided;
      },
    };
    this.halves.set(path, half);
    return half;
  }

  /** @param {string} own */
  run(own) {
    const find = () => {
      this.step();
      // In no order.
      return [...this.halves.keys()].reverse();
    };
    if (find().length === 0) {
      this.step();
      this.load(own);
    }
    this.used.push(agree(find, (/** @type {string} */ path) => this.load(path))?.path ?? 'none');
  }
}

test('all threads use one half', () => {
  let count = 0;
  for (const first of COPIES)
    for (const second of COPIES)
      for (const third of COPIES)
        for (let one = 1; one <= 12; one += 1)
          for (let two = 1; two <= 24; two += 1) {
            const threads = [
              { own: second, at: one },
              { own: third, at: two },
            ];
            const made = new Process(threads);
            made.run(first);
            const what = JSON.stringify({ first, threads, used: made.used });
            assert.equal(new Set(made.used).size, 1, what);
            assert.notEqual(made.used[0], 'none', what);
            assert.ok(made.halves.get(made.used[0] ?? '')?.decided, what);
            count += made.used.length - 1;
          }
  assert.ok(count > 3 ** 3 * 12, `only ${count} threads ran in the middle of others`);
});

test('without the half that this one was passed over for there is none', () => {
  const passedOver = { claim: () => false };
  assert.equal(
    agree(
      () => ['b'],
      () => passedOver,
    ),
    undefined,
  );
  assert.equal(
    agree(
      () => [],
      () => passedOver,
    ),
    undefined,
  );
});
