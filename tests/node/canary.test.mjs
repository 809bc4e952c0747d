// No secret is ever printed: not by the log at its most talkative, not by any object, error or stack.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './support.mjs';

/** What the sandbox issues as tokens begins like this, for every user. */
const TOKEN = /eyJ[\w-]{10,}/;

/** @type {Array<[string, number, string[]]>} */
const programs = [
  [
    'canary.mjs',
    50,
    [...['InvalidCredentials', 'LockoutGuard', 'AccountLocked', 'ProtocolError', 'RateLimited', 'ReloginRequired']],
  ],
  [
    'canary_synapsewave.mjs',
    60,
    [
      ...['SecondFactorRequired', 'SecondFactorRejected', 'InvalidCredentials', 'AccessDenied', 'ReloginRequired'],
      ...['InvalidConfig', 'ProtocolError', 'Challenge {', 'Profile {', 'Feed {', 'TotpRegistration {', 'Totp {}'],
    ],
  ],
];

for (const [program, many, signs] of programs) {
  test(`no secret in the log, in errors, or in what objects show: ${program}`, async () => {
    const { status, stdout, stderr, aside } = await run(program, [], { RELATCH_LOG: 'trace' });
    assert.equal(status, 0, stderr.slice(-2000));
    assert.ok(stdout.endsWith('done\n'));
    for (const level of ['TRACE', 'DEBUG', 'WARN']) assert.ok(stderr.includes(level), `the log has no ${level}`);
    for (const sign of signs) assert.ok(stdout.includes(sign), `${sign} was never printed`);
    const secrets = new Set(aside.trim().split('\n'));
    assert.ok(secrets.size >= many, `only ${secrets.size} secrets were told`);
    for (const [name, text] of Object.entries({ stdout, stderr })) {
      for (const secret of secrets) {
        const place = found(text, secret);
        assert.equal(place, -1, `a secret in ${name}: …${text.slice(Math.max(0, place - 300), place)}…`);
      }
      assert.doesNotMatch(text, TOKEN, name);
    }
  });
}

/** Where a secret is. Digits that are part of a longer number, or of a second, are none. @param {string} text @param {string} secret */
function found(text, secret) {
  assert.ok(secret.length >= 4);
  return /^\d+$/.test(secret) ? text.search(new RegExp(`(?<![.\\d])${secret}(?!\\d)`)) : text.indexOf(secret);
}

test('without the variable there is no log', async () => {
  const { status, stderr } = await run('workers.mjs', [], { RELATCH_LOG: '' });
  assert.deepEqual([status, stderr], [0, '']);
});
