// Ends while calls wait for a server that does not answer. The argument says how it ends.
import { login } from 'relatch';
import { Sandbox } from 'relatch/testing';

const sandbox = await Sandbox.start();
const session = await login(sandbox.sevenG());
await session.token();
session.on('event', () => {});
sandbox.fault({ on: 'any', fault: 'hold', times: null });
sandbox.advance(1_210_000);
const abort = new AbortController();
const { signal } = abort;
const calls = Array.from({ length: 10 }, () => [
  session.token({ signal }),
  session.refresh({ signal }),
  login(sandbox.sevenG(), { signal }),
  sandbox.sevenG().health({ signal }),
]).flat();
await sandbox.waitFor('total', 12);
console.log('in flight');

const [how] = process.argv.slice(2);
if (how === 'exit') process.exit(0);
if (how === 'exit-in-handler') process.on('exit', () => void session.token());
abort.abort();
await Promise.allSettled(calls);
await sandbox.close();
