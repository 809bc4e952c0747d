// Synapsewave: a login in two steps with a human, what a session knows, and how it ends on the server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import {
  begin,
  Fingerprint,
  login,
  Otp,
  Pan,
  ReloginRequired,
  resume,
  SecondFactorRejected,
  SecondFactorRequired,
  SevenG,
  Totp,
} from 'relatch';
import { failure, heard, sandboxFor, thrown } from './support.mjs';

/** Monday, 2026-01-05, 09:00 in India: the start of a step of TOTP codes. */
const MORNING = 1_767_583_800_000;
const TO_TUESDAY = 24 * 3_600_000;
const human = { secondFactor: undefined };

/** @param {import('node:test').TestContext} test @param {import('relatch/testing').SandboxSettings} [settings] */
const morning = (test, settings) => sandboxFor(test, { startsAt: MORNING, ...settings });

test('a human completes a login: begin, look at the methods, complete', async (t) => {
  const sandbox = await morning(t);
  const challenge = await begin(sandbox.synapsewave(human));
  assert.deepEqual(challenge.methods, ['otp', 'totp', 'fingerprint']);
  const seconds = (challenge.expiresAt.getTime() - MORNING) / 1000;
  assert.ok(seconds >= 900 && seconds < 960, String(seconds));
  assert.deepEqual(
    [challenge.details.totpEnabled, challenge.details.ptnType],
    [true, 'TOTP_OPT'],
    inspect(challenge.details),
  );
  const session = await challenge.complete({ otp: sandbox.outbox().at(-1)?.otp ?? '' });
  assert.equal(session.state, 'active');
  assert.equal(await (await challenge.complete({ otp: '000000' })).token(), await session.token());
  const { login: logins, register } = sandbox.counts();
  assert.deepEqual([logins, register], [1, 1]);
});

test('each factor completes a login', async (t) => {
  const sandbox = await morning(t);
  /** @type {Array<() => import('relatch').HumanFactor>} */
  const factors = [
    () => ({ totp: sandbox.totp() }),
    () => ({ otp: sandbox.outbox().at(-1)?.otp ?? '' }),
    () => ({ fingerprint: 'made-up-udid-1' }),
  ];
  for (const factor of factors) {
    const challenge = await begin(sandbox.synapsewave(human));
    const session = await challenge.complete(factor());
    assert.match((await session.headers()).Authorization ?? '', /^Bearer /);
  }
});

test('nonsense costs nothing, a refused factor ends the challenge', async (t) => {
  const sandbox = await morning(t);
  const challenge = await begin(sandbox.synapsewave(human));
  /** @type {any} */
  const untyped = challenge;
  /** @type {Array<[string, unknown]>} */
  const wrong = [
    ['factor', undefined],
    ['factor', {}],
    ['factor', { otp: '123456', totp: '123456' }],
    ['factor', 'otp'],
    ['otp', { otp: 123456 }],
    ['otp', { otp: '12ab' }],
    ['totp', { totp: '' }],
    ['fingerprint', { fingerprint: ' ' }],
    ['pan', { pan: 'ABCDE1234F' }],
  ];
  for (const [field, factor] of wrong) {
    const error = await failure(untyped.complete(factor));
    assert.deepEqual([error.code, error.field], ['invalid_config', field], String(error));
  }
  assert.equal((await failure(untyped.complete({ otp: '123456' }, { signal: 7 }))).field, 'signal');
  assert.equal(sandbox.counts().login, 0);
  assert.ok((await failure(challenge.complete({ otp: '000000' }))) instanceof SecondFactorRejected);
  assert.ok((await failure(challenge.complete({ otp: '000000' }))) instanceof SecondFactorRequired);
  assert.equal(sandbox.counts().login, 1);
});

test('who goes away while completing takes nothing along', async (t) => {
  const sandbox = await morning(t);
  const challenge = await begin(sandbox.synapsewave(human));
  sandbox.fault({ on: 'login', fault: 'hold' });
  const abort = new AbortController();
  const otp = sandbox.outbox().at(-1)?.otp ?? '';
  const call = challenge.complete({ otp }, { signal: abort.signal });
  await sandbox.waitFor('login', 1);
  abort.abort();
  assert.equal((await failure(call)).name, 'AbortError');
  assert.equal((await failure(challenge.complete({ otp }, { signal: abort.signal }))).name, 'AbortError');
  sandbox.release();
  assert.equal((await challenge.complete({ otp })).state, 'active');
  assert.equal(sandbox.counts().login, 1);
});

