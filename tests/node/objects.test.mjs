// What the objects show of themselves, and what they keep to themselves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { login, refresh, resume, Session, SevenG, Tokens } from 'relatch';
import { PASSWORD, sandboxFor } from './support.mjs';

test('console.log shows what helps, and no secret', async (t) => {
  const sandbox = await sandboxFor(t);
  const provider = sandbox.sevenG();
  const session = await login(provider);
  const tokens = await session.refresh();
  const shown = inspect({ provider, session, tokens, sandbox }, { depth: 9, showHidden: true });
  for (const part of [
    'SevenG {',
    'api_user',
    sandbox.url,
    'Session {',
    "state: 'active'",
    'expiresAt: 20',
    'Tokens {',
  ]) {
    assert.ok(shown.includes(part), `${part} is not in ${shown}`);
  }
  for (const secret of [PASSWORD, tokens.accessToken, tokens.refreshToken ?? '']) {
    assert.ok(!shown.includes(secret), shown);
    assert.ok(!JSON.stringify({ provider, session, sandbox }).includes(secret));
    assert.ok(!`${provider} ${session} ${tokens} ${sandbox}`.includes(secret));
  }
});

test('no object can be sent to another thread', async (t) => {
  const sandbox = await sandboxFor(t);
  const provider = sandbox.sevenG();
  const { port1, port2 } = new MessageChannel();
  for (const object of [provider, await login(provider), sandbox]) {
    assert.throws(() => structuredClone(object), { name: 'DataCloneError' });
    assert.throws(() => port1.postMessage(object), { name: 'DataCloneError' });
  }
  port1.close();
  port2.close();
});

test('only login and resume make a session', () => {
  assert.throws(() => new /** @type {any} */ (Session)(0), /login/);
  assert.throws(() => Session.prototype.token.call({}));
});

test('tokens go to a database and back', async (t) => {
  const sandbox = await sandboxFor(t);
  const provider = sandbox.sevenG({ credentials: false });
  const { tokens } = await login(sandbox.sevenG());
  assert.ok(tokens instanceof Tokens && tokens.expiresAt instanceof Date);
  const stored = JSON.parse(JSON.stringify(tokens));
  assert.deepEqual(Object.keys(stored).sort(), ['accessToken', 'expiresAt', 'refreshToken']);
  const session = resume(provider, stored);
  assert.equal(await session.token(), tokens.accessToken);
  assert.equal(sandbox.counts().total, 1);
  const next = await refresh(provider, stored);
  assert.notEqual(next.accessToken, tokens.accessToken);
  assert.ok(next instanceof Tokens && next.refreshToken);
});

test('a session knows its user and its claims', async (t) => {
  const sandbox = await sandboxFor(t);
  const { claims, profile, expiresAt, state } = await login(sandbox.sevenG());
  assert.equal(state, 'active');
  assert.equal(profile.username, 'api_user');
  assert.deepEqual(
    [typeof profile.userId, typeof profile.instanceId, Array.isArray(profile.roles)],
    ['string', 'string', true],
  );
  assert.equal(claims.exp, Number(expiresAt) / 1000);
});

test('the two calls that need no login', async (t) => {
  const sandbox = await sandboxFor(t);
  const provider = new SevenG({ baseUrl: sandbox.url });
  const { healthy, status, body } = await provider.health();
  assert.deepEqual([healthy, status, typeof body], [true, 200, 'string']);
  const entries = await provider.lookup('info');
  assert.ok(
    entries.length > 0 && entries.every(({ id, value }) => typeof id === 'string' && typeof value === 'string'),
  );
  await assert.rejects(provider.lookup('nothing of that name'), { code: 'access_denied' });
  assert.deepEqual([sandbox.counts().health, sandbox.counts().lookup], [1, 2]);
});

test('the sandbox reports what it saw', async (t) => {
  const sandbox = await sandboxFor(t, { accounts: [{ username: 'first_user', password: 'made-up-password-2' }] });
  await login(sandbox.sevenG({ bearer: true }));
  const [seen] = sandbox.audit();
  assert.ok(seen && seen.at instanceof Date);
  assert.deepEqual([seen.username, seen.contentType, seen.verdict], ['first_user', 'application/json', 'granted']);
  await sandbox.close();
  // `sent` depends on whether the connection that the login left open is known to have ended.
  await assert.rejects(sandbox.sevenG().health(), { code: 'transport' });
});
