// Uses all of relatch while Object.prototype holds every option's name, and prints what comes of it.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  begin,
  Fingerprint,
  login,
  Otp,
  Pan,
  RelatchError,
  refresh,
  resume,
  SevenG,
  Synapsewave,
  SynapsewaveDealer,
  Totp,
} from 'relatch';
import { Sandbox } from 'relatch/testing';

const [kind = 'nothing'] = process.argv.slice(2);

// Of calls, sessions and the network.
const OPTIONS = [
  ...['timeout', 'exchangeTimeout', 'mandatoryMargin', 'advisoryMargin', 'relogin', 'keepAlive', 'force', 'signal'],
  ...['proxy', 'caCertificates', 'clientCertificate', 'localAddress', 'addressFamily', 'userAgent', 'credentials'],
];
// Of providers and factors.
const SETTINGS = [
  ...['username', 'password', 'environment', 'baseUrl', 'bearer', 'allowInsecure', 'userId', 'apiKey', 'xApiKey'],
  ...['withoutXApiKey', 'mpin', 'fingerprint', 'ssoToken', 'ssoCallback', 'ssoTimeout', 'registerToken', 'loginType'],
  ...['secondFactor', 'source', 'udid', 'version', 'buildVersion', 'deviceInfo', 'totp', 'otp', 'pan', 'appName'],
];
// Of tokens, of what crosses to the native half and back, and of errors.
const CROSSING = [
  ...['accessToken', 'refreshToken', 'expiresAt', 'accessTokenLifetime', 'lockout', 'accounts', 'synapsewave', 'users'],
  ...[
    'number',
    'error',
    'text',
    'session',
    'challenge',
    'question',
    'forget',
    'withdrawn',
    'token',
    'freshFor',
    'failure',
    'made',
  ],
  ...['code', 'message', 'details', 'thrown', 'cause', 'field', 'status', 'serverCode', 'serverMessage'],
  ...[
    'retryAt',
    'failures',
    'reason',
    'sent',
    'snippet',
    'methods',
    'key',
    'secret',
    'qr_image',
    'user_id',
    'url',
    'user',
  ],
  ...['once', 'first', 'kind', 'at', 'then', 'toJSON', 'get', 'set', 'writable', 'enumerable', 'configurable'],
];
const NAMES = [...OPTIONS, ...SETTINGS, ...CROSSING];
/** What Node itself reads from descriptors and from what is awaited: there any function breaks every program. */
const NOT_CALLABLE = ['get', 'set', 'then', 'toJSON'];

let leaked = 0;
const trap = createServer((_, response) => {
  leaked += 1;
  response.end();
});
trap.on('connect', (_, socket) => {
  leaked += 1;
  socket.destroy();
});
await new Promise((resolve) => trap.listen(0, '127.0.0.1', () => resolve(undefined)));
const { port } = /** @type {import('node:net').AddressInfo} */ (trap.address());

/** @type {Record<string, unknown>} */
const VALUES = {
  text: 'made-up',
  url: `http://127.0.0.1:${port}`,
  number: 1,
  true: true,
  false: false,
  object: { made: 'up' },
  function: () => 'made-up',
};

const sandbox = await Sandbox.start({ synapsewave: { ssoSingleUse: false } });
/** What is assigned is lost. */
const accessor = { __proto__: null, configurable: true, get: () => VALUES.url, set: () => {} };
const refuse = () => {
  throw new Error('nobody is to look here');
};
/** Neither read nor assigned. */
const trapped = { __proto__: null, configurable: true, get: refuse, set: refuse };
/** @type {Map<string, object>} */
const accessors = new Map([
  ['accessor', accessor],
  ['trapped', trapped],
]);
for (const name of kind === 'nothing' ? [] : NAMES) {
  if (accessors.has(kind) || kind === 'function') {
    if (NOT_CALLABLE.includes(name)) continue;
  }
  // Even false for `get` is more than a descriptor may hold.
  if (['get', 'set'].includes(name)) continue;
  const value = { __proto__: null, configurable: true, writable: true, value: VALUES[kind] };
  Object.defineProperty(Object.prototype, name, accessors.get(kind) ?? value);
}

