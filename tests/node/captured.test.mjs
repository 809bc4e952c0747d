// No error holds a secret of its call, however deep one looks: not for a logger, a crash report or another thread.
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
  SynapsewaveAccount,
  SynapsewaveDealer,
  Tokens,
  Totp,
} from 'relatch';
import { Sandbox } from 'relatch/testing';
import { stopAtErrors } from './paused.mjs';
import { shown } from './shown.mjs';
import { run, sandboxFor } from './support.mjs';

const CANARY = 'canary-of-the-failing-calls';

class Holder {
  password = CANARY;
}

/** What a secret may be wrapped in when it is given in the wrong place. @type {any[]} */
const WRONG = [
  CANARY,
  `${CANARY}\n`,
  `${CANARY}\ud800`,
  `https://user:${CANARY}@[`,
  `http://${CANARY}@127.0.0.1:1/\\`,
  `-----BEGIN PRIVATE KEY-----\n${CANARY}\n`,
  Buffer.from(CANARY),
  { password: CANARY },
  [CANARY],
  new Map([[CANARY, CANARY]]),
  new Holder(),
  Symbol(CANARY),
  new Error(CANARY),
];

const framesSeen = stopAtErrors();

/** Makes calls that fail, and looks at what they throw, and at what their frames hold when they do. */
class Calls {
  failed = 0;
  frames = 0;

  /** @param {() => unknown} call @param {{ isOfSecrets?: boolean }} [what] whether it is one that takes secrets */
  async check(call, { isOfSecrets = true } = {}) {
    let error;
    framesSeen();
    try {
      await call();
      return;
    } catch (thrown) {
      error = thrown;
    }
    this.failed += 1;
    const frames = isOfSecrets ? framesSeen() : [];
    this.frames += frames.length;
    for (const frame of frames) assert.ok(!frame.includes(CANARY), `${call}: ${frame.slice(0, 1000)}`);
    for (const text of shown(error)) assert.ok(!text.includes(CANARY), text.slice(0, 1000));
  }
}

/** @type {Array<[new (settings: any) => unknown, object, string[]]>} */
const CONSTRUCTORS = [
  [
    SevenG,
    { username: 'api_user', password: 'made up', environment: 'test' },
    ['username', 'password', 'environment', 'baseUrl', 'bearer', 'allowInsecure'],
  ],
  ...[Synapsewave, SynapsewaveDealer, SynapsewaveAccount].map(
    (made) =>
      /** @type {[new (settings: any) => unknown, object, string[]]} */ ([
        made,
        { baseUrl: 'https://broker.example', userId: 'UCC1', apiKey: 'made up' },
        [
          ...[
            'baseUrl',
            'userId',
            'apiKey',
            'password',
            'mpin',
            'fingerprint',
            'ssoToken',
            'registerToken',
            'loginType',
          ],
          ...['secondFactor', 'xApiKey', 'source', 'udid', 'version', 'buildVersion', 'deviceInfo', 'allowInsecure'],
        ],
      ]),
  ),
];

for (const [made, settings, names] of CONSTRUCTORS) {
  test(`constructors: ${made.name}`, async () => {
    const calls = new Calls();
    for (const wrong of WRONG) {
      for (const name of names) await calls.check(() => new made({ ...settings, [name]: wrong }));
      await calls.check(() => new made(wrong));
    }
    assert.ok(calls.failed > 4 * names.length, `${calls.failed}`);
    assert.ok(calls.frames > calls.failed, `only ${calls.frames} frames were seen`);
  });
}

test('second factors', async () => {
  const calls = new Calls();
  for (const wrong of [...WRONG, null, '', 7]) {
    for (const made of [Totp, Otp, Fingerprint, Pan]) await calls.check(() => new made(wrong));
    await calls.check(() => new Otp(() => CANARY, { timeout: wrong }));
  }
  assert.ok(calls.failed >= 40, `${calls.failed}`);
});

const NETWORK = ['exchangeTimeout', 'proxy', 'caCertificates', 'clientCertificate', 'localAddress', 'addressFamily'];
const OPTIONS = [
  ...NETWORK,
  ...[
    'userAgent',
    'signal',
    'relogin',
    'keepAlive',
    'mandatoryMargin',
    'advisoryMargin',
    'timeout',
    'force',
    'tiemout',
  ],
];

for (const name of OPTIONS) {
  test(`options: ${name}`, async () => {
    const calls = new Calls();
    const provider = new SevenG({ environment: 'test' });
    for (const wrong of WRONG) {
      /** @type {any} */
      const options = { [name]: wrong };
      const short = { ...(name !== 'exchangeTimeout' && { exchangeTimeout: 100 }), ...options };
      await calls.check(() => login(provider, options));
      await calls.check(() => begin(provider, options));
      await calls.check(() => resume(provider, new Tokens(CANARY, CANARY), options));
      if (name === 'tiemout' || NETWORK.includes(name)) {
        await calls.check(() => provider.health(short));
        await calls.check(() => provider.lookup(CANARY, short));
      }
    }
    assert.ok(calls.failed > WRONG.length, `${calls.failed}`);
  });
}

test('what is no provider, and what are no tokens', async () => {
  const calls = new Calls();
  const provider = new SevenG({ environment: 'test' });
  const several = [
    ...WRONG,
    { accessToken: `${CANARY}\n` },
    { accessToken: CANARY, refreshToken: `${CANARY}\n` },
    { accessToken: CANARY, refreshToken: [CANARY] },
    { accessToken: CANARY, expiresAt: CANARY },
    { accessToken: CANARY, expiresAt: new Date(Number.NaN) },
    { accessToken: { toString: () => CANARY } },
  ];
  for (const wrong of several) {
    await calls.check(() => login(wrong, { proxy: CANARY }));
    await calls.check(() => begin(wrong));
    await calls.check(() => resume(wrong, new Tokens(CANARY, CANARY)));
    await calls.check(() => refresh(wrong, new Tokens(CANARY, CANARY)));
    await calls.check(() => resume(provider, wrong));
    await calls.check(() => refresh(provider, wrong, { timeout: 100 }));
  }
  assert.ok(calls.failed >= 5 * several.length, `${calls.failed}`);
});

