// Like canary.mjs, for Synapsewave: every flow, factor and error, printed; the secrets go to descriptor 3 alone.
import { begin, Fingerprint, login, Otp, Pan, resume, Synapsewave, SynapsewaveAccount, Totp } from 'relatch';
import { Sandbox } from 'relatch/testing';
import { print, show, tell, tellTokens } from './canary_shown.mjs';

const user = {
  userId: 'UCC123456',
  password: 'made-up-password-22',
  mpin: '739164',
  totpSecret: 'JBSWY3DPEHPK3PXPJBSWY3DP',
  pan: 'QWERT9876Z',
  udid: 'made-up-udid-22',
  ssoTokens: ['made-up-sso-token-22', 'made-up-sso-token-23'],
};
const dealer = { userId: 'DEALER01', password: 'made-up-password-33' };
const [apiKey, xApiKey] = ['made-up-api-key-22', 'made-up-x-api-key-22'];
const WRONG = { password: 'made-up-wrong-password-22', otp: '87654321', mpin: '604738', udid: 'made-up-wrong-udid-22' };

/** @param {Sandbox} sandbox */
function tellOutbox(sandbox) {
  for (const { otp } of sandbox.outbox()) tell(otp);
}

/** Prints all that a session has to show. @param {import('relatch').Session} session */
async function explore(session) {
  session.on('event', print);
  const { profile, tokens } = session;
  tellTokens(session);
  tell(profile.sessionToken, profile.ocToken, profile.cft, profile.broadcastToken, profile.secret('futureKey'));
  await show(() => session.validate());
  const feed = await show(() => session.feed());
  tell(feed?.token);
  print([session, profile, feed, tokens?.expiresAt, Object.keys(profile)]);
}

/** @param {Partial<import('relatch/testing').SandboxSettings>} [settings] */
async function started(settings) {
  const synapsewave = { apiKey, xApiKey, users: [user], dealers: [dealer], separateBroadcastToken: true };
  return Sandbox.start({ startsAt: 1_767_583_800_000, synapsewave, ...settings });
}

/** @param {Sandbox} sandbox @param {import('relatch').SynapsewaveSettings} [settings] */
const provider = (sandbox, settings) => sandbox.synapsewave({ xApiKey, udid: 'made-up-device-22', ...settings });

/** A callback that answers with the newest one-time password. @param {Sandbox} sandbox */
const reader = (sandbox) => new Otp(() => sandbox.outbox().at(-1)?.otp ?? '');

