// However often a login is completed, there is one session: what is done to it in one place is seen in all.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { begin, login, SecondFactorRequired } from 'relatch';
import { failure, sandboxFor } from './support.mjs';

const human = { secondFactor: undefined };

/** @param {import('node:test').TestContext} test */
async function begun(test) {
  const sandbox = await sandboxFor(test);
  const challenge = await begin(sandbox.synapsewave(human));
  const complete = () => challenge.complete({ totp: sandbox.totp() });
  return { sandbox, complete };
}

test('completing again, at the same time or later, gives the same session', async (t) => {
  const { sandbox, complete } = await begun(t);
  const [first, second] = await Promise.all([complete(), complete()]);
  assert.equal(first, second);
  assert.equal(await complete(), first);
  assert.equal(sandbox.counts().login, 1);
});

test('no holder gets a token after a logout by another one', async (t) => {
  const { complete } = await begun(t);
  const [first, second] = [await complete(), await complete()];
  assert.equal(await first.token(), await second.token());
  await second.logout();
  assert.equal((await failure(first.token())).code, 'closed');
  assert.equal((await failure(first.headers())).code, 'closed');
});

test('every holder gets the token of a refresh by another one', async (t) => {
  const sandbox = await sandboxFor(t);
  const challenge = await begin(sandbox.synapsewave());
  const complete = () => challenge.complete({ totp: sandbox.totp() });
  const [first, second] = [await complete(), await complete()];
  const old = await first.token();
  // A code is good for one login.
  sandbox.advance(60_000);
  assert.equal(await first.token(), old);
  const { accessToken } = await second.refresh();
  assert.notEqual(accessToken, old);
  assert.equal(await first.token(), accessToken);
});

test("a session's own challenges give that session", async (t) => {
  const { sandbox, complete } = await begun(t);
  const session = await complete();
  const old = await session.token();
  sandbox.advance(60_000);
  const error = await failure(session.refresh());
  assert.ok(error instanceof SecondFactorRequired && error.challenge, String(error));
  const { challenge } = session;
  assert.equal(await session.token(), old, 'the old token serves until the login is complete');
  assert.equal(await error.challenge.complete({ totp: sandbox.totp() }), session);
  assert.equal(await challenge?.complete({ totp: sandbox.totp() }), session);
  const next = await session.token();
  assert.notEqual(next, old);
  assert.equal(session.tokens?.accessToken, next);
});

test('so does the challenge of a login, and one that an error of it carries', async (t) => {
  const sandbox = await sandboxFor(t);
  const error = await failure(login(sandbox.synapsewave(human)));
  assert.ok(error instanceof SecondFactorRequired && error.challenge, String(error));
  const session = await error.challenge.complete({ totp: sandbox.totp() });
  assert.equal(await error.challenge.complete({ totp: sandbox.totp() }), session);
  const others = await error.challenge.complete({ otp: '000000' });
  assert.equal(others, session);
});

test('two logins are two sessions', async (t) => {
  const first = await begun(t);
  const other = await begin(first.sandbox.synapsewave(human));
  const session = await first.complete();
  first.sandbox.advance(60_000);
  assert.notEqual(await other.complete({ totp: first.sandbox.totp() }), session);
});
