// Bad input: each with its error class, the field that is wrong, and nothing sent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidConfig, login, ProtocolError, refresh, resume, SevenG, Tokens } from 'relatch';
import { failure, sandboxFor, thrown } from './support.mjs';

const whole = { username: 'api_user', password: 'made-up-password-1', environment: 'test' };

/** @type {Array<[string, string, object]>} */
const providers = [
  ['an empty user name', 'username', { ...whole, username: '' }],
  ['a user name of 256 characters', 'username', { ...whole, username: 'u'.repeat(256) }],
  ['an empty password', 'password', { ...whole, password: '' }],
  ['a password of 256 characters', 'password', { ...whole, password: 'p'.repeat(256) }],
  ['a password that is a number', 'password', { ...whole, password: 12345678 }],
  ['a password that is null', 'password', { ...whole, password: null }],
  ['a password that is an object', 'password', { ...whole, password: { value: 'x' } }],
  ['a password with half a character', 'password', { ...whole, password: 'made\ud800up' }],
  ['a user name that is a number', 'username', { ...whole, username: 7 }],
  ['a user name without a password', 'password', { username: 'api_user' }],
  ['a password without a user name', 'username', { password: 'made-up' }],
  ['an unknown environment', 'environment', { ...whole, environment: 'nowhere' }],
  ['an environment and a base URL', 'baseUrl', { ...whole, baseUrl: 'https://api.example' }],
  ['http to a public host', 'baseUrl', { baseUrl: 'http://api.example' }],
  ['a base URL with credentials', 'baseUrl', { baseUrl: 'https://api_user:made-up@api.example' }],
  ['a base URL with a query', 'baseUrl', { baseUrl: 'https://api.example/?key=made-up' }],
  ['a base URL that is none', 'baseUrl', { baseUrl: 'api.example' }],
  ['a bearer that is a string', 'bearer', { ...whole, bearer: 'yes' }],
  ['a setting that does not exist', 'user', { ...whole, user: 'api_user' }],
  ['settings that are a string', 'settings', /** @type {any} */ ('api_user')],
];

for (const [what, field, settings] of providers) {
  test(`a provider with ${what}`, () => {
    const error = thrown(() => new SevenG(/** @type {any} */ (settings)));
    assert.ok(error instanceof InvalidConfig, String(error));
    assert.equal(error.field, field);
    const { password = '' } = /** @type {{ password?: unknown }} */ (settings);
    if (String(password).length > 8) assert.ok(!error.message.includes(String(password)));
  });
}

/** @type {Array<[string, string, object]>} */
const options = [
  ['a negative mandatory margin', 'mandatoryMargin', { mandatoryMargin: -1 }],
  ['a negative advisory margin', 'advisoryMargin', { advisoryMargin: -1 }],
  ['a margin that is no number', 'advisoryMargin', { advisoryMargin: Number.NaN }],
  ['a margin without end', 'mandatoryMargin', { mandatoryMargin: Number.POSITIVE_INFINITY }],
  ['a margin that is a string', 'mandatoryMargin', { mandatoryMargin: '30' }],
  ['a margin of more time than can be counted', 'advisoryMargin', { advisoryMargin: 1e300 }],
  ['no time at all', 'timeout', { timeout: 0 }],
  ['a time limit of weeks', 'exchangeTimeout', { exchangeTimeout: 1e9 }],
  ['a time limit in seconds', 'timeout', { timeout: 30 }],
  ['a time limit of a request in seconds', 'exchangeTimeout', { exchangeTimeout: 15 }],
  ['a margin in seconds', 'mandatoryMargin', { mandatoryMargin: 30 }],
  ['another margin in seconds', 'advisoryMargin', { advisoryMargin: 300 }],
  ['a proxy that cannot be read', 'proxy', { proxy: '::' }],
  ['certificates that are none', 'caCertificates', { caCertificates: 'no certificate' }],
  ['certificates that are a number', 'caCertificates', { caCertificates: 7 }],
  ['an unknown way to log in again', 'relogin', { relogin: 'sometimes' }],
  ['an option that does not exist', 'keep_alive', { keep_alive: true }],
  ['options that are null', 'options', /** @type {any} */ (null)],
  ['options that are an array', 'options', []],
  ['options that are a Map', 'options', new Map([['timeout', 5_000]])],
  ['options that are a Set', 'options', new Set()],
  ['options that are headers', 'options', new Headers()],
  ['options that nobody awaited', 'options', Promise.resolve({ timeout: 5_000 })],
  ['options that are a date', 'options', new Date()],
  ['options that are a boxed number', 'options', Object(5_000)],
  ['options that are an error', 'options', new Error('made up')],
  ['a signal in the place of options', 'options', AbortSignal.timeout(60_000)],
  ['a controller in the place of its signal', 'signal', { signal: new AbortController() }],
  ['a time limit that is a BigInt', 'timeout', { timeout: 3_000n }],
  ['a time limit that is a string', 'timeout', { timeout: '3000' }],
  ['a time limit that is a boxed number', 'timeout', { timeout: Object(3_000) }],
  ['a time limit of minus zero', 'timeout', { timeout: -0 }],
  ['a time limit that is a truth', 'timeout', { timeout: true }],
  ['a wrong time limit that an object inherits', 'timeout', Object.create({ timeout: 5 })],
  [
    'a wrong time limit that a class tells',
    'timeout',
    new (class {
      get timeout() {
        return 5;
      }
    })(),
  ],
  ['a wrong time limit that is not enumerable', 'timeout', Object.defineProperty({}, 'timeout', { value: 5 })],
  ['a wrong time limit behind a proxy', 'timeout', new Proxy({ timeout: 5 }, {})],
  ['a property that is a prototype in JSON', '__proto__', JSON.parse('{ "__proto__": { "timeout": 5 } }')],
];