test('a login that only a human can go on with carries its challenge', async (t) => {
  const sandbox = await morning(t);
  const error = await failure(login(sandbox.synapsewave(human)));
  assert.ok(error instanceof SecondFactorRequired && error.challenge, inspect(error));
  assert.deepEqual(error.methods, ['otp', 'totp', 'fingerprint']);
  assert.match(inspect(error), /Challenge \{/);
  assert.equal((await error.challenge.complete({ totp: sandbox.totp() })).state, 'active');
});

test('begin is for systems and first factors that have a second step', async (t) => {
  const sandbox = await morning(t);
  for (const provider of [sandbox.sevenG(), sandbox.synapsewaveDealer(), sandbox.synapsewave({ mpin: '739164' })]) {
    assert.equal((await failure(begin(provider))).field, 'provider');
  }
  const { Challenge } = /** @type {any} */ (await import('../../bindings-node/dist/challenge.js'));
  assert.throws(() => new Challenge(0), /begin/);
  assert.equal(sandbox.counts().total, 0);
});

test('one login a day, for a thousand callers, and the feed changes', async (t) => {
  const sandbox = await morning(t, { synapsewave: { separateBroadcastToken: true } });
  const session = await login(sandbox.synapsewave());
  const [token, feed] = [await session.token(), await session.feed()];
  const changed = heard(session, 'feed_changed');
  sandbox.advance(TO_TUESDAY);
  const tokens = new Set(await Promise.all(Array.from({ length: 1000 }, () => session.token())));
  assert.equal(tokens.size, 1);
  assert.ok(!tokens.has(token));
  assert.equal((await changed).kind, 'feed_changed');
  const next = await session.feed({ timeout: 10_000 });
  assert.ok(next.url === feed.url && next.token !== feed.token && next.user === 'UCC123456');
  assert.equal(sandbox.counts().login, 2);
});

test('a session that needs a human says so, and refreshes when it is told to', async (t) => {
  const sandbox = await morning(t);
  let asked = 0;
  const secondFactor = new Otp(() => {
    asked += 1;
    return sandbox.outbox().at(-1)?.otp ?? '';
  });
  const session = await login(sandbox.synapsewave({ secondFactor }));
  sandbox.advance(TO_TUESDAY);
  const error = await failure(session.token());
  assert.ok(error instanceof ReloginRequired && error.reason === 'factor_required', inspect(error));
  assert.equal(asked, 1);
  assert.equal((await session.refresh()).accessToken, await session.token());
  assert.equal(asked, 2);
});

test('a feed and a profile show no secret and have them all', async (t) => {
  const sandbox = await morning(t, { synapsewave: { separateBroadcastToken: true } });
  const session = await login(sandbox.synapsewave());
  const { profile } = session;
  const feed = await session.feed();
  assert.match(feed.url ?? '', /^wss?:/);
  assert.equal(profile.broadcastToken, feed.token);
  assert.equal(profile.userId, 'UCC123456');
  assert.ok(profile.exchanges?.includes('NSE_EQ') && profile.productTypesByExchange?.NSE_EQ);
  assert.equal(typeof profile.gtdMaxDays, 'number');
  assert.match(profile.broadcastSocket ?? '', /^wss?:/);
  // What relatch does not know is kept, as the server spells it; this one is called as a secret might be.
  assert.ok(profile.secret('futureKey') && profile.futureKey === undefined);
  for (const name of /** @type {const} */ (['sessionToken', 'ocToken', 'cft', 'broadcastToken'])) {
    const secret = profile[name];
    assert.ok(secret && secret === profile.secret(name), name);
    const shown = inspect({ profile, feed }, { depth: 9, showHidden: true, getters: true });
    for (const text of [shown, JSON.stringify({ profile, feed }), `${profile} ${feed}`])
      assert.ok(!text.includes(secret));
    assert.ok(!Object.keys(profile).includes(name));
  }
  assert.equal(profile.secret('nothing'), undefined);
  assert.match(inspect(feed), /^Feed \{\n? *url/);
});

test('7G has its own profile, no feed, and cannot be asked', async (t) => {
  const sandbox = await morning(t);
  const session = await login(sandbox.sevenG());
  assert.deepEqual(Object.keys(session.profile).sort(), ['instanceId', 'roles', 'userId', 'username']);
  assert.equal(session.profile.sessionToken, undefined);
  assert.equal((await failure(session.feed())).field, 'feed');
  assert.equal((await failure(session.validate())).field, 'session');
});

test('the server says whether it knows a session, and a session that it does not know goes on', async (t) => {
  const sandbox = await morning(t);
  const session = await login(sandbox.synapsewave());
  const token = await session.token();
  assert.equal(await session.validate(), true);
  sandbox.revoke({ system: 'synapsewave', userId: 'UCC123456' });
  assert.equal(await session.validate({ signal: AbortSignal.timeout(10_000) }), false);
  sandbox.advance(30_000);
  assert.notEqual(await session.token(), token);
  assert.equal(await session.validate(), true);
  assert.equal(await failure(session.validate({ signal: AbortSignal.abort('gone') })), 'gone');
  assert.equal(sandbox.counts().validate, 3);
});

test('a logout waits for the server, whatever it answers', async (t) => {
  const sandbox = await morning(t);
  const [session, other] = [await login(sandbox.synapsewave()), await login(sandbox.synapsewaveDealer())];
  sandbox.fault({ on: 'logout', fault: 'hold' });
  let done = false;
  const ending = session.logout().then(() => {
    done = true;
  });
  assert.equal(session.state, 'closed');
  await sandbox.waitFor('logout', 1);
  assert.equal(done, false);
  sandbox.release();
  await ending;
  await session.logout();
  sandbox.fault({ on: 'logout', fault: 'answer', status: 500, body: 'no' });
  await other[Symbol.asyncDispose]();
  assert.equal((await failure(other.token())).code, 'closed');
  assert.equal(sandbox.counts().logout, 2);
});

test('a session is resumed, and a register token goes on elsewhere', async (t) => {
  const sandbox = await morning(t);
  const { tokens } = await login(sandbox.synapsewave());
  assert.ok(tokens && tokens.refreshToken === undefined);
  const session = resume(sandbox.synapsewave({ credentials: false }), tokens);
  assert.equal(await session.validate(), true);
  sandbox.advance(TO_TUESDAY);
  assert.equal((await failure(session.token())).code, 'relogin_required');
});

test('each factor that is held logs in', async (t) => {
  const sandbox = await morning(t);
  for (const settings of [
    { secondFactor: new Pan('ABCDE1234F') },
    { secondFactor: new Fingerprint('made-up-udid-1') },
    { mpin: '739164', secondFactor: new Totp('jbsw y3dp ehpk 3pxp jbsw y3dp') },
    { ssoToken: 'made-up-sso-token-1' },
  ]) {
    assert.equal((await login(sandbox.synapsewave(settings))).state, 'active');
  }
  const [first] = sandbox.audit();
  assert.deepEqual(first?.fields, ['api_key', 'login_type', 'password', 'second_auth', 'source', 'user_id']);
});

test('the x-api-key is the API key, another, or none', async (t) => {
  const sandbox = await morning(t, { synapsewave: { xApiKey: 'made-up-x-api-key-1' } });
  const secondFactor = new Pan('ABCDE1234F');
  for (const xApiKey of /** @type {const} */ (['made-up-x-api-key-1', false])) {
    await login(sandbox.synapsewave({ secondFactor, xApiKey })).catch(() => {});
  }
  await login(sandbox.synapsewave({ secondFactor })).catch(() => {});
  assert.deepEqual(
    sandbox.audit().map(({ xApiKey }) => xApiKey),
    ['right', 'none', 'wrong'],
  );
});

test('what is no factor is refused when it is made', async (t) => {
  /** @type {(value: unknown) => any} */
  const any = (value) => value;
  for (const secret of ['', 'not base32!', 'otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP', undefined, 7]) {
    const error = thrown(() => new Totp(any(secret)));
    assert.deepEqual([error.code, error.field], ['invalid_config', 'totp'], String(error));
  }
  for (const value of ['', ' ', undefined, null, 7, 'half\ud800']) {
    assert.equal(thrown(() => new Fingerprint(any(value))).field, 'secondFactor');
    assert.equal(thrown(() => new Pan(any(value))).field, 'secondFactor');
  }
  for (const callback of [undefined, null, '123456']) {
    assert.equal(thrown(() => new Otp(any(callback))).field, 'callback');
  }
  for (const timeout of [-1, 0, Number.NaN, 1e9, 'soon']) {
    assert.equal(thrown(() => new Otp(() => '123456', { timeout: any(timeout) })).field, 'timeout');
  }
  assert.equal(thrown(() => new Otp(() => '123456', any({ limit: 1 }))).field, 'limit');
  const shown = inspect([new Totp('JBSWY3DPEHPK3PXP'), new Pan('ABCDE1234F'), new Fingerprint('made-up-udid-1')], {
    showHidden: true,
    depth: 9,
  });
  assert.equal(shown.replace(/\s+/g, ' '), '[ Totp {}, Pan {}, Fingerprint {}, [length]: 3 ]');
  const sandbox = await morning(t);
  assert.equal(thrown(() => sandbox.synapsewave({ secondFactor: any({}) })).field, 'secondFactor');
  assert.equal(thrown(() => sandbox.synapsewave({ secondFactor: any(new SevenG()) })).field, 'secondFactor');
});
