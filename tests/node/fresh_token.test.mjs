// Handing out a fresh token does not leave JavaScript, and never outlives what makes it stale.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { login, resume } from 'relatch';
import { failure, heard, sandboxFor } from './support.mjs';

/** @param {import('node:test').TestContext} test @param {import('relatch').LoginOptions} [options] */
async function opened(test, options) {
  const sandbox = await sandboxFor(test);
  const session = await login(sandbox.sevenG(), options);
  return { sandbox, session, token: await session.token() };
}

test('a fresh token is the same promise again, kept already', async (t) => {
  const { sandbox, session, token } = await opened(t);
  const promise = session.token();
  for (let count = 0; count < 1000; count += 1) assert.equal(session.token(), promise);
  assert.equal(await promise, token);
  assert.equal(sandbox.counts().total, 1);
});

test('time that passes makes it stale', async (t) => {
  const { sandbox, session, token } = await opened(t);
  sandbox.advance(700_000);
  assert.equal(await session.token(), token);
  sandbox.advance(510_000);
  assert.notEqual(await session.token(), token);
  assert.equal(sandbox.counts().refresh, 1);
});

test('a loop that never leaves its turn notices that time has passed', async (t) => {
  const { session } = await opened(t);
  const promise = session.token();
  const { now } = Date;
  let ahead = 0;
  Date.now = () => now() + ahead;
  try {
    for (let count = 0; count < 200; count += 1) assert.equal(session.token(), promise);
    ahead = 2_000_000;
    let calls = 0;
    while (session.token() === promise) {
      calls += 1;
      assert.ok(calls < 100, 'a stale answer is given again and again');
    }
    ahead = 0;
  } finally {
    Date.now = now;
  }
});

test('a loop that computes for long before each call gets no stale token', async (t) => {
  const { sandbox, session } = await opened(t);
  const { tokens } = session;
  assert.ok(tokens);
  const { now } = Date;
  let ahead = 0;
  Date.now = () => now() + ahead;
  try {
    // However many answers are left of one reading of the clock when it begins to compute.
    for (let asked = 20; asked < 100; asked += 1) {
      ahead = 0;
      const other = resume(sandbox.sevenG(), tokens);
      await other.token();
      const promise = other.token();
      for (let count = 0; count < asked; count += 1) other.token();
      // The token lives for 1200 seconds and is due for a refresh after 900 at most.
      while (other.token() === promise) {
        ahead += 25_000;
        assert.ok(ahead < 1_000_000, 'a stale token is given again and again');
      }
    }
  } finally {
    Date.now = now;
  }
});

test('a later turn notices at once', async (t) => {
  const { session } = await opened(t);
  const promise = session.token();
  const { now } = Date;
  try {
    for (let count = 0; count < 200; count += 1) assert.equal(await session.token(), await promise);
    await new Promise(setImmediate);
    Date.now = () => now() + 2_000_000;
    assert.notEqual(session.token(), promise);
  } finally {
    Date.now = now;
  }
});

test('an explicit refresh makes it stale at once', async (t) => {
  const { session, token } = await opened(t);
  const { accessToken } = await session.refresh();
  assert.notEqual(accessToken, token);
  assert.equal(await session.token(), accessToken);
  assert.equal(session.token(), session.token());
});

test('so does a refresh whose caller has gone', async (t) => {
  const { sandbox, session, token } = await opened(t);
  sandbox.fault({ on: 'refresh', fault: 'hold', when: 'after' });
  const abort = new AbortController();
  const call = session.refresh({ signal: abort.signal });
  await sandbox.waitFor('refresh', 1);
  assert.equal(await session.token(), token, 'the old token serves while the refresh is under way');
  abort.abort();
  await assert.rejects(call);
  const refreshed = heard(session, 'refreshed');
  sandbox.release();
  await refreshed;
  assert.notEqual(await session.token(), token);
});

test('a token that the server refused is not handed out again', async (t) => {
  const { sandbox, session, token } = await opened(t);
  sandbox.revoke({ username: 'api_user', what: 'access' });
  const next = await session.reportUnauthorized(token);
  assert.notEqual(next, token);
  assert.equal(await session.token(), next);
  assert.equal(await session.reportUnauthorized(token), next);
  assert.equal(sandbox.counts().refresh, 1);
});

/** A session that hands out its token while the refresh that is due is held. @param {import('node:test').TestContext} test */
async function due(test) {
  const { sandbox, session, token } = await opened(test);
  sandbox.fault({ on: 'refresh', fault: 'hold', when: 'after' });
  sandbox.advance(1_000_000);
  return { sandbox, session, token };
}

test('who asks after a report in the same turn does not get the refused token', async (t) => {
  const { sandbox, session, token } = await due(t);
  const [before, report, after] = [session.token(), session.reportUnauthorized(token), session.token()];
  await sandbox.waitFor('refresh', 1);
  assert.equal(await before, token);
  sandbox.release();
  const next = await report;
  assert.notEqual(next, token);
  assert.equal(await after, next);
  assert.equal(sandbox.counts().refresh, 1);
});

test('who asks after a logout in the same turn gets nothing', async (t) => {
  const { sandbox, session, token } = await due(t);
  const [before, logout, after] = [session.token(), session.logout(), failure(session.token())];
  assert.equal(await before, token);
  assert.equal((await after).code, 'closed');
  await logout;
  sandbox.release();
});

test('nothing is handed out after a logout', async (t) => {
  const { session } = await opened(t);
  await session.logout();
  await assert.rejects(session.token(), { code: 'closed' });
  await assert.rejects(session.headers(), { code: 'closed' });
  assert.deepEqual([session.state, session.expiresAt, session.tokens], ['closed', undefined, undefined]);
});

test('await using logs out', async (t) => {
  const { session } = await opened(t);
  await session[Symbol.asyncDispose]();
  assert.equal(session.state, 'closed');
});

test('headers are a new object each time, and follow the token', async (t) => {
  const { session, token } = await opened(t);
  const headers = await session.headers();
  assert.deepEqual(headers, { Authorization: token, Version: '2.0' });
  headers.Authorization = 'spoilt';
  assert.deepEqual(await session.headers(), { Authorization: token, Version: '2.0' });
  const { accessToken } = await session.refresh();
  assert.equal((await session.headers()).Authorization, accessToken);
});

test('a refresh in the background is followed', async (t) => {
  const { sandbox, session, token } = await opened(t);
  const refreshed = heard(session, 'refreshed');
  sandbox.advance(1_000_000);
  await refreshed;
  assert.notEqual(await session.token(), token);
  assert.equal(sandbox.counts().refresh, 1);
});

test('a token that is no JWT is taken to live for twenty minutes', async (t) => {
  const sandbox = await sandboxFor(t, { opaqueAccessTokens: true });
  const session = await login(sandbox.sevenG());
  const token = await session.token();
  const [{ expiresAt, claims, profile }, now] = [session, Date.now()];
  assert.ok(expiresAt && Math.abs(expiresAt.getTime() - now - 1_200_000) < 60_000);
  assert.deepEqual([claims, { ...profile }], [{}, {}]);
  sandbox.advance(700_000);
  assert.equal(await session.token(), token);
  sandbox.advance(510_000);
  assert.notEqual(await session.token(), token);
  const other = resume(sandbox.sevenG(), { accessToken: await session.token() });
  assert.equal(await other.token(), await session.token());
});
