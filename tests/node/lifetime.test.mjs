// What ends when nothing refers to it, and what is known of a session while it lives.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { login, Otp, Pan, resume } from 'relatch';
import { failure, run, sandboxFor, thrown } from './support.mjs';

/** Monday, 2026-01-05, 09:00 in India. */
const MORNING = 1_767_583_800_000;

/** @type {{ readProfile(text: string): import('relatch').Profile, respelt(fields: object): Array<[string, unknown]> }} */
const { readProfile, respelt } = createRequire(import.meta.url)('../../bindings-node/dist/profile.js');

test('sessions that nothing refers to go, and a session keeps nothing that was thrown', async () => {
  const { status, stdout, stderr } = await run('sessions_end.mjs');
  const uses = ['nothing', 'on', 'refresh', 'validate', 'reportUnauthorized', 'challenge'];
  const ends = [...uses.map((use) => `${use} collected`), 'complete collected', 'active'];
  assert.equal(stderr, '');
  assert.deepEqual(stdout.split('\n').slice(0, ends.length), ends);
  assert.deepEqual(stdout.split('\n').slice(ends.length), ['transport', 'thrown collected', 'synapsewave', '']);
  assert.equal(status, 0);
});

test('a session knows its system, its user and the challenge that it is in', async (t) => {
  const sandbox = await sandboxFor(t, { startsAt: MORNING });
  let answers = 0;
  const secondFactor = new Otp(() => {
    answers += 1;
    if (answers > 1) throw new Error('a mistake of the program');
    return sandbox.outbox().at(-1)?.otp ?? '';
  });
  const session = await login(sandbox.synapsewave({ secondFactor }));
  assert.deepEqual([session.system, session.user, session.challenge], ['synapsewave', 'UCC123456', undefined]);
  sandbox.advance(24 * 3_600_000);
  await failure(session.refresh());
  const { challenge, state } = session;
  assert.ok(challenge && state === 'challenged', state);
  assert.deepEqual(challenge.methods, ['otp', 'totp', 'fingerprint']);
  const completed = await challenge.complete({ otp: sandbox.outbox().at(-1)?.otp ?? '' });
  assert.equal(await completed.token(), await session.token());
  assert.equal(session.challenge, undefined);
  assert.equal(resume(sandbox.sevenG({ credentials: false }), { accessToken: 'made-up' }).user, undefined);
});

test('an account knows its address and its user', async (t) => {
  const sandbox = await sandboxFor(t);
  const { baseUrl, userId } = sandbox.synapsewaveAccount({ userId: 'UCC7' });
  assert.deepEqual([baseUrl.replace(/\/$/, ''), userId], [sandbox.synapsewaveUrl.replace(/\/$/, ''), 'UCC7']);
});

test('what a server calls as relatch does something else: no error, and ours counts', () => {
  const fields = { userId: 'raw', user_id: 'UCC1', secret: 'raw', constructor: 'raw', cft: 'raw', futureKey: 1 };
  const text = `{"fields": ${JSON.stringify(fields).replace('{', '{"__proto__": "raw", ')}, "secrets": {}}`;
  const profile = readProfile(text);
  assert.deepEqual({ ...profile }, { userId: 'UCC1', futureKey: 1 });
  assert.equal(profile.secret('cft'), undefined);
  const secrets = { ocToken: 'raw', oc_token: 'made-up' };
  assert.equal(readProfile(JSON.stringify({ fields: {}, secrets })).ocToken, 'made-up');
  assert.deepEqual(respelt({ totpEnabled: 'raw', totp_enabled: true }), [['totpEnabled', true]]);
});

test('a feed, a profile and a registration stay in their thread, and look as they did', async (t) => {
  const users = [{ userId: 'UCC123456', password: 'made-up-password-2', pan: 'ABCDE1234F', totpEnabled: false }];
  const sandbox = await sandboxFor(t, { synapsewave: { users } });
  const session = await login(sandbox.synapsewave({ secondFactor: new Pan('ABCDE1234F') }));
  const feed = await session.feed();
  const account = sandbox.synapsewaveAccount();
  await account.sendOtp();
  const registration = await account.registerTotp({ otp: sandbox.outbox().at(-1)?.otp ?? '' });
  for (const object of [feed, session.profile, registration]) {
    assert.throws(() => structuredClone(object), { name: 'DataCloneError' });
    assert.ok(!('uncloneable' in object) && !('deref' in object));
    assert.deepEqual(JSON.parse(JSON.stringify(object)), { ...object });
    assert.match(inspect(object), /^(Feed|Profile|TotpRegistration) \{/);
  }
  assert.deepEqual(Object.keys(feed).sort(), ['url', 'user']);
});

test('resume takes the options of login', async (t) => {
  const sandbox = await sandboxFor(t);
  const { tokens } = await login(sandbox.sevenG());
  assert.ok(tokens);
  const session = resume(sandbox.sevenG(), tokens, { force: true, timeout: 10_000 });
  assert.equal(await session.token(), tokens.accessToken);
  const options = /** @type {any} */ ({ force: 'yes' });
  assert.equal(thrown(() => resume(sandbox.sevenG(), tokens, options)).field, 'force');
});
