// Bad input to the Synapsewave providers and the account client: its class, the field that is wrong, and nothing sent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import {
  Fingerprint,
  InvalidConfig,
  login,
  Otp,
  Pan,
  Synapsewave,
  SynapsewaveAccount,
  SynapsewaveDealer,
  Totp,
} from 'relatch';
import { failure, sandboxFor, thrown } from './support.mjs';

const gateway = {
  baseUrl: 'https://broker.example/prod/interactive',
  userId: 'UCC123456',
  apiKey: 'made-up-api-key-7',
};
const whole = { ...gateway, password: 'made-up-password-7' };
const totp = new Totp('JBSWY3DPEHPK3PXP');
const bare = Object.create(null);

/** What a program of another realm makes. @param {string} expression */
const foreign = (expression) => vm.runInNewContext(`(${expression})`);

/** What is wrong with the address, the user or the keys. @type {Array<[string, string, object]>} */
const gateways = [
  ['no base URL', 'baseUrl', { ...whole, baseUrl: undefined }],
  ['http to a public host', 'baseUrl', { ...whole, baseUrl: 'http://broker.example/prod' }],
  ['a base URL with credentials', 'baseUrl', { ...whole, baseUrl: 'https://user:made-up@broker.example' }],
  ['a base URL with a query', 'baseUrl', { ...whole, baseUrl: 'https://broker.example/?key=made-up' }],
  ['an empty user', 'userId', { ...whole, userId: '' }],
  ['a user that is a number', 'userId', { ...whole, userId: 123456 }],
  ['no user', 'userId', { ...whole, userId: undefined }],
  ['no API key', 'apiKey', { ...whole, apiKey: undefined }],
  ['an API key that no header can carry', 'apiKey', { ...whole, apiKey: 'made-up-\nkey-7' }],
  ['an API key with half a character', 'apiKey', { ...whole, apiKey: 'made\ud800up' }],
  ['an x-api-key that no header can carry', 'xApiKey', { ...whole, xApiKey: 'ümade-up-key' }],
  ['an x-api-key that is true', 'xApiKey', { ...whole, xApiKey: true }],
  ['an x-api-key that is null', 'xApiKey', { ...whole, xApiKey: null }],
  ['a setting that does not exist', 'user_id', { ...whole, user_id: 'UCC123456' }],
  ['settings that are a string', 'settings', /** @type {any} */ ('UCC123456')],
  ['an insecure that is a text', 'allowInsecure', { ...whole, allowInsecure: 'yes' }],
];

/** What is wrong with the login. @type {Array<[string, string, object]>} */
const users = [
  ['an empty password', 'password', { ...gateway, password: '' }],
  ['a password that is a number', 'password', { ...gateway, password: 12345678 }],
  ['an MPIN that is a number', 'mpin', { ...gateway, mpin: 739164, secondFactor: totp }],
  ['an MPIN of letters', 'mpin', { ...gateway, mpin: 'seven', secondFactor: totp }],
  ['an MPIN without a second factor', 'secondFactor', { ...gateway, mpin: '739164' }],
  ['an MPIN with a PAN', 'secondFactor', { ...gateway, mpin: '739164', secondFactor: new Pan('ABCDE1234F') }],
  ['an SSO token with a second factor', 'secondFactor', { ...gateway, ssoToken: 'made-up-token', secondFactor: totp }],
  ['a register token without a factor', 'secondFactor', { ...gateway, registerToken: 'made-up-token' }],
  ['a second factor without a first', 'secondFactor', { ...gateway, secondFactor: totp }],
  ['a second factor that is a code', 'secondFactor', { ...whole, secondFactor: '123456' }],
  ['two first factors', 'mpin', { ...whole, mpin: '739164', secondFactor: totp }],
  ['an SSO token that is an object', 'ssoToken', { ...gateway, ssoToken: {} }],
  ['an SSO time limit for a fixed token', 'ssoTimeout', { ...gateway, ssoToken: 'made-up-token', ssoTimeout: 7_000 }],
  ['an SSO time limit of nothing', 'ssoTimeout', { ...gateway, ssoToken: () => 'made-up', ssoTimeout: 0 }],
  ['an SSO time limit of days', 'ssoTimeout', { ...gateway, ssoToken: () => 'made-up', ssoTimeout: 1e8 }],
  ['an SSO time limit that is a text', 'ssoTimeout', { ...gateway, ssoToken: () => 'made-up', ssoTimeout: '7' }],
  ['an empty SSO token', 'ssoToken', { ...gateway, ssoToken: '' }],
  ['a login type of another factor', 'loginType', { ...whole, loginType: 'MPIN' }],
  ['a login type without a value', 'loginType', { ...gateway, loginType: 'PASSWORD' }],
  ['an unknown source', 'source', { ...whole, source: 'DEALERAPI' }],
  ['an empty UDID', 'udid', { ...whole, udid: '' }],
  ['an empty version', 'version', { ...whole, version: ' ' }],
  ['device information that is a text', 'deviceInfo', { ...whole, deviceInfo: 'made-up' }],
  ['device information that is a list', 'deviceInfo', { ...whole, deviceInfo: ['made-up'] }],
  ['device information that is a Map', 'deviceInfo', { ...whole, deviceInfo: new Map([['DeviceModel', 'made-up']]) }],
  ['device information that is a Date', 'deviceInfo', { ...whole, deviceInfo: new Date(0) }],
  ['device information that is a Map of another realm', 'deviceInfo', { ...whole, deviceInfo: foreign('new Map()') }],
  ['device information of a class', 'deviceInfo', { ...whole, deviceInfo: new (class {})() }],
  ['device information of a class of nothing', 'deviceInfo', { ...whole, deviceInfo: Object.create(bare) }],
  ['device information that is no text', 'deviceInfo', { ...whole, deviceInfo: { DeviceModel: 7 } }],
  ['device information that is empty', 'deviceInfo', { ...whole, deviceInfo: { DeviceModel: '' } }],
  ['device information with half a character', 'deviceInfo', { ...whole, deviceInfo: { DeviceModel: '\udfff' } }],
];

