// Every way in which Node runs a program, as a process of its own: it ends as it should, in time, and says nothing.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run, sandboxFor } from './support.mjs';

/** Whatever Node can find fault with is an error, or is written to stderr. */
const STRICT = ['--throw-deprecation', '--pending-deprecation', '--trace-warnings'];
/** For how long a process may live, in milliseconds. */
const LIMIT = 30_000;

/**
 * Starts Node. What it writes comes when it has ended.
 *
 * @param {string[]} options of Node, the program among them
 * @param {Record<string, string>} [environment]
 */
function start(options, environment = {}) {
  const { NODE_TEST_CONTEXT: _, ...env } = { ...process.env, ...environment };
  const child = spawn(process.execPath, options, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT });
  const lines = createInterface({ input: child.stdout });
  /** @type {string[]} */
  const stdout = [];
  let stderr = '';
  lines.on('line', (line) => stdout.push(line));
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const begun = new Promise((resolve) => lines.once('line', resolve));
  /** @type {Promise<{ status: number | null, signal: string | null, stdout: string[], stderr: string }>} */
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
  return { child, begun, ended };
}

/** @param {string} name of a file in programs/ */
const program = (name) => fileURLToPath(new URL(`programs/${name}`, import.meta.url));

/**
 * Runs a program that is to end well and silently.
 *
 * @param {string} name
 * @param {string[]} [options]
 */
async function quiet(name, options) {
  const { status, signal, stdout, stderr } = await run(name, options, { NODE_OPTIONS: STRICT.join(' ') });
  assert.deepEqual([status, signal, stderr], [0, null, ''], stdout);
  return stdout.split('\n').slice(0, -1);
}

test('node:cluster: a session in each worker, and one killed in its refresh does the others no harm', async () => {
  const survivor = ['active', 'ended 0 null'];
  assert.deepEqual(await quiet('host_cluster.mjs'), ['killed SIGKILL', ...survivor, ...survivor, '3 3 0']);
});

test('child_process.fork: tokens go to the child and back, and the child ends when it is let go', async () => {
  const lines = ['json 0 null true 1 2 0', 'advanced 0 null true 1 2 0'];
  assert.deepEqual(await quiet('host_fork.mjs'), lines);
});

for (const what of ['login', 'refresh']) {
  test(`worker threads of one account, terminated in the middle of a ${what}: the main thread goes on`, async () => {
    assert.deepEqual(await quiet('host_threads.mjs', [what]), ['1 1 1 1 true active active', '0 0 0']);
  });
}

test('a worker thread waits for the end of its calls, unless it exits or fails', async () => {
  const lines = ['returns 0 refreshed', 'exits 7', 'throws 1 a mistake of the program'];
  assert.deepEqual(await quiet('host_thread_ends.mjs'), lines);
});

test('50 worker threads come and go: no thread, no descriptor and no environment is left', async () => {
  assert.deepEqual(await quiet('host_many_threads.mjs'), ['threads true descriptors true', 'memory true', '51 0 true']);
});

/** How a program ends in the middle of calls: the signal it gets, its status, the signal it ends by, and its output. */
const ends = /** @type {const} */ ([
  ['SIGTERM', 'default', null, 'SIGTERM', ''],
  ['SIGINT', 'default', null, 'SIGINT', ''],
  ['SIGHUP', 'default', null, 'SIGHUP', ''],
  ['SIGKILL', 'default', null, 'SIGKILL', ''],
  ['SIGTERM', 'handler', 0, null, 'closed closed closed'],
  ['SIGINT', 'handler', 0, null, 'closed closed closed'],
  ['SIGUSR2', 'caught', 3, null, 'a mistake of the program'],
]);
for (const [sent, how, status, signal, output] of ends) {
  test(`${how === 'caught' ? 'an exception' : sent}, ${how}, in the middle of calls`, async (t) => {
    const sandbox = await sandboxFor(t);
    sandbox.fault({ on: 'refresh', fault: 'hold', when: 'after' });
    const { child, begun, ended } = start([program('host_ends.mjs'), how, sandbox.url]);
    await begun;
    await sandbox.waitFor('refresh', 1);
    child.kill(sent);
    const stdout = ['in flight', ...(output && [output])];
    assert.deepEqual(await ended, { status, signal, stdout, stderr: '' });
    const { login, refresh, reused } = sandbox.counts();
    assert.deepEqual([login, refresh, reused], [1, 1, 0]);
  });
}

