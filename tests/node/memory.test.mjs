// No password and no refresh token is left in the memory of a process once its sessions are over.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sandboxFor } from './support.mjs';

const MASK = 0xaa;
const LIMIT = 20_000;

/** @param {Buffer} bytes */
const masked = (bytes) => Buffer.from(bytes.map((byte) => byte ^ MASK));

/**
 * How often each text is in the memory that a process can write to; without those that are not there.
 *
 * @param {number | undefined} pid
 * @param {Record<string, string>} texts
 */
function copies(pid, texts) {
  /** @type {Record<string, number>} */
  const found = {};
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const [, start = '0', end = '0', access = ''] = /^(\w+)-(\w+) (\S+)/.exec(line) ?? [];
    if (!access.startsWith('rw')) continue;
    const content = readPages(memory, Number.parseInt(start, 16), Number.parseInt(end, 16));
    for (const [name, text] of Object.entries(texts)) {
      for (let at = content.indexOf(text); at >= 0; at = content.indexOf(text, at + 1))
        found[name] = (found[name] ?? 0) + 1;
    }
  }
  closeSync(memory);
  return found;
}

/** @param {number} memory @param {number} start @param {number} end */
function readPages(memory, start, end) {
  const content = Buffer.alloc(end - start);
  try {
    return content.subarray(0, readSync(memory, content, 0, content.length, start));
  } catch {
    // Pages that no process may read so, or that have been given back meanwhile.
    return Buffer.alloc(0);
  }
}

test('no secret is left in memory', { skip: process.platform !== 'linux' }, async (t) => {
  const [password, userPassword] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
  const sandbox = await sandboxFor(t, {
    accounts: [{ username: 'api_user', password }],
    synapsewave: { users: [{ userId: 'UCC123456', password: userPassword }] },
  });
  const program = fileURLToPath(new URL('programs/memory.mjs', import.meta.url));
  const secrets = [password, userPassword].map((text) => masked(Buffer.from(text)).toString('hex'));
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--clear-free-memory', program, sandbox.url, sandbox.synapsewaveUrl, ...secrets],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  t.after(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => (await lines.next()).value ?? '';
  const token = async () => masked(Buffer.from(await line(), 'hex')).toString('latin1');
  const sought = { password, userPassword, spent: await token(), token: await token() };
  assert.equal(new Set(Object.values(sought)).size, 4);
  assert.equal(await line(), 'open');
  // What is in use is there, so it would be found.
  const open = copies(child.pid, sought);
  for (const name of ['password', 'userPassword', 'token']) assert.ok(open[name], name);
  child.stdin.write('\n');
  assert.equal(await line(), 'over');
  // What a connection holds goes with it, soon after the server has closed it.
  sandbox.down();
  const end = performance.now() + LIMIT;
  let left = copies(child.pid, sought);
  while (Object.keys(left).length > 0 && performance.now() < end) left = copies(child.pid, sought);
  assert.deepEqual(left, {});
});