/** What a message may not hold. */
const secrets = ['made-up-password-7', 'made-up-api-key-7', 'made-up@broker', '12345678', 'ümade-up', '739164'];

/** @param {new (settings: any) => unknown} Kind @param {string} field @param {object} settings */
function refuses(Kind, field, settings) {
  const error = thrown(() => new Kind(settings));
  assert.ok(error instanceof InvalidConfig, String(error));
  assert.equal(error.field, field, error.message);
  for (const secret of secrets) assert.ok(!error.message.includes(secret), error.message);
}

for (const [what, field, settings] of [...gateways, ...users]) {
  test(`a user with ${what}`, () => refuses(Synapsewave, field, settings));
}

for (const [what, field, settings] of gateways) {
  test(`a dealer with ${what}`, () => refuses(SynapsewaveDealer, field, settings));
  test(`an account with ${what}`, () => {
    const { password: _, ...own } = /** @type {Record<string, unknown>} */ (settings);
    refuses(SynapsewaveAccount, field, typeof settings === 'string' ? settings : own);
  });
}

test('what a dealer and an account do not take', () => {
  refuses(SynapsewaveDealer, 'mpin', { ...whole, mpin: '739164' });
  refuses(SynapsewaveDealer, 'secondFactor', { ...whole, secondFactor: totp });
  refuses(SynapsewaveAccount, 'password', whole);
  refuses(SynapsewaveAccount, 'source', { ...gateway, source: 'DEALERAPI' });
});

test('a provider without anything to log in with', async () => {
  assert.equal((await failure(login(new Synapsewave(gateway)))).code, 'invalid_config');
  assert.equal((await failure(login(new SynapsewaveDealer(gateway)))).field, 'password');
});

test('what fits is taken', () => {
  const settings = [
    { ...whole, xApiKey: false, version: '2.0.0', buildVersion: '22.11.01', udid: 'made-up-udid-7' },
    { ...whole, loginType: 'PASSWORD', deviceInfo: { DeviceModel: 'made-up', Anything: 'else' }, source: 'MOBILEAPI' },
    { ...whole, loginType: 'ANOTHER', secondFactor: new Otp(() => '123456', { timeout: 10_000 }) },
    { ...whole, deviceInfo: foreign("{ DeviceModel: 'made-up' }") },
    { ...whole, deviceInfo: Object.assign(Object.create(null), { DeviceModel: 'made-up' }) },
    { ...gateway, fingerprint: 'made-up-udid-7', secondFactor: new Fingerprint('made-up-udid-7') },
    { ...gateway, registerToken: 'made-up-token', secondFactor: totp },
    { ...gateway, apiKey: undefined, userId: undefined, xApiKey: /** @type {const} */ (false) },
  ];
  for (const one of settings) assert.ok(new Synapsewave(/** @type {any} */ (one)) instanceof Synapsewave);
});

test('bad arguments to the account client', async (t) => {
  const sandbox = await sandboxFor(t);
  /** @type {any} */
  const account = sandbox.synapsewaveAccount();
  const session = await login(sandbox.sevenG());
  /** @type {Array<[string, string, unknown[]]>} */
  const wrong = [
    ['otp', 'verifyOtp', []],
    ['otp', 'verifyOtp', [{ otp: 123456 }]],
    ['otp', 'verifyOtp', [{ otp: 'twelve' }]],
    ['arguments', 'verifyOtp', ['123456']],
    ['arguments', 'verifyOtp', [{ otp: '123456', code: '1' }]],
    ['newPassword', 'setPassword', [{ tempToken: 'made-up' }]],
    ['mpin', 'setMpin', [{ mpin: '12', otp: '123456' }]],
    ['udid', 'setMpin', [{ mpin: '1234', otp: '123456', udid: 'u'.repeat(51) }]],
    ['timeout', 'sendOtp', [{ timeout: 1_000 }]],
    ['session', 'deleteTotp', []],
    ['session', 'registerMpin', [{ mpin: '1234' }]],
    ['session', 'verifyTotp', [session, { code: '123456' }]],
    ['code', 'verifyTotp', [session, {}]],
  ];
  for (const [field, method, values] of wrong) {
    const error = await failure(account[method](...values));
    assert.deepEqual([error.code, error.field], ['invalid_config', field], `${method}: ${error}`);
  }
  assert.equal(sandbox.counts().factor, 0);
});
