// Ends while a callback that never answers is asked for a second factor. The argument says how it ends.
import { login, Otp } from 'relatch';
import { Sandbox } from 'relatch/testing';

const [how] = process.argv.slice(2);
const sandbox = await Sandbox.start();
const abort = new AbortController();
/** @type {(value?: unknown) => void} */
let tell = () => {};
const asked = new Promise((resolve) => {
  tell = resolve;
});
const secondFactor = new Otp(() => {
  console.log('asked');
  if (how === 'exit-in-callback') process.exit(0);
  tell();
  return new Promise(() => {});
});
const call = login(sandbox.synapsewave({ secondFactor }), { signal: abort.signal });
await asked;
if (how === 'exit') process.exit(0);
if (how === 'uncaught') process.on('uncaughtException', () => process.exit(0));
if (how === 'uncaught') throw new Error('a mistake of the program');
abort.abort();
await call.catch(() => {});
await sandbox.close();