for (const [what, field, given] of options) {
  test(`a session with ${what}`, async (t) => {
    const sandbox = await sandboxFor(t);
    const [provider, tokens, bad] = [
      sandbox.sevenG(),
      new Tokens('made.up.token', 'made-up'),
      /** @type {any} */ (given),
    ];
    const errors = [await failure(login(provider, bad)), await failure(refresh(provider, tokens, bad))];
    for (const error of [...errors, thrown(() => resume(provider, tokens, bad))]) {
      assert.ok(error instanceof InvalidConfig, String(error));
      assert.equal(error.field, field);
    }
    assert.equal(sandbox.counts().connections, 0);
  });
}

test('a name that no field could have is not shown', async (t) => {
  const sandbox = await sandboxFor(t);
  const provider = sandbox.sevenG();
  for (const name of ['', 'made-up-word-7', 'a\u001b[2J', '\ud800', 'a'.repeat(41), '9051']) {
    const bad = /** @type {any} */ ({ [name]: 'made-up' });
    for (const [what, error] of /** @type {const} */ ([
      ['options', await failure(login(provider, bad))],
      ['settings', thrown(() => new SevenG(bad))],
    ])) {
      assert.match(error.message, new RegExp(`^${what} has no field of that name\\. Known are: [\\w, ]+\\.$`));
      assert.deepEqual([error.code, error.field], ['invalid_config', what]);
    }
  }
});

test('what is no provider, no signal, no tokens', async (t) => {
  const sandbox = await sandboxFor(t);
  const provider = sandbox.sevenG();
  /** @type {(value: unknown) => any} */
  const any = (value) => value;
  for (const wrong of [undefined, null, {}, 'api_user', new Tokens('made.up.token')]) {
    assert.equal((await failure(login(any(wrong)))).field, 'provider');
  }
  assert.equal((await failure(login(provider, any({ signal: 'now' })))).field, 'signal');
  for (const [field, tokens] of Object.entries({
    tokens: null,
    accessToken: {},
    refreshToken: { accessToken: 'a', refreshToken: 7 },
  })) {
    assert.equal(thrown(() => resume(provider, any(tokens))).field, field);
  }
  for (const accessToken of ['', ' ', 'a\nb', 'ü']) {
    assert.equal(thrown(() => resume(provider, { accessToken })).field, 'accessToken');
  }
  assert.equal(sandbox.counts().connections, 0);
});

test('bad arguments to the methods of a session', async (t) => {
  const sandbox = await sandboxFor(t);
  const session = await login(sandbox.sevenG());
  /** @type {any} */
  const untyped = session;
  for (const timeout of [-1, Number.NaN, 'soon', 1e300, Number.POSITIVE_INFINITY]) {
    for (const method of ['token', 'headers', 'refresh']) {
      const error = await failure(untyped[method]({ timeout }));
      assert.deepEqual([error.code, error.field], ['invalid_config', 'timeout']);
      assert.match(error.message, Number(timeout) > 0 ? /large/ : /number/);
    }
  }
  assert.equal(typeof (await session.token({ timeout: 1e18 })), 'string');
  assert.equal((await failure(untyped.reportUnauthorized())).field, 'token');
  assert.equal((await failure(untyped.token({ deadline: 1 }))).field, 'deadline');
  assert.equal(thrown(() => untyped.on('refresh', () => {})).field, 'kind');
  assert.equal(thrown(() => untyped.on('refreshed')).field, 'listener');
  assert.equal(sandbox.counts().total, 1);
});

test('an answer of 5 MiB', async (t) => {
  const sandbox = await sandboxFor(t);
  sandbox.fault({ on: 'login', fault: 'oversize', bytes: 5 * 1024 * 1024 });
  const error = await failure(login(sandbox.sevenG()));
  assert.ok(error instanceof ProtocolError, String(error));
  assert.ok((error.snippet ?? '').length < 1000 && error.message.length < 1000);
});

test('a redirect to another host', async (t) => {
  const [sandbox, other] = [await sandboxFor(t), await sandboxFor(t)];
  sandbox.fault({ on: 'login', fault: 'redirect', to: `${other.url}/User/Login` });
  const error = await failure(login(sandbox.sevenG()));
  assert.ok(error instanceof ProtocolError, String(error));
  assert.equal(other.counts().connections, 0);
});

test('the sandbox says what is wrong with a call', async (t) => {
  const sandbox = await sandboxFor(t);
  assert.throws(() => sandbox.control('explode'), /explode/);
  assert.throws(() => sandbox.configure(/** @type {any} */ ({ rotated: true })), /rotated/);
  await assert.rejects(sandbox.waitFor('login', 1, { timeout: 0 }), /login/);
  await assert.rejects(sandbox.waitFor(/** @type {any} */ ('logins'), 1), /logins/);
  await assert.rejects(sandbox.waitFor('login', -1), InvalidConfig);
});
