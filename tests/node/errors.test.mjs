// The error classes: one for each code, with what the core knows, and a stack that shows the caller.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { inspect } from 'node:util';
import * as relatch from 'relatch';
import { failure, native, sandboxFor } from './support.mjs';

const { login, RelatchError, TransportError } = relatch;

/** @type {Record<string, typeof RelatchError>} */
const classes = Object.fromEntries(
  Object.values(relatch)
    .filter((value) => typeof value === 'function' && value.prototype instanceof RelatchError)
    .map((kind) => [new /** @type {any} */ (kind)('').code, kind]),
);

test('every code of the core has a class of its own, and no class has another code', () => {
  assert.deepEqual(Object.keys(classes).sort(), [...native().names().codes].sort());
});

test('every class says what helps as the core does', () => {
  /** @type {Record<relatch.Recovery, true>} */
  const words = { retry: true, retry_at: true, correct: true, login: true, never: true };
  const { codes, recoveries } = native().names();
  const told = codes.map((code) => new /** @type {any} */ (classes[code])('').recovery);
  assert.deepEqual(told, recoveries);
  assert.deepEqual([...new Set(recoveries)].sort(), Object.keys(words).sort());
  assert.ok(new relatch.RequestTimeout('').isTransient && new relatch.LockoutGuard('').isTransient);
  assert.ok(!new relatch.InvalidCredentials('').isTransient && !new RelatchError('').isTransient);
});

test('every cause and every kind of event of the core is known to the types', () => {
  /** @type {Record<relatch.ReloginReason, true>} */
  const reasons = {
    rotation_lost: true,
    refresh_rejected: true,
    no_refresh_token: true,
    factor_required: true,
    token_refused: true,
    login_rejected: true,
  };
  /** @type {Record<relatch.EventKind, true>} */
  const kinds = {
    logged_in: true,
    login_failed: true,
    challenged: true,
    refreshed: true,
    refresh_failed: true,
    unauthorized: true,
    relogin_required: true,
    feed_changed: true,
    lockout_guard: true,
    login_forced: true,
    waiting: true,
    dropped: true,
    store_failed: true,
    logged_out: true,
  };
  assert.deepEqual(Object.keys(reasons).sort(), [...native().names().causes].sort());
  assert.deepEqual(Object.keys(kinds).sort(), [...native().names().events].sort());
});

test('every class has its name, also where it is printed', () => {
  const named = new Map(/** @type {[string, unknown][]} */ (Object.entries(relatch)));
  for (const [code, kind] of Object.entries(classes)) {
    const error = new kind('made up', { retryAt: new Date(0) });
    assert.equal(named.get(error.name), kind, code);
    assert.equal(String(error), `${error.name}: made up`);
    assert.match(inspect(error), new RegExp(`^${error.name}: made up\\n`));
    assert.deepEqual(error.retryAt, new Date(0));
    assert.ok(error instanceof RelatchError && error instanceof Error);
  }
  for (const code of ['timeout', 'tls', 'proxy']) assert.ok(classes[code]?.prototype instanceof TransportError);
});

test('an error of a call carries what the core knows', async (t) => {
  const sandbox = await sandboxFor(t);
  const error = await failure(login(sandbox.sevenG({ password: 'another-made-up-1' })));
  assert.ok(error instanceof relatch.InvalidCredentials);
  assert.deepEqual({ ...error }, { code: 'invalid_credentials', status: 401, serverMessage: error.serverMessage });
  assert.match(error.serverMessage ?? '', /password/);
});

test('times and causes cross as what JavaScript has for them', async (t) => {
  const sandbox = await sandboxFor(t, { lockout: { failures: 1 } });
  const provider = sandbox.sevenG({ password: 'another-made-up-1' });
  await failure(login(provider));
  const locked = await failure(login(sandbox.sevenG()));
  assert.ok(locked instanceof relatch.AccountLocked);
  assert.ok(locked.retryAt instanceof Date && locked.retryAt.getTime() > Date.now());
  sandbox.fault({ on: 'login', fault: 'hold' });
  const call = login(sandbox.sevenG({ username: 'somebody_else' }), { timeout: 10_000 });
  sandbox.advance(10_000);
  const late = await failure(call);
  assert.ok(late instanceof relatch.RequestTimeout && late instanceof TransportError);
});

test('what lies beneath is the cause', async (t) => {
  const sandbox = await sandboxFor(t);
  sandbox.down();
  const error = await failure(sandbox.sevenG().health());
  assert.ok(error instanceof TransportError);
  assert.equal(error.sent, 'no');
  assert.ok(error.cause instanceof Error);
  assert.match(inspect(error), /\[cause\]/);
});

test('the error that ended a session is the cause of those that follow', async (t) => {
  const sandbox = await sandboxFor(t);
  const session = await login(sandbox.sevenG(), { relogin: 'never' });
  sandbox.revoke({ username: 'api_user', what: 'all' });
  const error = await failure(session.refresh());
  assert.ok(error instanceof relatch.ReloginRequired);
  assert.equal(error.reason, 'refresh_rejected');
  assert.ok(error.cause instanceof RelatchError, inspect(error));
});

test('the stack shows the caller first, and through awaits', async (t) => {
  const sandbox = await sandboxFor(t);
  async function theProgram() {
    await login(sandbox.sevenG({ username: 'nobody_here' }));
  }
  const { stack = '' } = await failure(theProgram());
  assert.match(stack, /at async login .*\n.*at async theProgram/);
  function atOnce() {
    new relatch.SevenG({ environment: /** @type {any} */ ('nowhere') });
  }
  assert.throws(atOnce, ({ stack }) => /^InvalidConfig: .*\n\s+at atOnce/.test(stack));
});

test('a session shows its caller too', async (t) => {
  const sandbox = await sandboxFor(t);
  const session = await login(sandbox.sevenG());
  await session.logout();
  async function theProgram() {
    await session.token();
  }
  const error = await failure(theProgram());
  assert.ok(error instanceof relatch.ClosedError);
  assert.match(error.stack ?? '', /at async theProgram/);
});

test('import and require yield the same classes', () => {
  const require = createRequire(import.meta.url);
  for (const [name, value] of Object.entries(require('relatch'))) {
    assert.equal(/** @type {Record<string, unknown>} */ (relatch)[name], value, name);
  }
  assert.equal(typeof require('relatch/testing').Sandbox, 'function');
});
