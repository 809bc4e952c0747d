// Two copies of the package in one process: one ledger of failed logins, one keeper of a refresh token.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT, run } from './support.mjs';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'relatch-copies-'));
  for (const name of ['one', 'two', 'newer']) copy(name);
  const path = join(folder, 'newer', 'package.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...manifest, version: '999.0.0' }));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** @param {string} name */
function copy(name) {
  for (const part of ['package.json', join('bindings-node', 'dist')]) {
    cpSync(join(ROOT, part), join(folder, name, part), { recursive: true });
  }
}

/** @param {string} what @param {string[]} names */
async function tried(what, ...names) {
  const done = await run('copies.mjs', [what, ...names.map((name) => join(folder, name))]);
  assert.deepEqual([done.status, done.stderr], [0, ''], done.stdout + done.stderr);
  return JSON.parse(done.stdout);
}

test('a copy that comes later hands out the first one, to require and import', async () => {
  assert.deepEqual(await tried('same', 'one', 'two'), { same: true, testing: true, imported: true });
});

test('two copies send two failed logins together, and spend a refresh token once', async () => {
  assert.deepEqual(await tried('ledger', 'one', 'two'), {
    codes: ['invalid_credentials', 'invalid_credentials', 'lockout_guard', 'lockout_guard'],
    known: true,
    sent: 2,
    refreshes: 1,
    reused: 0,
  });
});

for (const place of ['a worker', 'two workers']) {
  test(`a copy in ${place} goes by the ledger of the process`, async () => {
    assert.deepEqual(await tried(place, 'one', 'two'), {
      codes: ['invalid_credentials', 'invalid_credentials', 'lockout_guard'],
      sent: 2,
    });
  });
}

for (const round of [1, 2, 3]) {
  test(`two copies that 17 workers load in the same instant go by one ledger: ${round}`, async () => {
    const { codes, sent } = await tried('at once', 'one', 'two');
    assert.deepEqual(codes, ['invalid_credentials', 'invalid_credentials', ...Array(15).fill('lockout_guard')]);
    assert.equal(sent, 2);
  });
}

for (const place of ['same', 'a worker']) {
  test(`another version is refused with both paths and versions: ${place}`, async () => {
    const { message } = await tried(place, 'one', 'newer');
    for (const part of [join(folder, 'one'), join(folder, 'newer'), '999.0.0'])
      assert.ok(message.includes(part), message);
    assert.match(message, /relatch \d+\.\d+\.\d+ is in use already/);
  });
}
