// The timers of this program are not Node's: a page has numbers, or lacks some; a test stops the time, before or after
// it loads the package. Calls that are awaited end all the same, and then the program does.
import { mock } from 'node:test';

const [how] = process.argv.slice(2);
const { setInterval } = globalThis;
const apis = /** @type {const} */ (['setInterval', 'setTimeout', 'setImmediate', 'Date']);

// Node warns of its own means to stop the time.
process.removeAllListeners('warning');
process.on('warning', ({ name, message }) => name === 'ExperimentalWarning' || console.error(message));

/** What an interval of a page is. @param {Parameters<typeof setInterval>} given */
function numbered(...given) {
  setInterval(...given).unref();
  return 7;
}

if (how === 'page') {
  const timers = { setInterval: numbered, setTimeout: () => 7, clearTimeout: undefined, setImmediate: undefined };
  Object.assign(globalThis, timers);
}
if (how === 'stopped') mock.timers.enable({ apis, now: 1000 });
const { login } = await import('relatch');
const { Sandbox } = await import('relatch/testing');
if (how === 'stopped-later') mock.timers.enable({ apis, now: 1000 });

const sandbox = await Sandbox.start();
const session = await login(sandbox.sevenG());
let heard = 0;
session.on('event', () => {
  heard += 1;
});
const token = await session.token();
sandbox.advance(1_210_000);
console.log(session.state, (await session.token()) !== token, sandbox.counts().refresh);
await session.logout();
await sandbox.close();
process.on('exit', () => console.log('heard', heard > 0));
