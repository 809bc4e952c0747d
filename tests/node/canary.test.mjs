// No secret is ever printed: not by the log at its most talkative, not by any object, error or stack.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './support.mjs';

test('no secret in the log, in errors, or in what objects show', async () => {
  const { status, stdout, stderr, aside } = await run('canary.mjs', [], { RELATCH_LOG: 'trace' });
  assert.equal(status, 0, stderr.slice(-2000));
  assert.ok(stdout.endsWith('done\n'));
  for (const level of ['TRACE', 'DEBUG', 'WARN']) assert.ok(stderr.includes(level), `the log has no ${level}`);
  for (const sign of [
    'InvalidCredentials',
    'LockoutGuard',
    'AccountLocked',
    'ProtocolError',
    'RateLimited',
    'ReloginRequired',
  ]) {
    assert.ok(stdout.includes(sign), `${sign} was never printed`);
  }
  const secrets = new Set(aside.trim().split('\n'));
  assert.ok(secrets.size > 50, `only ${secrets.size} secrets were told`);
  for (const secret of secrets) {
    assert.ok(secret.length > 10);
    for (const [name, text] of Object.entries({ stdout, stderr })) {
      const place = text.indexOf(secret);
      assert.equal(place, -1, `a secret in ${name}: …${text.slice(Math.max(0, place - 300), place)}…`);
    }
  }
});

test('without the variable there is no log', async () => {
  const { status, stderr } = await run('workers.mjs', [], { RELATCH_LOG: '' });
  assert.deepEqual([status, stderr], [0, '']);
});
