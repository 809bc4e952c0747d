// What several of the tests need: a sandbox for a test, and programs of their own to watch from outside.
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Sandbox } from 'relatch/testing';

export const USERNAME = 'api_user';
export const PASSWORD = 'made-up-password-1';

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** For how long a program may live, in milliseconds: less than a human is given to answer a callback. */
const PROGRAM_LIMIT = 110_000;

/** @type {Sandbox[]} */
const kept = [];

/**
 * A sandbox that is down when the test is over. It keeps its address: failed logins are remembered by address.
 *
 * @param {import('node:test').TestContext} test
 * @param {import('relatch/testing').SandboxSettings} [settings]
 */
export async function sandboxFor(test, settings) {
  const sandbox = await Sandbox.start(settings);
  kept.push(sandbox);
  test.after(() => sandbox.down());
  return sandbox;
}

/**
 * The error with which a promise is rejected.
 *
 * @param {Promise<unknown>} promise
 * @returns {Promise<import('relatch').RelatchError>}
 */
export async function failure(promise) {
  const outcome = await promise.then(
    () => undefined,
    (error) => error,
  );
  if (outcome === undefined) throw new Error('the promise was not rejected');
  return outcome;
}

/**
 * The error that a function throws.
 *
 * @param {() => unknown} act
 * @returns {import('relatch').RelatchError}
 */
export function thrown(act) {
  try {
    act();
  } catch (error) {
    return /** @type {import('relatch').RelatchError} */ (error);
  }
  throw new Error('nothing was thrown');
}

/**
 * The next event of that kind, within 10 seconds. Unlike a listener, waiting for it keeps the process alive.
 *
 * @template {import('relatch').EventKind} Kind
 * @param {import('relatch').Session} session
 * @param {Kind} kind
 * @returns {Promise<import('relatch').SessionEvent<Kind>>}
 */
export function heard(session, kind) {
  return new Promise((resolve, reject) => {
    const guard = setTimeout(() => reject(new Error(`no ${kind} was heard`)), 10_000);
    session.once(kind, (event) => {
      clearTimeout(guard);
      resolve(event);
    });
  });
}

/**
 * Runs a program of these tests in a process of its own.
 *
 * @param {string} program the name of a file in programs/
 * @param {string[]} [options] its arguments
 * @param {Record<string, string>} [environment] variables besides this process's
 * @returns {Promise<{ status: number | null, signal: string | null, stdout: string, stderr: string, aside: string }>}
 *   `aside` is what it wrote to the file descriptor 3
 */
export function run(program, options = [], environment = {}) {
  const path = fileURLToPath(new URL(`programs/${program}`, import.meta.url));
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...environment };
    // A child of a test is not itself run by the test runner.
    delete env.NODE_TEST_CONTEXT;
    const child = spawn(process.execPath, [path, ...options], {
      env,
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const guard = setTimeout(() => child.kill('SIGKILL'), PROGRAM_LIMIT);
    const written = [1, 2, 3].map((descriptor) => collect(/** @type {any} */ (child.stdio[descriptor])));
    child.on('error', reject);
    child.on('close', async (status, signal) => {
      clearTimeout(guard);
      const [stdout = '', stderr = '', aside = ''] = await Promise.all(written);
      resolve({ status, signal, stdout, stderr, aside });
    });
  });
}

/** @param {import('node:stream').Readable} stream */
async function collect(stream) {
  let text = '';
  for await (const part of stream.setEncoding('utf8')) text += part;
  return text;
}

/**
 * The code of a base32 secret at that time (RFC 6238).
 *
 * @param {string} secret
 * @param {number} milliseconds since 1970
 */
export function codeAt(secret, milliseconds) {
  const bits = [...secret].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const bytes = bits.join('').match(/.{8}/g) ?? [];
  const key = Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(milliseconds / 30_000)));
  const hash = createHmac('sha1', key).update(step).digest();
  const number = hash.readUInt32BE((hash.at(-1) ?? 0) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

/**
 * The private native half, for what only a test asks of it.
 *
 * @returns {{ names(): { codes: string[], recoveries: string[], causes: string[], events: string[] } }}
 */
export function native() {
  return createRequire(import.meta.url)('../../bindings-node/dist/native.js').native;
}
