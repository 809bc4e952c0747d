// What a server sees of the options of the network.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import vm from 'node:vm';
import { begin, login, refresh, TlsError, TransportError } from 'relatch';
import { between } from './between.mjs';
import { failure, ROOT, sandboxFor } from './support.mjs';

/** @param {string} name */
const madeUp = (name) => readFileSync(`${ROOT}/tests/made_up/${name}.pem`);
const { version } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8'));

/**
 * Makes a request of each kind: of a session and of none.
 *
 * @param {import('relatch').SevenG} provider
 * @param {import('relatch').NetworkOptions} options
 */
async function use(provider, options) {
  await provider.health(options);
  await provider.lookup(undefined, options);
  const session = await login(provider, options);
  const tokens = await session.refresh();
  await session.logout();
  await refresh(provider, tokens, options);
}

/** @param {import('./between.mjs').Arrived[]} requests @param {(request: import('./between.mjs').Arrived) => unknown} of */
const seen = (requests, of) => [...new Set(requests.splice(0).map(of))];

test('userAgent', async (t) => {
  const sandbox = await sandboxFor(t);
  const { url, requests } = await between(t, sandbox.url);
  const provider = sandbox.sevenG({ baseUrl: url });
  await use(provider, { userAgent: 'my-program/1.0 (made up)' });
  assert.ok(requests.length >= 5);
  assert.deepEqual(
    seen(requests, ({ headers }) => headers['user-agent']),
    ['my-program/1.0 (made up)'],
  );
  await use(provider, {});
  assert.deepEqual(
    seen(requests, ({ headers }) => headers['user-agent']),
    [`relatch/${version}`],
  );
});

class Configured {
  get userAgent() {
    return 'configured';
  }
}

class Derived extends Configured {
  timeout = 5_000;
}

test('options may be any object that holds them', async (t) => {
  const sandbox = await sandboxFor(t);
  const { url, requests } = await between(t, sandbox.url);
  const provider = sandbox.sevenG({ baseUrl: url });
  const plain = { userAgent: 'configured' };
  const several = [
    Object.freeze({ ...plain }),
    Object.assign(Object.create(null), plain),
    Object.create(plain),
    new Proxy(plain, {}),
    new Configured(),
    new Derived(),
    vm.runInNewContext("({ userAgent: 'configured' })"),
    Object.defineProperty({ [Symbol('userAgent')]: 'other' }, 'userAgent', { value: 'configured' }),
  ];
  for (const options of several) {
    await (await login(provider, options)).logout();
    assert.deepEqual(
      seen(requests, ({ headers }) => headers['user-agent']),
      ['configured'],
    );
  }
});

const elsewhere = process.platform !== 'linux' && 'elsewhere not all of 127.0.0.0/8 is this machine';

test('localAddress', { skip: elsewhere }, async (t) => {
  const sandbox = await sandboxFor(t);
  const { url, requests } = await between(t, sandbox.url);
  for (const localAddress of ['127.0.0.2', '127.0.0.3']) {
    await use(sandbox.sevenG({ baseUrl: url }), { localAddress });
    assert.deepEqual(
      seen(requests, ({ address }) => address),
      [localAddress],
    );
  }
});

const addresses = Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []);

for (const [addressFamily, host, other] of /** @type {const} */ ([
  ['ipv4', '127.0.0.1', 'ipv6'],
  ['ipv6', '::1', 'ipv4'],
])) {
  const skip = !addresses.includes(host) && `this machine has no ${host}`;
  test(`addressFamily: ${addressFamily}`, { skip }, async (t) => {
    const sandbox = await sandboxFor(t);
    const { url, requests } = await between(t, sandbox.url, { host });
    const baseUrl = url.replace(/\/\/[^/]*:/, '//localhost:');
    await use(sandbox.sevenG({ baseUrl }), { addressFamily });
    assert.deepEqual(
      seen(requests, ({ address }) => address),
      [host],
    );
    const error = await failure(sandbox.sevenG({ baseUrl }).health({ addressFamily: other }));
    assert.ok(error instanceof TransportError, String(error));
    assert.deepEqual([error.sent, requests.length], ['no', 0]);
  });
}

/** @param {import('node:test').TestContext} t */
async function wanting(t) {
  const sandbox = await sandboxFor(t);
  const own = madeUp('server');
  const tls = { cert: own, key: own, ca: madeUp('authority'), requestCert: true, rejectUnauthorized: true };
  const { url, requests } = await between(t, sandbox.url, { tls });
  return { provider: sandbox.sevenG({ baseUrl: url }), requests };
}

for (const [form, given] of /** @type {Array<[string, (name: string) => string | Uint8Array]>} */ ([
  ['a text', (name) => madeUp(name).toString()],
  ['bytes', (name) => new Uint8Array(madeUp(name))],
  ['bytes of another realm', (name) => vm.runInNewContext('Uint8Array').from(madeUp(name))],
])) {
  test(`clientCertificate: ${form}`, async (t) => {
    const { provider, requests } = await wanting(t);
    await use(provider, { caCertificates: given('authority'), clientCertificate: given('client') });
    assert.deepEqual(
      seen(requests, ({ certificate }) => certificate),
      ['made-up client'],
    );
  });
}

test('without a client certificate nothing is sent', async (t) => {
  const { provider, requests } = await wanting(t);
  for (let count = 0; count < 3; count += 1) {
    const error = await failure(login(provider, { caCertificates: madeUp('authority') }));
    assert.ok(error instanceof TlsError, String(error));
    assert.match(error.message, /client_?[cC]ertificate/);
    assert.equal(error.sent, 'no');
  }
  assert.equal(requests.length, 0);
});

test('a first step and an account have them too', async (t) => {
  const sandbox = await sandboxFor(t);
  const { url, requests } = await between(t, sandbox.synapsewaveUrl);
  const account = sandbox.synapsewaveAccount({ baseUrl: url });
  await account.sendOtp({ userAgent: 'my-program/2.0' });
  await begin(sandbox.synapsewave({ baseUrl: url, secondFactor: undefined }), { userAgent: 'my-program/2.0' });
  assert.equal(requests.length, 2);
  assert.deepEqual(
    seen(requests, ({ headers }) => headers['user-agent']),
    ['my-program/2.0'],
  );
});
