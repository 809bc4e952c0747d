// What a server says is never more than a few lines where it is shown, however much it says.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { begin, login, Pan, RelatchError, refresh, resume } from 'relatch';
import { between } from './between.mjs';
import { failure, heard, sandboxFor } from './support.mjs';

const MUCH = 1 << 20;
/** Characters that an error, an event or a record may have at most where it is shown. */
const FEW = 6_000;
/** What one claim, or one text of a profile, may have. */
const ONE_TEXT = (1 << 16) + 1;
/** What `util.inspect` shows of such a text, wherever it is from, and how many texts the records below have at most. */
const INSPECTED = 10_100 * 40;
/** What must stay as it is for the answer to be one at all. */
const KEPT = ['status', 'type', 'code', 'errors', 'result', 'exp', 'iat', 'nbf'];

/**
 * The same with much text in every text that is no token, and under names that nobody knows.
 *
 * @param {any} value @param {number} each @param {string} [name] @returns {any}
 */
function grown(value, each, name = '') {
  if (KEPT.includes(name)) return value;
  if (Array.isArray(value)) return value.map((inner) => grown(inner, each, name));
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([key, inner]) => [key, grown(inner, each, key)]);
    return { ...Object.fromEntries(members), unknown: 'u'.repeat(each), nested: { deep: ['d'.repeat(each)] } };
  }
  if (typeof value !== 'string') return value;
  // The first step's token is sent back to the server, which knows it.
  if (value.startsWith('eyJ') && !/register/i.test(name)) {
    const [head, claims = '', signature] = value.split('.');
    const more = {
      ...JSON.parse(String(Buffer.from(claims, 'base64url'))),
      claim: 'c'.repeat(each),
      0: ['o'.repeat(each)],
    };
    return [head, Buffer.from(JSON.stringify(more)).toString('base64url'), signature].join('.');
  }
  return /token/i.test(name) ? value : value + 'v'.repeat(each);
}

/** @param {any} value @returns {number} */
function texts(value) {
  if (typeof value === 'string') return 3;
  return typeof value === 'object' && value !== null
    ? 2 + Object.values(value).reduce((sum, one) => sum + texts(one), 0)
    : 0;
}

/** The answer, grown to nearly what is read of one. @param {import('./between.mjs').Answer} answer */
function muchOfEverything(answer) {
  let value;
  try {
    value = JSON.parse(String(answer.body));
  } catch {
    return { ...answer, body: Buffer.alloc(MUCH - 1, 'w') };
  }
  const each = Math.floor((MUCH * 0.9 - answer.body.length) / (texts(value) + 4));
  return { ...answer, body: Buffer.from(JSON.stringify(grown(value, each))) };
}

/** @param {unknown} value @param {number} most */
function checkBrief(value, most = FEW) {
  const all = [inspect(value), inspect(value, { depth: 10, showHidden: true }), String(value)];
  for (const text of [...all, value instanceof Error ? `${value.stack}` : '']) {
    assert.ok(text.length <= most, `${text.length} characters: ${text.slice(0, 200)}`);
  }
  const json = JSON.stringify(value) ?? '';
  assert.ok(json.length <= Math.max(most, 2 * MUCH), `${json.length} characters of JSON`);
  if (value instanceof RelatchError) assert.ok(json.length <= FEW, `${json.length} characters of JSON`);
  if (value instanceof Error && value.cause !== undefined) checkBrief(value.cause, most);
}

/** @param {any} value @returns {number} */
function longest(value) {
  if (typeof value === 'string') return value.length;
  return typeof value === 'object' && value !== null ? Math.max(0, ...Object.values(value).map(longest)) : 0;
}

test('a session of 7G', async (t) => {
  const sandbox = await sandboxFor(t);
  const { url } = await between(t, sandbox.url, { change: muchOfEverything });
  const provider = sandbox.sevenG({ baseUrl: url });
  const health = await provider.health();
  assert.ok(health.body.length > 0 && health.body.length <= 4096);
  checkBrief(health);
  for (const entry of await provider.lookup()) assert.ok(longest(entry) <= ONE_TEXT);
  const session = await login(provider);
  const told = once(session, 'event');
  checkBrief(await session.refresh());
  for (const value of [session, session.tokens, provider, ...(await told)]) checkBrief(value);
  assert.ok(longest(session.claims) > 1_000 && longest(session.claims) <= ONE_TEXT);
  await session.logout();
});