test('an exception that nobody catches, in the middle of calls: its own trace and nothing else', async (t) => {
  const sandbox = await sandboxFor(t);
  sandbox.fault({ on: 'refresh', fault: 'hold' });
  const { child, begun, ended } = start([program('host_ends.mjs'), 'throws', sandbox.url]);
  await begun;
  await sandbox.waitFor('refresh', 1);
  child.kill('SIGUSR2');
  const { status, signal, stderr } = await ended;
  assert.deepEqual([status, signal], [1, null]);
  assert.match(stderr, /^file:.*host_ends\.mjs:\d+\n {4}throw .*\n +\^\n\nError: a mistake of the program\n {4}at /);
  assert.doesNotMatch(stderr, /panicked|relatch\.linux|FATAL|dist\//);
});

test('calls that fail after nobody listens any more are not told as unhandled', async () => {
  assert.deepEqual(await quiet('host_nobody_listens.mjs'), [
    'aborted: nothing',
    'first relogin_required',
    'raced: nothing',
    'loose: 2 relogin_required relogin_required',
    'background: nothing',
    'dropped: relogin_required nothing',
  ]);
});

test('node --test is not held open by a file that never logs out', async (t) => {
  const sandbox = await sandboxFor(t);
  const options = ['--test', '--test-reporter=tap', program('host_test_file.mjs')];
  const { status, signal, stdout, stderr } = await start(options, { SANDBOX_URL: sandbox.url }).ended;
  // Nothing in it takes longer than a login: with a timer of the package's own it would not end within the limit.
  assert.deepEqual([status, signal, stderr], [0, null, ''], stdout.join('\n'));
  assert.ok(stdout.includes('# pass 2') && stdout.includes('# fail 0'), stdout.join('\n'));
  assert.deepEqual([sandbox.counts().login, sandbox.counts().refresh], [1, 1]);
});

test('import, require, an emptied cache and a context of its own share the rules of the process', async () => {
  assert.deepEqual(await quiet('host_two_ways.mjs'), [
    'import and require: true',
    'others: false true',
    'invalid_credentials true, invalid_credentials true, lockout_guard true, lockout_guard true 2',
    '1 1 0',
    'realm: up timeout refreshed string closed',
  ]);
});

for (const how of ['page', 'stopped', 'stopped-later']) {
  test(`timers that are not Node's: ${how}`, async () => {
    assert.deepEqual(await quiet('host_timers.mjs', [how]), ['active true 1', 'heard true']);
  });
}

test('1000 calls of every kind on one signal leave nothing on it and warn of nothing', async () => {
  assert.deepEqual(await quiet('host_signals.mjs'), ['during 1', 'failed 0 after 0', 'after 0 warnings 0', '0 0']);
});

test('what Node can be told to find fault with finds none', async () => {
  const script = `
    const { login } = require('relatch');
    const { Sandbox } = require('relatch/testing');
    (async () => {
      const sandbox = await Sandbox.start();
      const session = await login(sandbox.sevenG());
      await session.refresh();
      console.log(session.state);
      await sandbox.close();
    })();`;
  const strict = [
    ...STRICT,
    '--unhandled-rejections=strict',
    '--disable-proto=throw',
    '--disallow-code-generation-from-strings',
    '--trace-uncaught',
  ];
  for (const input of ['commonjs', 'module']) {
    const imported = script.replace(/const (.*) = require\((.*)\);/g, 'import $1 from $2;');
    const text = input === 'module' ? imported : script;
    const outcome = await start([...strict, `--input-type=${input}`, '--eval', text]).ended;
    assert.deepEqual(outcome, { status: 0, signal: null, stdout: ['active'], stderr: '' });
  }
});
