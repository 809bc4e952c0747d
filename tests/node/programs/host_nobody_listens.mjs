// Calls fail after nobody listens any more: what is told as unhandled is the program's own promise, and nothing else.
import { login } from 'relatch';
import { Sandbox } from 'relatch/testing';
import { heard } from '../support.mjs';

/** @type {string[]} */
const unhandled = [];
let told = () => {};
process.on('unhandledRejection', (reason) => {
  unhandled.push(/** @type {any} */ (reason)?.code ?? String(reason));
  told();
});
process.on('uncaughtException', (error) => unhandled.push(`uncaught ${error}`));

/** What has been told, once that is so many, and after as many turns of the event loop as more would take. */
async function settled(count = 0) {
  while (unhandled.length < count) {
    await new Promise((resolve) => {
      told = () => resolve(undefined);
    });
  }
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  return unhandled.splice(0).join(' ') || 'nothing';
}

const sandbox = await Sandbox.start();
const refused = { on: 'refresh', fault: 'answer', status: 401, body: '{"result":false}', times: null };
const open = () => login(sandbox.sevenG(), { relogin: 'never' });

// Aborted: the call's own end comes later, when there is nobody left whom it could be told.
const aborted = await open();
sandbox.fault({ on: 'refresh', fault: 'hold' });
const abort = new AbortController();
const calls = [aborted.refresh({ signal: abort.signal }), aborted.headers({ signal: abort.signal })];
await sandbox.waitFor('refresh', 1);
abort.abort();
await Promise.allSettled(calls);
sandbox.fault(/** @type {any} */ (refused));
sandbox.release();
await aborted.refresh().catch(() => {});
console.log('aborted:', await settled());

// Lost a race: the program handles the race, so the call is handled.
const raced = await open();
const race = Promise.race([raced.refresh(), Promise.resolve('first')]);
console.log(await race, await raced.refresh().catch(({ code }) => code));
console.log('raced:', await settled());

// Many callers of one refresh, of which one has a handler: the program's other promises, once each.
const shared = await open();
const [handled, ...loose] = [shared.refresh(), shared.refresh(), shared.refresh()];
await handled.catch(() => {});
console.log('loose:', loose.length, await settled(loose.length));

// A background refresh that fails has no caller.
const background = await open();
await background.token();
const failed = heard(background, 'relogin_required');
sandbox.advance(950_000);
await background.token();
sandbox.advance(1_000);
await background.token().catch(() => {});
await failed;
console.log('background:', await settled());

// The session and its listeners are dropped with a call under way, and it fails then.
sandbox.clearFaults();
let dropped = /** @type {import('relatch').Session | undefined} */ (await open());
sandbox.fault({ on: 'refresh', fault: 'hold' });
dropped?.on('event', () => {});
const before = sandbox.counts().refresh;
const last = dropped?.refresh().catch(({ code }) => code);
dropped = undefined;
await sandbox.waitFor('refresh', before + 1);
sandbox.down();
console.log('dropped:', await last, await settled());
await sandbox.close();
