// Tokens that were kept elsewhere come back with their end, however that was stored.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import vm from 'node:vm';
import { InvalidConfig, login, refresh, resume } from 'relatch';
import { failure, sandboxFor, thrown } from './support.mjs';

/** The last moment that a Date can hold. */
const LAST = 8.64e15;

/** Opaque tokens of which 800 seconds are gone. @param {import('node:test').TestContext} test */
async function used(test) {
  const sandbox = await sandboxFor(test, { opaqueAccessTokens: true });
  const session = await login(sandbox.sevenG());
  sandbox.advance(800_000);
  const { tokens } = session;
  assert.ok(tokens?.expiresAt);
  return { sandbox, tokens, expiresAt: tokens.expiresAt };
}

test('an opaque token keeps its end, in whichever form it was stored', async (t) => {
  const { sandbox, tokens, expiresAt } = await used(t);
  const provider = sandbox.sevenG();
  const forms = [
    expiresAt,
    expiresAt.getTime(),
    expiresAt.getTime() / 1000,
    expiresAt.toISOString(),
    expiresAt.toISOString().replace('Z', '+00:00'),
    vm.runInNewContext(`new Date(${expiresAt.getTime()})`),
  ];
  const stored = [tokens, JSON.parse(JSON.stringify(tokens)), ...forms.map((form) => ({ ...tokens, expiresAt: form }))];
  for (const one of stored) {
    const session = resume(provider, one);
    assert.deepEqual(session.expiresAt, expiresAt);
    assert.deepEqual(session.tokens, tokens);
  }
  assert.equal(sandbox.counts().total, 1);
});

test('and is not handed out after it', async (t) => {
  const { sandbox, tokens } = await used(t);
  const session = resume(sandbox.sevenG(), JSON.parse(JSON.stringify(tokens)));
  sandbox.advance(500_000);
  assert.notEqual(await session.token(), tokens.accessToken);
  assert.equal(sandbox.counts().refresh, 1);
});

test('a token whose end is over is exchanged at once', async (t) => {
  const { sandbox, tokens } = await used(t);
  const session = resume(sandbox.sevenG(), { ...tokens, expiresAt: '1970-01-01T00:00:00Z' });
  assert.notEqual(await session.token(), tokens.accessToken);
});

test('without an end, an opaque token is taken to be new', async (t) => {
  const { sandbox, tokens, expiresAt } = await used(t);
  for (const none of [null, undefined]) {
    const session = resume(sandbox.sevenG(), { ...tokens, expiresAt: none });
    assert.ok(session.expiresAt && session.expiresAt > expiresAt);
  }
});

test('an end that is no time is refused, and nothing is sent', async (t) => {
  const sandbox = await sandboxFor(t);
  const provider = sandbox.sevenG();
  const numbers = [Number.NaN, Number.POSITIVE_INFINITY, 7n];
  const texts = ['', 'tomorrow', '1767583800', '2026-01-05', '2026-01-05T09:00:00', '2026-13-05T09:00:00Z'];
  for (const expiresAt of [...numbers, ...texts, new Date(Number.NaN), true, {}, []]) {
    const tokens = /** @type {any} */ ({ accessToken: 'made-up', refreshToken: 'made-up', expiresAt });
    for (const error of [thrown(() => resume(provider, tokens)), await failure(refresh(provider, tokens))]) {
      assert.ok(error instanceof InvalidConfig, String(error));
      assert.equal(error.field, 'expiresAt');
    }
  }
  assert.equal(sandbox.counts().connections, 0);
});

test('a time that is none says nothing of the end', async (t) => {
  const provider = (await sandboxFor(t)).sevenG();
  const claims = Buffer.from(JSON.stringify({ exp: 1e15 })).toString('base64url');
  const ends = [LAST, new Date('9999-12-31T23:59:59Z'), '2200-01-01T00:00:00Z'];
  const opaque = ends.map((expiresAt) => ({ accessToken: 'opaque', expiresAt }));
  for (const tokens of [{ accessToken: `made.${claims}.up` }, ...opaque]) {
    const session = resume(provider, tokens);
    const year = session.expiresAt?.getUTCFullYear();
    assert.ok(year !== undefined && year > 2000 && year < 2200, `${year}`);
    const again = resume(provider, JSON.parse(JSON.stringify(session.tokens)));
    assert.equal(again.expiresAt?.getTime(), session.expiresAt?.getTime());
  }
});

test('a time that no Date can hold becomes the last that one can', () => {
  const load = createRequire(import.meta.url);
  const { decode } = load('../../bindings-node/dist/errors.js');
  const { readEvent } = load('../../bindings-node/dist/events.js');
  const error = decode(JSON.stringify({ code: 'rate_limited', message: '', details: { retry_at: -1e18 } }), decode);
  assert.equal(error.retryAt.getTime(), -LAST);
  const event = readEvent(JSON.stringify({ kind: 'refreshed', at: 0, expiresAt: 9.2e18 }));
  assert.deepEqual([event.at.getTime(), event.expiresAt.getTime()], [0, LAST]);
});
