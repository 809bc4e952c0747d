// Many callers at once, and callers that go away: one refresh on the wire, and nobody takes it along.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { login, RequestTimeout } from 'relatch';
import { failure, heard, sandboxFor } from './support.mjs';

const EXPIRED = 1_210_000;

/**
 * A session whose token has expired, and whose refresh is held by the server after it has acted.
 *
 * @param {import('node:test').TestContext} test
 * @param {import('relatch').LoginOptions} [options]
 */
async function held(test, options) {
  const sandbox = await sandboxFor(test);
  const session = await login(sandbox.sevenG(), options);
  const old = await session.token();
  sandbox.fault({ on: 'refresh', fault: 'hold', when: 'after' });
  // The session has been used: it refreshes by itself. What callers do now joins that.
  sandbox.advance(EXPIRED);
  return { sandbox, session, old };
}

test('1000 promises on an expired token: one refresh, no error, one token', async (t) => {
  const { sandbox, session, old } = await held(t);
  const calls = Array.from({ length: 1000 }, () => session.token());
  await sandbox.waitFor('refresh', 1);
  sandbox.release();
  const tokens = new Set(await Promise.all(calls));
  assert.equal(tokens.size, 1);
  assert.ok(!tokens.has(old));
  assert.equal(sandbox.counts().refresh, 1);
  assert.equal(sandbox.counts().login, 1);
});

test('1000 promises from as many turns of the event loop', async (t) => {
  const { sandbox, session } = await held(t);
  const calls = [];
  for (let count = 0; count < 1000; count += 1) {
    calls.push(session.token());
    if (count % 10 === 0) await new Promise(setImmediate);
  }
  sandbox.release();
  await sandbox.waitFor('refresh', 1);
  sandbox.release();
  assert.equal(new Set(await Promise.all(calls)).size, 1);
  assert.equal(sandbox.counts().refresh, 1);
});

test('the first of 1000 aborted after the request has left: the others do not notice', async (t) => {
  const { sandbox, session } = await held(t);
  const abort = new AbortController();
  const first = session.token({ signal: abort.signal });
  const others = Array.from({ length: 999 }, () => session.token());
  await sandbox.waitFor('refresh', 1);
  abort.abort();
  assert.equal((await failure(first)).name, 'AbortError');
  sandbox.release();
  assert.equal(new Set(await Promise.all(others)).size, 1);
  assert.equal(sandbox.counts().refresh, 1);
});

test('all aborted: the new tokens are kept, and the next call needs no traffic', async (t) => {
  const { sandbox, session, old } = await held(t);
  const abort = new AbortController();
  const calls = Array.from({ length: 1000 }, () => session.token({ signal: abort.signal }));
  await sandbox.waitFor('refresh', 1);
  const refreshed = heard(session, 'refreshed');
  abort.abort();
  for (const { status } of await Promise.allSettled(calls)) assert.equal(status, 'rejected');
  sandbox.release();
  await refreshed;
  assert.notEqual(await session.token(), old);
  assert.equal(sandbox.counts().total, 2);
});

test('a signal that has aborted before the call: its reason, and no traffic', async (t) => {
  const sandbox = await sandboxFor(t);
  const reason = { made: 'up' };
  const signal = AbortSignal.abort(reason);
  assert.equal(await failure(login(sandbox.sevenG(), { signal })), reason);
  assert.equal(await failure(sandbox.sevenG().health({ signal })), reason);
  assert.equal(sandbox.counts().total, 0);
  const session = await login(sandbox.sevenG());
  await session.token();
  for (const call of [session.token({ signal }), session.headers({ signal }), session.refresh({ signal })]) {
    assert.equal(await failure(call), reason);
  }
  assert.equal(sandbox.counts().total, 1);
});

/** A signal of an older kind: it says neither why it aborted nor how to throw that. */
class OldSignal extends EventTarget {
  aborted = false;

  abort() {
    this.aborted = true;
    this.dispatchEvent(new Event('abort'));
  }
}

test('a signal that is not of Node: an AbortError, before and during a call', async (t) => {
  const { sandbox, session } = await held(t);
  const old = new OldSignal();
  const signal = /** @type {any} */ (old);
  const call = session.token({ signal });
  await sandbox.waitFor('refresh', 1);
  old.abort();
  assert.equal((await failure(call)).name, 'AbortError');
  for (const late of [session.token({ signal }), login(sandbox.sevenG(), { signal })]) {
    assert.equal((await failure(late)).name, 'AbortError');
  }
  sandbox.release();
  assert.equal(typeof (await session.token({ signal: /** @type {any} */ (new OldSignal()) })), 'string');
  assert.equal(sandbox.counts().total, 2);
});

