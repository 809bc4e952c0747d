// A callback that takes its time keeps the process alive; what it refers to goes with its session, what it threw with
// the error.
import './collected.mjs';
import { login, Otp } from 'relatch';
import { Sandbox } from 'relatch/testing';
import { collect, endOf } from './collected.mjs';

const sandbox = await Sandbox.start();

/** A session whose callback refers to it. */
async function opened() {
  /** @type {{ session?: import('relatch').Session }} */
  const held = {};
  const secondFactor = new Otp(async () => {
    console.log('asked', ...(held.session ? [held.session.state] : []));
    // Nothing of the program's own keeps the process alive meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 300).unref());
    collect();
    return sandbox.outbox().at(-1)?.otp ?? '';
  });
  held.session = await login(sandbox.synapsewave({ secondFactor }));
  console.log(held.session.state);
  return new WeakRef(held.session);
}

/** What a callback threw, when its error has been seen. */
async function failed() {
  const thrown = new Error('a mistake of the program');
  const secondFactor = new Otp(() => Promise.reject(thrown));
  const cause = await login(sandbox.synapsewave({ secondFactor })).catch((error) => error.cause);
  console.log(cause === thrown);
  return new WeakRef(thrown);
}

console.log(await endOf(await opened()));
console.log(await endOf(await failed()));
await sandbox.close();
