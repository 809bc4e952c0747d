// Callbacks that are asked for a second factor or a token: each way in which they can fail, once asked and once told.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { InvalidConfig, login, Otp, SecondFactorRequired, Synapsewave } from 'relatch';
import { failure, heard, run, sandboxFor } from './support.mjs';

const MORNING = 1_767_583_800_000;

/** @param {import('node:test').TestContext} test @param {import('relatch/testing').SandboxSettings} [settings] */
const morning = (test, settings) => sandboxFor(test, { startsAt: MORNING, ...settings });

/**
 * A provider whose callback gives, in turn, what these functions do; the last one again and again.
 *
 * @param {import('relatch/testing').Sandbox} sandbox
 * @param {...((question: import('relatch').Question) => any)} answers
 */
function asking(sandbox, ...answers) {
  /** @type {import('relatch').Question[]} */
  const questions = [];
  const secondFactor = new Otp(
    (question) => {
      questions.push(question);
      return answers[Math.min(questions.length, answers.length) - 1]?.(question);
    },
    { timeout: 60_000 },
  );
  return { provider: sandbox.synapsewave({ secondFactor }), questions };
}

/** @param {import('relatch/testing').Sandbox} sandbox */
const newest = (sandbox) => sandbox.outbox().at(-1)?.otp ?? '';

const mistake = new Error('a mistake of the program');
const hostile = {
  // biome-ignore lint/suspicious/noThenProperty: that is what is tried
  get then() {
    throw mistake;
  },
};

/** That there is no cause: the message says that it is no text. */
const noText = Symbol('no text');

/** Answers that are no text. @type {Array<[string, () => unknown]>} */
const noTexts = [
  ['nothing', () => undefined],
  ['null', async () => null],
  ['a number', () => 123456],
  ['an object', async () => ({ otp: '123456' })],
  ['half a character', () => '12345\ud800'],
];

/** How a callback can fail, and what is then the cause of the error. @type {Array<[string, () => unknown, unknown]>} */
const failures = [
  [
    'throws',
    () => {
      throw mistake;
    },
    mistake,
  ],
  ['rejects', () => Promise.reject(mistake), mistake],
  ['rejects with what is no error', () => Promise.reject('made up'), 'made up'],
  ['rejects with nothing', () => Promise.reject(undefined), undefined],
  ['is cancelled', () => Promise.reject(AbortSignal.abort().reason), AbortSignal.abort().reason],
  ['answers with a thenable that throws', () => hostile, mistake],
  ...noTexts.map(
    ([what, answer]) => /** @type {[string, () => unknown, unknown]} */ ([`answers with ${what}`, answer, noText]),
  ),
  ['answers with nonsense', () => 'twelve', InvalidConfig],
  ['answers with an empty text', async () => '', InvalidConfig],
];

for (const [what, answer, cause] of failures) {
  test(`a callback that ${what}: asked once, nothing beyond the first step, the session usable again`, async (t) => {
    const sandbox = await morning(t);
    const { provider, questions } = asking(sandbox, answer, () => newest(sandbox));
    const error = await failure(login(provider));
    assert.ok(error instanceof SecondFactorRequired, inspect(error));
    assert.ok(error.challenge);
    assert.equal('cause' in error, cause !== noText);
    if (cause === noText) assert.match(error.message, /is no text/);
    else if (typeof cause === 'function') assert.ok(error.cause instanceof cause, inspect(error.cause));
    else if (cause instanceof DOMException) assert.equal(/** @type {any} */ (error.cause).name, cause.name);
    else assert.equal(error.cause, cause);
    assert.ok(!error.message.includes('123456') && !inspect(error).includes('twelve'));
    assert.deepEqual([questions.length, sandbox.counts().register, sandbox.counts().login], [1, 1, 0]);

    const session = await error.challenge.complete({ otp: newest(sandbox) });
    assert.equal((await session.refresh()).accessToken, await session.token());
    assert.equal(questions.length, 2);
  });
}

test('a callback is told who is asked, by which system, and for what', async (t) => {
  const sandbox = await morning(t);
  const { provider, questions } = asking(sandbox, () => newest(sandbox));
  await login(provider);
  const methods = ['otp', 'totp', 'fingerprint'];
  const [{ signal, ...question } = assert.fail()] = questions;
  assert.deepEqual(question, { wanted: 'otp', system: 'synapsewave', user: 'UCC123456', methods });
  assert.deepEqual([questions.length, signal.aborted], [1, false]);
});

