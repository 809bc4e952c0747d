// What the package does to the process it runs in: it ends when it should, silently, in every thread.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PASSWORD, run, sandboxFor, USERNAME } from './support.mjs';

// How many processes run at a time.
const AT_A_TIME = 4;

test('loading starts no thread, by require', async () => {
  const { status, stdout, stderr } = await run('loads.cjs');
  assert.deepEqual([status, stderr, JSON.parse(stdout)], [0, '', ['function', 'function', 'function', 0]]);
});

test('a process with an idle session ends by itself', async (t) => {
  const sandbox = await sandboxFor(t);
  const { status, stdout, stderr } = await run('idle.mjs', [sandbox.url, USERNAME, PASSWORD]);
  assert.deepEqual([status, stdout, stderr], [0, 'active\n', '']);
  assert.equal(sandbox.counts().login, 1);
});

test('25 processes that end with calls in flight', async () => {
  const ways = Array.from({ length: 25 }, (_, number) => ['exit', 'exit-in-handler', 'aborted'][number % 3] ?? '');
  const several = Array.from({ length: AT_A_TIME }, async () => {
    for (let how = ways.pop(); how; how = ways.pop()) {
      const { status, signal, stdout, stderr } = await run('exit_in_flight.mjs', [how]);
      assert.deepEqual([status, signal, stdout, stderr], [0, null, 'in flight\n', ''], how);
    }
  });
  await Promise.all(several);
});

test('worker threads use it, end by themselves, and are ended in the middle of calls', async () => {
  const { status, signal, stdout, stderr } = await run('workers.mjs');
  assert.deepEqual([status, signal, stderr], [0, null, '']);
  assert.equal(stdout, '2 2\n2 2\n2 2\n2\n');
});

test('a listener that throws is an uncaught exception, and the others are called', async () => {
  const { status, stdout, stderr } = await run('listener_throws.mjs');
  assert.deepEqual([status, stdout, stderr], [0, 'refreshed a mistake of the program\n', '']);
});
