// The account client: a user's factors, end to end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { AccessDenied, begin, Fingerprint, login, Pan, SecondFactorRejected, Totp } from 'relatch';
import { codeAt, failure, sandboxFor } from './support.mjs';

const MORNING = 1_767_583_800_000;

/** @param {import('node:test').TestContext} test @param {import('relatch/testing').SandboxUser} [user] */
async function opened(test, user = { userId: 'UCC123456' }) {
  const sandbox = await sandboxFor(test, { startsAt: MORNING });
  sandbox.configure({ synapsewave: { users: [user] } });
  const otp = () => sandbox.outbox().at(-1)?.otp ?? '';
  return { sandbox, otp, account: sandbox.synapsewaveAccount() };
}

const pan = () => new Pan('ABCDE1234F');

test('a password is set anew with a one-time password, and changed', async (t) => {
  const { sandbox, otp, account } = await opened(t);
  assert.match(await account.sendOtp(), /OTP/);
  const tempToken = await account.verifyOtp({ otp: otp() });
  await account.setPassword({ tempToken, newPassword: 'made-up-password-8' });
  await account.changePassword({ oldPassword: 'made-up-password-8', newPassword: 'made-up-password-9' });
  const session = await login(sandbox.synapsewave({ password: 'made-up-password-9', secondFactor: pan() }));
  assert.equal(session.state, 'active');
  assert.deepEqual([sandbox.counts().factor, sandbox.counts().factor_rejected], [4, 0]);
});

test('an authenticator is registered, put to use, and taken out of use', async (t) => {
  const { sandbox, otp, account } = await opened(t, { userId: 'UCC123456', totpEnabled: false });
  const session = await login(sandbox.synapsewave({ secondFactor: pan() }));
  await account.sendOtp();
  const registration = await account.registerTotp({ otp: otp(), appName: 'made-up' });
  assert.equal(registration.userId, 'UCC123456');
  const shown = `${inspect(registration, { showHidden: true, getters: true })} ${JSON.stringify(registration)}`;
  assert.ok(registration.secret && registration.qrImage);
  assert.ok(!shown.includes(registration.secret) && !shown.includes(registration.qrImage), shown);
  await account.verifyTotp(session, { code: codeAt(registration.secret, MORNING) });
  sandbox.advance(30_000);
  const secondFactor = new Totp(registration.secret);
  assert.equal((await login(sandbox.synapsewave({ secondFactor }))).state, 'active');
  await account.deleteTotp(session);
  assert.deepEqual((await begin(sandbox.synapsewave({ secondFactor: undefined }))).methods, ['otp', 'fingerprint']);
});

test('an MPIN and a device are registered, changed and set anew', async (t) => {
  const { sandbox, otp, account } = await opened(t);
  const session = await login(sandbox.synapsewave({ secondFactor: pan() }));
  await account.registerMpin(session, { mpin: '482915', udid: 'made-up-udid-7' });
  await account.changeMpin({ oldMpin: '482915', newMpin: '0482' });
  const secondFactor = new Fingerprint('made-up-udid-7');
  assert.equal((await login(sandbox.synapsewave({ mpin: '0482', secondFactor }))).state, 'active');
  await account.sendMpinOtp();
  await account.setMpin({ mpin: '9051', otp: otp(), udid: 'made-up-udid-7' }, { exchangeTimeout: 10_000 });
  assert.equal((await login(sandbox.synapsewave({ mpin: '9051', secondFactor }))).state, 'active');
});

test('what goes wrong is a typed error, once for each call', async (t) => {
  const { sandbox, account } = await opened(t);
  await account.sendOtp();
  const error = await failure(account.verifyOtp({ otp: '000000' }));
  assert.ok(
    error instanceof SecondFactorRejected && error.status === 400 && error.serverCode === 'e-00',
    inspect(error),
  );
  const other = sandbox.synapsewaveAccount({ apiKey: 'made-up-api-key-7' });
  assert.ok((await failure(other.sendOtp())) instanceof AccessDenied);
  sandbox.down();
  assert.equal((await failure(account.sendOtp())).code, 'transport');
});

test('a call is given up by its signal', async (t) => {
  const { sandbox, account } = await opened(t);
  sandbox.fault({ on: 'factor', fault: 'hold' });
  const abort = new AbortController();
  const call = account.sendOtp({ signal: abort.signal });
  await sandbox.waitFor('factor', 1);
  abort.abort('enough');
  assert.equal(await failure(call), 'enough');
  assert.equal(await failure(account.sendOtp({ signal: abort.signal })), 'enough');
  assert.equal(sandbox.counts().factor, 1);
});

test('an account shows its address and its user', async (t) => {
  const { sandbox, account } = await opened(t);
  const shown = inspect({ account, provider: sandbox.synapsewave() }, { showHidden: true, depth: 9 });
  assert.match(shown, /SynapsewaveAccount \{/);
  assert.match(shown, /Synapsewave \{/);
  assert.ok(shown.includes(sandbox.synapsewaveUrl) && shown.includes('UCC123456') && !shown.includes('made-up'), shown);
  assert.throws(() => structuredClone(account), { name: 'DataCloneError' });
});
