// What a Node program sees of relatch on the 7G API: it logs in, calls, and never has to think of its session again.
//
// Everything goes over real HTTP to a sandbox in this process, whose clock the demo moves. `make demo` runs it.

import { login } from 'relatch';
import { Sandbox } from 'relatch/testing';

let passed = 0;

/** In milliseconds. */
const minute = 60_000;

/** Prints what happens under the sandbox's own time of day, which starts at zero. @param {string} what */
function say(what) {
  const minutes = String(Math.floor(passed / minute)).padStart(3);
  console.log(`  ${minutes}:${String((passed % minute) / 1000).padStart(2, '0')}  ${what}`);
}

const sandbox = await Sandbox.start();

/** @param {number} milliseconds */
function advance(milliseconds) {
  passed += milliseconds;
  sandbox.advance(milliseconds);
}

/** Calls the protected resource; returns the HTTP status. */
async function call() {
  const answer = await fetch(`${sandbox.url}/Account`, { headers: await session.headers() });
  await answer.text();
  return answer.status;
}

const session = await login(sandbox.sevenG());
say(`login: a session of ${session.profile.username}, ${session.state}`);
say(`call: HTTP ${await call()}`);

const refreshed = new Promise((resolve) => session.once('refreshed', resolve));
advance(16 * minute);
await refreshed;
say('proactive refresh: a new token, in the background, before anybody had to wait');

advance(25 * minute);
const tokens = await Promise.all(Array.from({ length: 1000 }, () => session.token()));
say(`1000 promises on an expired token: ${new Set(tokens).size} new token for all of them`);

sandbox.revoke({ username: 'api_user', what: 'access' });
const token = await session.token();
const refused = await call();
await session.reportUnauthorized(token);
say(`a refused token: HTTP ${refused}, reported, then HTTP ${await call()}`);

sandbox.fault({ on: 'refresh', fault: 'drop', when: 'after' });
advance(25 * minute);
say(`the answer to a refresh is lost after the server acted: healed by one login, HTTP ${await call()}`);

const counts = sandbox.counts();
const names = /** @type {const} */ (['login', 'login_rejected', 'refresh', 'reused', 'account']);
const wire = Object.fromEntries(names.map((name) => [name, counts[name]]));
say(`on the wire: ${names.map((name) => `${name} ${wire[name]}`).join(', ')}`);
await session.logout();
say(`logout: ${session.state}`);
await sandbox.close();

const expected = { login: 2, login_rejected: 0, refresh: 4, reused: 0, account: 4 };
if (JSON.stringify(wire) !== JSON.stringify(expected)) {
  console.error(`  this is not what was expected: ${JSON.stringify(expected)}`);
  process.exitCode = 1;
}