test('a callback is a function on its own, sync or async', async (t) => {
  const sandbox = await morning(t);
  /** @type {unknown[]} */
  const receivers = [];
  /** @this {unknown} */
  async function answer() {
    receivers.push(this);
    await new Promise(setImmediate);
    return newest(sandbox);
  }
  const secondFactor = new Otp(answer);
  assert.equal((await login(sandbox.synapsewave({ secondFactor }))).state, 'active');
  assert.deepEqual(receivers, [undefined]);
});

test('a callback that does not answer in time: its late answer is dropped', async (t) => {
  const sandbox = await morning(t);
  const { promise, resolve } = later();
  const asked = later();
  const { provider, questions } = asking(
    sandbox,
    () => {
      asked.resolve('');
      return promise;
    },
    () => newest(sandbox),
  );
  const call = login(provider);
  await asked.promise;
  sandbox.advance(61_000);
  const error = await failure(call);
  assert.ok(error instanceof SecondFactorRequired && error.challenge, inspect(error));
  assert.match(error.message, /60 seconds/);
  assert.equal(error.cause, undefined);
  resolve(newest(sandbox));
  await new Promise(setImmediate);
  assert.deepEqual([questions.length, sandbox.counts().login], [1, 0]);
  const session = await error.challenge.complete({ otp: newest(sandbox) });
  await session.refresh();
  assert.deepEqual([questions.length, sandbox.counts().login], [2, 2]);
});

for (const how of ['its time is up', 'its caller has gone']) {
  test(`a prompt ends when ${how}, and the next login gets what is typed next`, async (t) => {
    const sandbox = await morning(t);
    const terminal = new PassThrough();
    const prompt = createInterface({ input: terminal });
    t.after(() => prompt.close());
    /** @type {() => void} */
    let prompted = () => {};
    const { provider, questions } = asking(sandbox, ({ signal }) => {
      const typed = prompt.question('', { signal });
      prompted();
      return typed;
    });
    const asked = () =>
      new Promise((resolve) => {
        prompted = () => resolve(undefined);
      });
    const [abort, first] = [new AbortController(), asked()];
    const abandoned = failure(login(provider, { signal: abort.signal }));
    await first;
    if (how === 'its time is up') sandbox.advance(61_000);
    else abort.abort();
    await abandoned;
    assert.equal(
      questions[0]?.signal.aborted || (await once(/** @type {any} */ (questions[0]?.signal), 'abort')) !== undefined,
      true,
    );
    const second = asked();
    const call = login(provider);
    await second;
    terminal.write(`${newest(sandbox)}\n`);
    assert.equal((await call).state, 'active');
    assert.deepEqual([questions.length, sandbox.counts().login, sandbox.counts().login_rejected], [2, 1, 0]);
    assert.equal(questions[1]?.signal.aborted, false);
  });
}

test('a caller that aborts while the callback is asked: the login goes on with the answer', async (t) => {
  const sandbox = await morning(t);
  const { promise, resolve } = later();
  const asked = later();
  const { provider, questions } = asking(sandbox, () => {
    asked.resolve('');
    return promise;
  });
  const abort = new AbortController();
  const call = login(provider, { signal: abort.signal });
  await asked.promise;
  abort.abort();
  assert.equal((await failure(call)).name, 'AbortError');
  resolve(newest(sandbox));
  await sandbox.waitFor('login', 1);
  assert.deepEqual([questions.length, sandbox.counts().login_rejected], [1, 0]);
});

test('many callers of one refresh: asked once', async (t) => {
  const sandbox = await morning(t);
  const { provider, questions } = asking(sandbox, () => newest(sandbox));
  const session = await login(provider);
  const tokens = await Promise.all(Array.from({ length: 100 }, () => session.refresh()));
  assert.equal(new Set(tokens.map(({ accessToken }) => accessToken)).size, 1);
  assert.equal(questions.length, 2);
});

test('a refresh that fails leaves the session as it was, with the challenge', async (t) => {
  const sandbox = await morning(t);
  const { provider } = asking(
    sandbox,
    () => newest(sandbox),
    () => Promise.reject(mistake),
  );
  const session = await login(provider);
  const token = await session.token();
  const errors = await Promise.all(Array.from({ length: 10 }, () => failure(session.refresh())));
  const challenges = errors.map((error) => {
    assert.ok(error instanceof SecondFactorRequired && error.cause === mistake && error.challenge, inspect(error));
    return error.challenge;
  });
  assert.equal(new Set(challenges).size, 1);
  assert.equal(await session.token(), token);
  assert.equal(sandbox.counts().login, 1);
});