test('refusals of a server', async (t) => {
  const calls = new Calls();
  const sandbox = await sandboxFor(t);
  const providers = [
    () => sandbox.sevenG({ username: CANARY, password: CANARY }),
    () => sandbox.synapsewave({ password: CANARY, secondFactor: new Pan('ABCDE1234F') }),
    () => sandbox.synapsewave({ secondFactor: new Pan(CANARY) }),
    () => sandbox.synapsewave({ secondFactor: new Otp(() => CANARY) }),
    () => sandbox.synapsewave({ secondFactor: new Otp(() => /** @type {any} */ ({ otp: CANARY })) }),
    () => sandbox.synapsewave({ mpin: '739164', secondFactor: new Fingerprint(CANARY) }),
    () => sandbox.synapsewave({ ssoToken: CANARY }),
    () => sandbox.synapsewave({ ssoToken: () => CANARY }),
    () => sandbox.synapsewaveDealer({ password: CANARY }),
  ];
  for (const make of providers) {
    await calls.check(() => login(/** @type {any} */ (make)(), { timeout: 5_000 }));
    await calls.check(() => refresh(/** @type {any} */ (make)(), new Tokens(CANARY, CANARY), { timeout: 5_000 }));
  }
  assert.ok(calls.failed >= 2 * providers.length - 2, `${calls.failed}`);
  // The passwords of a sandbox are made up.
  const isOfSecrets = false;
  const settings = /** @type {any} */ ({ accounts: [{ username: 'x', password: CANARY }], colour: 1 });
  await calls.check(() => new Sandbox(settings), { isOfSecrets });
  await calls.check(() => sandbox.configure(settings), { isOfSecrets });
});

test('a challenge, a session and an account', async (t) => {
  const calls = new Calls();
  const sandbox = await sandboxFor(t);
  const challenge = await begin(sandbox.synapsewave({ secondFactor: undefined }));
  /** @type {any[]} */
  const factors = [
    { otp: CANARY },
    { otp: [CANARY] },
    { totp: CANARY, otp: CANARY },
    { fingerprint: `${CANARY}\n` },
    { fingerprint: CANARY },
    { [CANARY]: undefined },
    CANARY,
  ];
  for (const factor of factors) await calls.check(() => challenge.complete(factor));
  assert.equal(calls.failed, factors.length);
  const session = await login(sandbox.sevenG());
  for (const wrong of [7, CANARY, `${CANARY}\ud800`, { Cookie: CANARY }, [[CANARY, CANARY]], null]) {
    await calls.check(() => session.reportUnauthorized(/** @type {any} */ (wrong)));
  }
  for (const wrong of WRONG) {
    await calls.check(() => session.token(/** @type {any} */ ({ timeout: wrong })));
    await calls.check(() => session.refresh(/** @type {any} */ ({ signal: wrong })));
    await calls.check(() => session.feed(wrong));
    await calls.check(() => session.on(wrong, () => {}), { isOfSecrets: false });
    await calls.check(() => session.on('event', wrong), { isOfSecrets: false });
  }
  assert.ok(calls.failed >= factors.length + 6 + 5 * WRONG.length - 1, `${calls.failed}`);
  const account = sandbox.synapsewaveAccount();
  for (const wrong of /** @type {any[]} */ ([CANARY, `${CANARY}\ud800`, [CANARY]])) {
    const before = calls.failed;
    await calls.check(() => account.verifyOtp({ otp: wrong }));
    await calls.check(() => account.setPassword({ tempToken: wrong, newPassword: wrong }));
    await calls.check(() => account.changePassword({ oldPassword: wrong, newPassword: wrong }));
    await calls.check(() => account.setMpin({ mpin: wrong, otp: wrong }));
    await calls.check(() => account.changeMpin({ oldMpin: wrong, newMpin: wrong }));
    await calls.check(() => account.registerMpin(session, { mpin: wrong }));
    await calls.check(() => account.registerTotp({ otp: wrong }));
    await calls.check(() => account.verifyTotp(session, { code: wrong }));
    await calls.check(() => account.deleteTotp(wrong));
    assert.equal(calls.failed, before + 9);
  }
});

test('what is given up', async (t) => {
  const calls = new Calls();
  const sandbox = await sandboxFor(t);
  sandbox.fault({ on: 'any', fault: 'hold', times: null });
  const reason = new RelatchError('made up');
  for (const abort of [undefined, reason]) {
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = [
      () => login(sandbox.sevenG({ password: CANARY }), { signal }),
      () => refresh(sandbox.sevenG(), new Tokens(CANARY, CANARY), { signal }),
    ].map((call) => calls.check(call));
    controller.abort(abort);
    await Promise.all(waiting);
  }
  sandbox.release();
  assert.equal(calls.failed, 4);
});

for (const how of ['rejection', 'exception', 'cause', 'assertion', 'callback']) {
  test(`what Node prints of an error that nobody handles: ${how}`, async () => {
    const { status, stdout, stderr } = await run('captured.mjs', [how], { NODE_OPTIONS: '--stack-trace-limit=100' });
    assert.notEqual(status, 0);
    assert.match(stderr, /InvalidConfig|InvalidCredentials|SecondFactorRequired/);
    assert.ok(!`${stdout}${stderr}`.includes('canary'), stderr);
  });
}
