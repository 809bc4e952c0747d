// Events: typed, in order, and without any power over the session.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { login } from 'relatch';
import { heard, sandboxFor } from './support.mjs';

/** @param {import('node:test').TestContext} test */
async function opened(test) {
  const sandbox = await sandboxFor(test);
  return { sandbox, session: await login(sandbox.sevenG()) };
}

test('listeners hear what they asked for, in order', async (t) => {
  const { session } = await opened(t);
  /** @type {string[]} */
  const log = [];
  session
    .on('refreshed', ({ kind, at, expiresAt }) => {
      assert.ok(at instanceof Date && expiresAt && expiresAt > at);
      log.push(`own ${kind}`);
    })
    .on('event', ({ kind }) => log.push(`all ${kind}`))
    .once('refreshed', () => log.push('once'));
  await session.refresh();
  await session.refresh();
  const ended = heard(session, 'logged_out');
  await session.logout();
  await ended;
  assert.deepEqual(log, [
    ...['own refreshed', 'all refreshed', 'once'],
    ...['own refreshed', 'all refreshed'],
    'all logged_out',
  ]);
});

test('a failure says how, and when the next try is due', async (t) => {
  const { sandbox, session } = await opened(t);
  sandbox.fault({ on: 'refresh', fault: 'answer', status: 429, retryAfter: 100 });
  const failed = heard(session, 'refresh_failed');
  await session.token();
  sandbox.advance(1000);
  const { code, retryAt, at } = await failed;
  assert.equal(code, 'rate_limited');
  assert.ok(retryAt && retryAt > at);
});

test('a session that needs a login says why', async (t) => {
  const sandbox = await sandboxFor(t);
  const session = await login(sandbox.sevenG(), { relogin: 'never' });
  const told = heard(session, 'relogin_required');
  sandbox.revoke({ username: 'api_user', what: 'all' });
  await assert.rejects(session.refresh(), { code: 'relogin_required', reason: 'refresh_rejected' });
  assert.equal((await told).cause, 'refresh_rejected');
});

test('a listener that was removed hears nothing', async (t) => {
  const { session } = await opened(t);
  let count = 0;
  const listener = () => {
    count += 1;
  };
  session.on('refreshed', listener).on('refreshed', listener).off('refreshed', listener).off('logged_in', listener);
  const refreshed = heard(session, 'refreshed');
  await session.refresh();
  await refreshed;
  assert.equal(count, 1);
});