test('an SSO token comes from a callback, for each login anew', async (t) => {
  const tokens = ['made-up-sso-token-7', 'made-up-sso-token-8'];
  const sandbox = await morning(t, { synapsewave: { users: [{ userId: 'UCC123456', ssoTokens: tokens }] } });
  /** @type {string[]} */
  const wanted = [];
  const ssoToken = async (/** @type {import('relatch').Question} */ question) => {
    wanted.push(question.wanted);
    return tokens[wanted.length - 1] ?? '';
  };
  const session = await login(sandbox.synapsewave({ ssoToken }));
  const first = await session.token();
  sandbox.advance(24 * 3_600_000);
  assert.notEqual(await session.token(), first);
  assert.deepEqual(wanted, ['sso_token', 'sso_token']);
  assert.equal(sandbox.counts().login, 2);
});

test('an SSO callback that throws: an error that carries it, and nothing sent', async (t) => {
  const sandbox = await morning(t);
  const ssoToken = () => {
    throw mistake;
  };
  const error = await failure(login(sandbox.synapsewave({ ssoToken })));
  assert.deepEqual([error.code, error.field, error.cause], ['transport', 'ssoToken', mistake]);
  assert.match(error.message, /SSO token/);
  assert.equal(sandbox.counts().total, 0);
});

for (const [what, answer] of noTexts) {
  test(`an SSO callback that answers with ${what}: a mistake of the program, and nothing sent`, async (t) => {
    const sandbox = await morning(t);
    const ssoToken = /** @type {() => any} */ (answer);
    const error = await failure(login(sandbox.synapsewave({ ssoToken })));
    assert.deepEqual([error.code, error.field, 'cause' in error], ['invalid_config', 'ssoToken', false]);
    assert.match(error.message, /is no text/);
    assert.equal(sandbox.counts().total, 0);
  });
}

test('an SSO callback has a time limit of its own', async (t) => {
  const sandbox = await morning(t);
  const asked = later();
  const ssoToken = () => {
    asked.resolve('');
    return later().promise;
  };
  const call = login(sandbox.synapsewave({ ssoToken, ssoTimeout: 7_000 }), { timeout: 60_000 });
  await asked.promise;
  sandbox.advance(8_000);
  const error = await failure(call);
  assert.deepEqual([error.code, error.field], ['timeout', 'ssoToken'], inspect(error));
  assert.match(error.message, /7 seconds/);
  assert.equal(sandbox.counts().total, 0);
});

test('two first factors are one too many, whatever they are', () => {
  const whole = { baseUrl: 'https://broker.example/prod', userId: 'UCC1', apiKey: 'made-up-key' };
  const both = { ...whole, password: 'made-up', ssoToken: () => 'made-up' };
  assert.throws(() => new Synapsewave(both), { field: 'ssoToken', message: /password or ssoToken/ });
});

test('what a callback threw in a login that the session made by itself is told by its event', async (t) => {
  const sandbox = await morning(t, { synapsewave: { ssoSingleUse: false } });
  let count = 0;
  const ssoToken = () => {
    count += 1;
    if (count > 1) throw mistake;
    return 'made-up-sso-token-1';
  };
  const session = await login(sandbox.synapsewave({ ssoToken }));
  const failed = heard(session, 'login_failed');
  sandbox.advance(24 * 3_600_000);
  const error = await failure(session.token());
  const causes = [error, error.cause, /** @type {any} */ (error.cause)?.cause];
  assert.ok(causes.includes(mistake), inspect(error));
  assert.ok((await failed).code);
});

test('a process that exits while a callback hangs: at once, and silently', async () => {
  for (const how of ['exit', 'exit-in-callback', 'aborted', 'uncaught']) {
    // Long before the callback's time is up, or it would have been killed.
    const { status, signal, stdout, stderr } = await run('callback_hangs.mjs', [how]);
    assert.deepEqual([status, signal, stdout, stderr], [0, null, 'asked\n', ''], how);
  }
});

test('a process stays while a human is asked, and keeps neither what asked nor what was thrown', async () => {
  const { status, stdout, stderr } = await run('callback_waits.mjs');
  assert.deepEqual([status, stdout, stderr], [0, 'asked\nactive\ncollected\ntrue\ncollected\n', '']);
});

test('a worker that is ended while its callback is asked: no other thread notices', async () => {
  const { status, signal, stdout, stderr } = await run('callback_workers.mjs');
  assert.deepEqual([status, signal, stdout, stderr], [0, null, 'asked\nasked\nasked\nactive\n', '']);
});

/** A promise that is kept later. @returns {{ promise: Promise<string>, resolve: (value: string) => void }} */
function later() {
  /** @type {(value: string) => void} */
  let resolve = () => {};
  const promise = new Promise((/** @type {(value: string) => void} */ kept) => {
    resolve = kept;
  });
  return { promise, resolve };
}