test('a signal that aborts during a login: the login goes on and is counted', async (t) => {
  const sandbox = await sandboxFor(t);
  sandbox.fault({ on: 'login', fault: 'hold' });
  const abort = new AbortController();
  const call = login(sandbox.sevenG(), { signal: abort.signal });
  await sandbox.waitFor('login', 1);
  abort.abort();
  assert.equal((await failure(call)).name, 'AbortError');
  sandbox.release();
  await login(sandbox.sevenG());
  assert.equal(sandbox.counts().login, 2);
});

test('a signal that times out: its TimeoutError', async (t) => {
  const { session } = await held(t);
  assert.equal((await failure(session.token({ signal: AbortSignal.timeout(1) }))).name, 'TimeoutError');
});

test('a long-lived signal: nothing is left on it, and its onabort is not touched', async (t) => {
  const sandbox = await sandboxFor(t);
  const session = await login(sandbox.sevenG());
  const abort = new AbortController();
  let told = 0;
  const onabort = () => {
    told += 1;
  };
  abort.signal.onabort = onabort;
  const before = getEventListeners(abort.signal, 'abort').length;
  for (let count = 0; count < 20; count += 1) await session.refresh({ signal: abort.signal });
  await session.token({ signal: abort.signal });
  assert.equal(abort.signal.onabort, onabort);
  assert.equal(getEventListeners(abort.signal, 'abort').length, before);
  abort.abort();
  assert.equal(told, 1);
  assert.equal(typeof (await session.token()), 'string');
});

test('a time limit of one call ends that call alone', async (t) => {
  const { sandbox, session } = await held(t);
  const [patient, hasty] = [session.token(), session.token({ timeout: 0 })];
  assert.ok((await failure(hasty)) instanceof RequestTimeout);
  await sandbox.waitFor('refresh', 1);
  sandbox.release();
  assert.equal(await patient, await session.token());
  assert.equal(sandbox.counts().refresh, 1);
});

test('a call has reached its session when it returns its promise', async (t) => {
  // However long this takes, the exchange that is held goes on.
  const { sandbox, session } = await held(t, { exchangeTimeout: 300_000 });
  for (let round = 0; round < 20; round += 1) {
    const call = session.token({ timeout: 500 });
    // Had the call begun to wait only after this, its time would not be up.
    sandbox.advance(600);
    assert.ok((await failure(call)) instanceof RequestTimeout);
  }
});

test('a signal may serve many calls at once without a warning', async (t) => {
  const { sandbox, session } = await held(t);
  /** @type {Error[]} */
  const warnings = [];
  const warned = (/** @type {Error} */ warning) => warnings.push(warning);
  process.on('warning', warned);
  const { signal } = new AbortController();
  const calls = Array.from({ length: 50 }, () => session.token({ signal }));
  assert.equal(getEventListeners(signal, 'abort').length, 1);
  sandbox.release();
  await sandbox.waitFor('refresh', 1);
  sandbox.release();
  await Promise.all(calls);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  process.off('warning', warned);
  assert.deepEqual(warnings, []);
});

test('a report takes what was sent: the token, the header, or all headers', async (t) => {
  const sandbox = await sandboxFor(t);
  const session = await login(sandbox.sevenG());
  const old = await session.token();
  await session.refresh();
  const headers = { accept: '*/*', AUTHORIZATION: old, 'x-list': ['a', 'b'], 'x-number': 7, 'x-nothing': undefined };
  const forms = [
    ...[old, `Bearer ${old}`, new Headers({ authorization: `Bearer ${old}` }), { Authorization: `Bearer ${old}` }],
    ...[headers, new Map(Object.entries({ authorization: old })), [['authorization', old]]],
    ...[{ authorization: [old] }, Object.assign(Object.create(null), { authorization: old })],
  ];
  for (const [number, sent] of forms.entries()) {
    assert.equal(await session.reportUnauthorized(/** @type {any} */ (sent)), await session.token(), `form ${number}`);
  }
  assert.equal(sandbox.counts().refresh, 1);
});

test('a report of what the session never had is refused without traffic', async (t) => {
  const sandbox = await sandboxFor(t);
  const session = await login(sandbox.sevenG());
  const total = sandbox.counts().total;
  for (const sent of [
    'Bearer another',
    'nonsense',
    '',
    {},
    [],
    new Headers(),
    { authorization: '' },
    ['a', 'b'],
    7,
    null,
  ]) {
    const error = await failure(session.reportUnauthorized(/** @type {any} */ (sent)));
    assert.equal(error.code, 'invalid_config', inspect(sent));
    assert.match(error.field ?? '', /^(token|headers)$/);
  }
  assert.equal(sandbox.counts().total, total);
});