/** @type {string[]} */
const printed = [];
/** @param {string} what @param {() => unknown} act */
async function show(what, act) {
  const outcome = await (async () => await act())().catch((error) => error);
  if (outcome instanceof RelatchError) {
    const own = Object.keys(outcome).filter((name) => !['retryAt', 'status'].includes(name));
    printed.push(`${what}: ${outcome.name} ${outcome.code} ${own.sort()} ${Object.hasOwn(outcome, 'cause')}`);
  } else if (outcome instanceof Error) printed.push(`${what}: ${outcome}`);
  else printed.push(`${what}: ${typeof outcome === 'object' ? Object.keys(Object(outcome)).sort() : typeof outcome}`);
  return outcome;
}

await show('without a base URL', () => new Synapsewave({ apiKey: 'made-up', userId: 'A' }));
await show('without credentials', () => login(new SevenG({ baseUrl: sandbox.url })));
await show('an empty dealer', () => new SynapsewaveDealer({}));
await show('a status', () => sandbox.sevenG().health());
await show('a lookup', () => sandbox.sevenG().lookup());
const session = await login(sandbox.sevenG());
/** @type {string[]} */
const events = [];
session.on('event', (event) => events.push(`${event.kind} ${Object.keys(event).sort()}`));
await show('a token', () => session.token());
await show('a token in time', () => session.token({ timeout: 10_000 }));
await show('headers', () => session.headers());
await show('a refresh', () => session.refresh());
await show('its tokens', () => session.tokens);
await show('its claims', () => session.claims);
await show('its profile', () => session.profile);
await show('a validation', () => session.validate());
const tokens = session.tokens ?? assert.fail();
const stored = { accessToken: tokens.accessToken };
await show('without a refresh token', () => resume(new SevenG({ baseUrl: sandbox.url }), stored).refresh());
await show('a stateless refresh', () => refresh(sandbox.sevenG(), { ...tokens }));
sandbox.fault({ on: 'refresh', fault: 'garbage' });
await show('a healed refresh', () => session.refresh());
await show('a wrong password', () => login(sandbox.sevenG({ username: 'nobody', password: 'wrong' })));
await show('a wrong password again', () => login(sandbox.sevenG({ username: 'nobody', password: 'wrong' })));
await show('the guard', () => login(sandbox.sevenG({ username: 'nobody', password: 'wrong again' })));
const challenge = await begin(sandbox.synapsewave({ secondFactor: undefined }));
const otp = () => sandbox.outbox().at(-1)?.otp ?? '';
await show('a challenge', () => challenge.details);
const completed = await challenge.complete({ otp: otp() });
await show('a feed', () => completed.feed());
await show('a validation', () => completed.validate());
await show('an empty factor', () => challenge.complete(/** @type {any} */ ({})));
await show('an OTP', () => login(sandbox.synapsewave({ secondFactor: new Otp(otp) })).then(({ state }) => [state]));
const failing = new Otp(() => Promise.reject(new Error('made up')));
await show('an OTP that fails', () => login(sandbox.synapsewave({ secondFactor: failing })));
const mpin = sandbox.synapsewave({ mpin: '739164', secondFactor: new Fingerprint('made-up-udid-1') });
await show('an MPIN', async () => [(await login(mpin)).state]);
await show('a PAN', async () => [(await login(sandbox.synapsewave({ secondFactor: new Pan('ABCDE1234F') }))).state]);
await show('a TOTP', () => new Totp('JBSWY3DPEHPK3PXP') && []);
await show('a dealer', async () => [(await login(sandbox.synapsewaveDealer())).state]);
const account = sandbox.synapsewaveAccount();
await show('an account', () => account.sendOtp());
await show('an authenticator', () => account.registerTotp({ otp: otp() }));
await show('a wrong option', () => login(sandbox.sevenG(), /** @type {any} */ ({ tiemout: 3 })));
const logout = session.logout();
await logout;
await show('the end', () => session.token());
await sleep(0);

for (const name of NAMES) Reflect.deleteProperty(Object.prototype, name);
trap.close();
assert.equal(leaked, 0, 'something was sent to the address in the prototype');
const { login: logins, login_rejected, register, refresh: refreshes, total } = sandbox.counts();
console.log(printed.concat(events).join('\n'));
console.log(JSON.stringify({ logins, login_rejected, register, refreshes, total }));
console.log('end');
