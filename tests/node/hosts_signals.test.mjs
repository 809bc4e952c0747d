// AbortSignals of every make, and the asynchronous context of who calls: what waiting.test.mjs does not have.
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter, getEventListeners } from 'node:events';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { begin, login } from 'relatch';
import { failure, heard, sandboxFor } from './support.mjs';

/**
 * A session whose refreshes are held by the server.
 *
 * @param {import('node:test').TestContext} test
 */
async function held(test) {
  const sandbox = await sandboxFor(test);
  const session = await login(sandbox.sevenG());
  sandbox.fault({ on: 'refresh', fault: 'hold', when: 'after' });
  return { sandbox, session };
}

/** @param {AbortSignal} signal */
const left = (signal) => getEventListeners(signal, 'abort').length;

/**
 * A refresh goes on whose caller has left.
 *
 * @param {import('relatch/testing').Sandbox} sandbox
 * @param {import('relatch').Session} session
 */
async function goesOn(sandbox, session) {
  const refreshed = heard(session, 'refreshed');
  sandbox.release();
  await refreshed;
  assert.equal(sandbox.counts().refresh, 1);
}

test('a signal that aborts after the call is done changes nothing', async (t) => {
  const sandbox = await sandboxFor(t);
  const abort = new AbortController();
  const { signal } = abort;
  const session = await login(sandbox.sevenG(), { signal });
  const calls = [session.token({ signal }), session.headers({ signal }), session.refresh({ signal })];
  await Promise.all(calls);
  assert.equal(left(signal), 0);
  abort.abort(new Error('too late'));
  for (const { status } of await Promise.allSettled(calls)) assert.equal(status, 'fulfilled');
  assert.equal((await session.refresh()).accessToken, await session.token());
  assert.deepEqual([sandbox.counts().login, sandbox.counts().refresh], [1, 2]);
});

for (const [what, reason] of /** @type {Array<[string, unknown]>} */ ([
  ['an error', new RangeError('made up')],
  ['a text', 'made up'],
  ['a number', 0],
  ['null', null],
  ['an object', Object.freeze({ made: 'up' })],
])) {
  test(`the reason of a signal is what the call rejects with: ${what}`, async (t) => {
    const { sandbox, session } = await held(t);
    const abort = new AbortController();
    const call = session.refresh({ signal: abort.signal });
    await sandbox.waitFor('refresh', 1);
    abort.abort(reason);
    const rejected = call.then(
      () => assert.fail('the call was not rejected'),
      (given) => ({ given }),
    );
    assert.equal((await rejected).given, reason);
    assert.equal(left(abort.signal), 0);
    await goesOn(sandbox, session);
  });
}

test('AbortSignal.any: the reason of the one that aborts, and nothing left on any of them', async (t) => {
  const { sandbox, session } = await held(t);
  const controllers = [new AbortController(), new AbortController(), new AbortController()];
  const signal = AbortSignal.any([...controllers.map((controller) => controller.signal), AbortSignal.timeout(60_000)]);
  const call = session.token({ signal });
  assert.equal(typeof (await call), 'string');
  const refreshes = [session.refresh({ signal }), session.refresh({ signal }), session.refresh()];
  await sandbox.waitFor('refresh', 1);
  const reason = new Error('the second');
  controllers[1]?.abort(reason);
  controllers[0]?.abort(new Error('the first'));
  assert.equal(await failure(/** @type {any} */ (refreshes[0])), reason);
  assert.equal(await failure(/** @type {any} */ (refreshes[1])), reason);
  sandbox.release();
  await refreshes[2];
  for (const each of [signal, ...controllers.map((controller) => controller.signal)]) assert.equal(left(each), 0);
  assert.equal(sandbox.counts().refresh, 1);
});

test('AbortSignal.any with a timeout that comes first: its TimeoutError', async (t) => {
  const { session } = await held(t);
  const signal = AbortSignal.any([new AbortController().signal, AbortSignal.timeout(1)]);
  const error = await failure(session.refresh({ signal }));
  assert.ok(error instanceof DOMException);
  assert.equal(error.name, 'TimeoutError');
});

test('a signal that aborts in the turn of the call, before and after it', async (t) => {
  const { sandbox, session } = await held(t);
  const [before, after] = [new AbortController(), new AbortController()];
  before.abort();
  const [refused, left] = [session.refresh({ signal: before.signal }), session.refresh({ signal: after.signal })];
  after.abort();
  assert.equal((await failure(refused)).name, 'AbortError');
  assert.equal((await failure(left)).name, 'AbortError');
  // The one that had begun goes on; the one that had not sends nothing.
  await sandbox.waitFor('refresh', 1);
  await goesOn(sandbox, session);
});

test('a signal of a challenge detaches its caller, and the session is there for the next', async (t) => {
  const sandbox = await sandboxFor(t, { startsAt: 1_767_583_800_000 });
  const challenge = await begin(sandbox.synapsewave({ secondFactor: undefined }));
  assert.ok('complete' in challenge);
  sandbox.fault({ on: 'login', fault: 'hold', when: 'after' });
  const abort = new AbortController();
  const call = challenge.complete({ totp: sandbox.totp() }, { signal: abort.signal });
  await sandbox.waitFor('login', 1);
  abort.abort();
  assert.equal((await failure(call)).name, 'AbortError');
  assert.equal(left(abort.signal), 0);
  sandbox.release();
  assert.equal(sandbox.counts().login, 1);
});

test('an emitter is no signal, and a signal of another realm is one', async (t) => {
  const { session } = await held(t);
  const emitter = /** @type {any} */ (new EventEmitter());
  assert.equal((await failure(session.token({ signal: emitter }))).code, 'invalid_config');
  const { signal, abort } = runInNewContext('const abort = new AbortController(); ({ signal: abort.signal, abort })', {
    AbortController,
  });
  const call = session.refresh({ signal });
  abort.abort();
  assert.equal((await failure(call)).name, 'AbortError');
});

test('a signal that times out keeps no process alive, and the call does', async (t) => {
  const { sandbox, session } = await held(t);
  const calls = Array.from({ length: 1000 }, () => session.refresh({ signal: AbortSignal.timeout(60_000) }));
  await sandbox.waitFor('refresh', 1);
  sandbox.release();
  assert.equal(new Set((await Promise.all(calls)).map(({ accessToken }) => accessToken)).size, 1);
  assert.equal(sandbox.counts().refresh, 1);
});

test('callers of one refresh keep their own asynchronous context', async (t) => {
  const { sandbox, session } = await held(t);
  const request = new AsyncLocalStorage();
  const calls = Array.from({ length: 20 }, (_, number) =>
    request.run(number, async () => {
      await session.refresh();
      return request.getStore();
    }),
  );
  await sandbox.waitFor('refresh', 1);
  sandbox.release();
  assert.deepEqual(
    await Promise.all(calls),
    calls.map((_, number) => number),
  );
  assert.equal(sandbox.counts().refresh, 1);
});