test('a session of Synapsewave', async (t) => {
  const sandbox = await sandboxFor(t);
  const { url } = await between(t, sandbox.synapsewaveUrl, { change: muchOfEverything });
  const challenge = await begin(sandbox.synapsewave({ baseUrl: url, secondFactor: undefined }));
  checkBrief(challenge, INSPECTED);
  assert.ok(longest(challenge.details) <= ONE_TEXT);
  const session = await challenge.complete({ otp: sandbox.outbox().at(-1)?.otp ?? '' });
  checkBrief(session);
  checkBrief(session.profile, INSPECTED);
  checkBrief(await session.feed(), INSPECTED);
  for (const value of [session.profile, await session.feed(), session.claims]) assert.ok(longest(value) <= ONE_TEXT);
  const account = sandbox.synapsewaveAccount({ baseUrl: url });
  assert.ok((await account.sendOtp()).length <= FEW);
  checkBrief(await account.registerTotp({ otp: sandbox.outbox().at(-1)?.otp ?? '' }), INSPECTED);
  checkBrief(account);
  await session.logout();
});

/** @param {number} status @param {string} type @param {string | object} body */
const always = (status, type, body) => () => {
  return { status, type, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) };
};

/** @type {Array<[string, (answer: import('./between.mjs').Answer) => import('./between.mjs').Answer]>} */
const CHANGES = [
  ['much of everything', muchOfEverything],
  ['words', always(200, 'text/plain', 'word '.repeat(MUCH / 5 - 1))],
  ['a page', always(403, 'text/html', `<html><head><title>${'title '.repeat(MUCH / 7)}</title></head></html>`)],
  ['a message', always(401, 'application/json', { message: 'm '.repeat(MUCH / 3) })],
  ['names', always(400, 'application/json', { ['e'.repeat(MUCH / 3)]: { ['n'.repeat(MUCH / 3)]: 1 } })],
  ['a type', always(200, `text/${'t'.repeat(30_000)}`, '\0'.repeat(MUCH - 1))],
  [
    'codes',
    always(400, 'application/json', {
      status: 'error',
      code: 'c'.repeat(MUCH / 4),
      message: 'm',
      errors: ['e'.repeat(MUCH / 2)],
    }),
  ],
  ['too much', always(200, 'application/json', `{"accessToken": "${'a'.repeat(2 * MUCH)}`)],
];

for (const [what, change] of CHANGES) {
  test(`errors of an answer with ${what}`, async (t) => {
    const sandbox = await sandboxFor(t);
    const { url } = await between(t, sandbox.url, { change });
    const provider = sandbox.sevenG({ baseUrl: url, username: 'nobody', password: 'wrong' });
    const session = resume(provider, { accessToken: 'access', refreshToken: 'refresh' }, { relogin: 'never' });
    const failed = heard(session, change === muchOfEverything ? 'relogin_required' : 'refresh_failed');
    const { url: other } = await between(t, sandbox.synapsewaveUrl, { change });
    const user = { baseUrl: other, password: 'wrong' };
    const wrong = { accessToken: 'access', refreshToken: 'other' };
    /** @type {Array<() => Promise<unknown>>} */
    const calls = [
      () => login(provider, { timeout: 5_000 }),
      () => session.refresh({ timeout: 5_000 }),
      () => refresh(provider, wrong, { timeout: 5_000 }),
      () => login(sandbox.synapsewave({ ...user, secondFactor: new Pan('ABCDE1234F') }), { timeout: 5_000 }),
      () => login(sandbox.synapsewaveDealer(user), { timeout: 5_000 }),
      () => sandbox.synapsewaveAccount({ baseUrl: other }).verifyOtp({ otp: '000000' }),
    ];
    for (const call of calls) {
      const error = await failure(call());
      assert.ok(error instanceof RelatchError, String(error));
      checkBrief(error);
    }
    checkBrief(await failed);
  });
}
