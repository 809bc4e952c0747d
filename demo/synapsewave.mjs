// Two trading days on Synapsewave: a login with a TOTP code, the next morning, a human's one-time password, a logout.
//
// Everything goes over real HTTP to a sandbox in this process, whose clock the demo moves. `make demo` runs it.

import { begin, login } from 'relatch';
import { Sandbox } from 'relatch/testing';

/** In milliseconds. */
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
const sandbox = await Sandbox.start({ startsAt: 1_767_583_800_000 }); // Monday, 2026-01-05 09:00 in India
let now = 9 * hour;

/** @param {number} passed */
function advance(passed) {
  now += passed;
  sandbox.advance(passed);
}

/** Prints one line under the time of day in India. @param {string} what */
function say(what) {
  const time = new Date(now).toISOString().slice(11, 16);
  console.log(`  ${['Mon', 'Tue'][Math.floor(now / day)]} ${time}  ${what}`);
}

/** Asks for the user's balance; returns the HTTP status. @param {import('relatch').Session} session */
async function call(session) {
  const url = `${sandbox.synapsewaveUrl}/authentication/v1/user/balance`;
  const answer = await fetch(url, { headers: await session.headers() });
  await answer.text();
  return answer.status;
}

const session = await login(sandbox.synapsewave());
say(`login with a TOTP code: ${session.profile.userName}, ${session.profile.exchanges?.join(', ')}`);
say(`call: HTTP ${await call(session)}; the feed is at ${(await session.feed()).url}`);

advance(14 * hour + 59 * minute);
say(`one minute before midnight: HTTP ${await call(session)}, with the token of the morning`);

advance(9 * hour + minute);
const tokens = await Promise.all(Array.from({ length: 1000 }, () => session.token()));
say(`1000 promises in the morning: ${new Set(tokens).size} login for all of them, with a new code`);

const challenge = await begin(sandbox.synapsewave({ secondFactor: undefined }));
say(`a login of a human: the server asks for one of ${challenge.methods.join(', ')}`);
const other = await challenge.complete({ otp: sandbox.outbox().at(-1)?.otp ?? '' });
say(`the one-time password is right: ${other.state}, HTTP ${await call(other)}`);

const valid = await other.validate();
await other.logout();
say(`the server knows the session: ${valid}; logged out, here and there: ${other.state}`);
await session.logout();

const counts = sandbox.counts();
const names = /** @type {const} */ ([
  'login',
  'login_rejected',
  'register',
  'totp_reused',
  'account',
  'account_rejected',
  'logout',
]);
const wire = names.map((name) => `${name} ${counts[name]}`).join(', ');
say(`on the wire: ${wire}`);
await sandbox.close();

const expected = 'login 3, login_rejected 0, register 1, totp_reused 0, account 3, account_rejected 0, logout 2';
if (wire !== expected) {
  console.error(`  this is not what was expected: ${expected}`);
  process.exitCode = 1;
}
