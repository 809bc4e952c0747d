// Events: typed, in order, and without any power over the session.
import assert from 'node:assert/strict';
import { on, once } from 'node:events';
import { test } from 'node:test';
import { login } from 'relatch';
import { failure, heard, sandboxFor, thrown } from './support.mjs';

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
  sandbox.fault({ on: 'refresh', fault: 'answer', status: 429, retryAfter: 100_000 });
  const failed = heard(session, 'refresh_failed');
  await session.token();
  sandbox.advance(1_000_000);
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

test('events.once and events.on take a session, and leave nothing behind', async (t) => {
  const { session } = await opened(t);
  const next = once(session, 'refreshed');
  await session.refresh();
  const [event] = await next;
  assert.equal(event.kind, 'refreshed');
  const heardInOrder = [];
  const after = on(session, 'event', { close: ['logged_out'] });
  await session.refresh();
  const ended = heard(session, 'logged_out');
  await session.logout();
  await ended;
  for await (const [{ kind }] of after) heardInOrder.push(kind);
  assert.deepEqual(heardInOrder, ['refreshed', 'logged_out']);
  assert.deepEqual(session.eventNames(), []);
});

test('events.once and events.on are given up by a signal', async (t) => {
  const { session } = await opened(t);
  const abort = new AbortController();
  const [one, many] = [once(session, 'refreshed', abort), on(session, 'refreshed', abort).next()];
  assert.equal(session.listenerCount('refreshed'), 2);
  abort.abort();
  assert.equal((await failure(one)).name, 'AbortError');
  assert.equal((await failure(many)).name, 'AbortError');
  assert.deepEqual([session.listenerCount('refreshed'), session.listenerCount(/** @type {any} */ ('error'))], [0, 0]);
});

test('a session has what an EventEmitter has, and emits by itself alone', async (t) => {
  const { session } = await opened(t);
  /** @type {string[]} */
  const log = [];
  const gone = () => log.push('gone');
  session
    .addListener('refreshed', () => log.push('second'))
    .prependListener('refreshed', () => log.push('first'))
    .prependOnceListener('event', () => log.push('once'))
    .once('refreshed', gone)
    .removeListener('refreshed', gone);
  assert.deepEqual([session.listenerCount('refreshed'), session.eventNames()], [2, ['event', 'refreshed']]);
  const refreshed = heard(session, 'refreshed');
  await session.refresh();
  await refreshed;
  assert.deepEqual(log, ['once', 'first', 'second']);
  assert.equal(session.removeAllListeners('refreshed').listeners('refreshed').length, 0);
  assert.throws(() => session.emit('refreshed'), TypeError);
});

test('a kind of event that there is not is refused with the known ones', async (t) => {
  const { session } = await opened(t);
  for (const listen of ['on', 'once', 'addListener', 'prependListener']) {
    const act = () => /** @type {any} */ (session)[listen]('refershed', () => {});
    const error = thrown(act);
    assert.deepEqual([error.code, error.field], ['invalid_config', 'kind']);
    assert.match(error.message, /no event "refershed"\. Known are: event, .*refreshed/);
  }
});

test('a listener that is too slow is told how much it missed', async (t) => {
  const { sandbox, session } = await opened(t);
  // Two tokens in a row are refused: from now on each report is an event and nothing else.
  for (let count = 0; count < 2; count += 1) {
    await session.reportUnauthorized(await session.token());
    sandbox.advance(6_000);
  }
  const token = await session.token();
  /** @type {import('relatch').SessionEvent[]} */
  const events = [];
  session.on('event', (event) => events.push(event));
  const reports = 12_000;
  const ended = heard(session, 'logged_out');
  // All in one turn of the event loop: nothing is told before its end.
  const calls = Array.from({ length: reports }, () => failure(session.reportUnauthorized(token)));
  assert.equal(events.length, 0);
  for (const error of await Promise.all(calls)) assert.equal(error.code, 'relogin_required');
  await session.logout();
  await ended;
  const dropped = events.filter(({ kind }) => kind === 'dropped');
  assert.equal(dropped.length, 1);
  const told = events.filter(({ kind }) => kind === 'unauthorized').length;
  assert.ok(told < 10_000, `${told}`);
  assert.equal(dropped[0]?.count, reports - told);
  assert.equal(events[0], dropped[0]);
  assert.equal(events.at(-1)?.kind, 'logged_out');
});

test('a session says what it waits for, and until when', async (t) => {
  // The start of a step: the first login uses its code.
  const startsAt = 1_767_583_800_000;
  const sandbox = await sandboxFor(t, { startsAt });
  const session = await login(sandbox.synapsewave());
  const waiting = heard(session, 'waiting');
  const refreshed = session.refresh();
  const { reason, until, at } = await waiting;
  assert.equal(reason, 'totp_step');
  assert.ok(until && until > at && until.getTime() - startsAt <= 32_000, `${until}`);
  assert.equal(sandbox.counts().login, 1);
  sandbox.advance(32_000);
  await refreshed;
  assert.equal(sandbox.counts().login, 2);
});