async function factors() {
  const sandbox = await started();
  const { password } = user;
  const register = await fetch(`${sandbox.synapsewaveUrl}/authentication/v1/user/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': xApiKey },
    body: JSON.stringify({
      ...{ user_id: user.userId, login_type: 'PASSWORD', password, second_auth_type: 'REGISTER' },
      ...{ api_key: apiKey, source: 'WEBAPI' },
    }),
  });
  const registerToken = /** @type {any} */ (await register.json()).data.register_token;
  tell(registerToken);
  const deviceInfo = { UDID: 'made-up-device-23', FCMRegKey: 'made-up-registration-key-22', DeviceModel: 'made-up' };
  tell(deviceInfo.UDID, deviceInfo.FCMRegKey);
  for (const settings of [
    { secondFactor: new Pan(user.pan), deviceInfo },
    { secondFactor: new Fingerprint(user.udid) },
    { secondFactor: reader(sandbox) },
    { mpin: user.mpin, secondFactor: new Totp(user.totpSecret) },
    { registerToken, secondFactor: new Fingerprint(user.udid) },
    { ssoToken: user.ssoTokens[0] },
    { ssoToken: () => user.ssoTokens[1] ?? '' },
  ]) {
    const made = provider(sandbox, settings);
    print([made, settings.secondFactor]);
    const session = await show(() => login(made));
    if (session) await explore(session);
    await session?.logout();
  }
  const session = await show(() => login(sandbox.synapsewaveDealer({ xApiKey })));
  if (session) await explore(session);
  sandbox.advance(24 * 3_600_000);
  // Tokens alone are written out as JSON: they are for a database.
  await show(async () => void (await session?.refresh()));
  tell(session?.tokens?.accessToken);
  tellOutbox(sandbox);
  print([sandbox, sandbox.audit()]);
  sandbox.down();
}

async function humans() {
  const sandbox = await started();
  const challenge = await show(() => begin(provider(sandbox, { secondFactor: undefined })));
  await show(async () => challenge?.complete({ otp: 'no-digits-at-all' }));
  await show(async () => challenge?.complete({ otp: WRONG.otp }));
  const error = await login(provider(sandbox, { secondFactor: new Otp(() => WRONG.mpin.repeat(3)) })).catch((e) => e);
  print(error);
  const session = await show(() => error.challenge.complete({ totp: sandbox.totp() }));
  if (session) await explore(session);
  sandbox.revoke({ system: 'synapsewave', userId: user.userId });
  await show(() => session.validate());
  await show(() => session.token());
  await show(() => resume(provider(sandbox), { accessToken: `${WRONG.password}\n` }));
  tellOutbox(sandbox);
  sandbox.down();
}

/** @type {import('relatch/testing').SandboxFault[]} */
const faults = [
  { on: 'login', fault: 'half' },
  { on: 'login', fault: 'garbage' },
  { on: 'login', fault: 'drop', when: 'after' },
  { on: 'login', fault: 'answer', status: 403, body: '{"message":"Forbidden"}' },
  { on: 'login', fault: 'answer', status: 406, body: `<html>${user.password} ${apiKey}</html>` },
  { on: 'login', fault: 'answer', status: 400, body: echo('e-14') },
  { on: 'login', fault: 'answer', status: 400, body: echo('e-99') },
  { on: 'login', fault: 'answer', status: 200, body: echo('e-17') },
  { on: 'login', fault: 'answer', status: 500, body: '' },
  { on: 'validate', fault: 'answer', status: 200, body: echo('e-1') },
];

/** An answer that repeats what it was sent. @param {string} errors */
function echo(errors) {
  const message = `refused ${user.password} ${user.totpSecret} ${apiKey} ${xApiKey}`;
  return JSON.stringify({ status: 'error', code: 'e-101', message, errors });
}

async function troubles() {
  for (const fault of faults) {
    const sandbox = await started();
    sandbox.fault(fault);
    // A second login needs a factor that has not to wait for its next code.
    const secondFactor = fault.on === 'login' ? new Totp(user.totpSecret) : new Pan(user.pan);
    const session = await show(() => login(provider(sandbox, { secondFactor })));
    if (session) await explore(session);
    sandbox.down();
  }
  const sandbox = await started();
  const wrong = { password: WRONG.password, secondFactor: new Fingerprint(WRONG.udid) };
  await show(() => login(provider(sandbox, wrong)));
  await show(() => login(provider(sandbox, { mpin: WRONG.mpin, secondFactor: new Fingerprint(WRONG.udid) })));
  await show(() => login(provider(sandbox, wrong)));
  await show(() => new Totp(`otpauth://hotp/x?secret=${user.totpSecret}`));
  const whole = { baseUrl: sandbox.synapsewaveUrl, userId: user.userId, apiKey, password: user.password };
  await show(() => new Synapsewave({ ...whole, mpin: user.mpin }));
  await show(() => new Synapsewave({ ...whole, baseUrl: `https://x:${WRONG.password}@broker.example` }));
  await show(() => new Synapsewave(/** @type {any} */ ({ ...whole, password: [WRONG.password] })));
  sandbox.down();
}

async function accounts() {
  const sandbox = await started();
  const account = sandbox.synapsewaveAccount({ xApiKey });
  const session = await login(provider(sandbox, { secondFactor: new Pan(user.pan) }));
  await explore(session);
  await account.sendOtp();
  await show(() => account.verifyOtp({ otp: WRONG.otp }));
  const tempToken = await account.verifyOtp({ otp: sandbox.outbox().at(-1)?.otp ?? '' });
  tell(tempToken, 'made-up-new-password-22');
  await show(() => account.setPassword({ tempToken: WRONG.password, newPassword: 'made-up-new-password-22' }));
  await show(() => account.setPassword({ tempToken, newPassword: 'made-up-new-password-22' }));
  await account.sendOtp();
  const registration = await show(() => account.registerTotp({ otp: sandbox.outbox().at(-1)?.otp ?? '' }));
  tell(registration?.secret, registration?.qrImage);
  await show(() => account.verifyTotp(session, { code: WRONG.otp }));
  await show(() => account.changeMpin({ oldMpin: WRONG.mpin, newMpin: '482915' }));
  tell('482915');
  print([account, new SynapsewaveAccount({ baseUrl: sandbox.synapsewaveUrl, userId: 'UCC1', apiKey, xApiKey: false })]);
  tellOutbox(sandbox);
  sandbox.down();
}

tell(user.password, user.mpin, user.totpSecret, user.pan, user.udid, ...user.ssoTokens, dealer.password);
tell(apiKey, xApiKey, 'made-up-device-22', ...Object.values(WRONG), 'no-digits-at-all');
await factors();
await humans();
await troubles();
await accounts();
console.log('done');
