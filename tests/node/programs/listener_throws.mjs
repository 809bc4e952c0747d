// A listener that throws is an uncaught exception, as any other callback, and the others are called all the same.
import { login } from 'relatch';
import { Sandbox } from 'relatch/testing';
import { heard } from '../support.mjs';

const sandbox = await Sandbox.start();
const session = await login(sandbox.sevenG());
session.on('refreshed', () => {
  throw new Error('a mistake of the program');
});
const refreshed = heard(session, 'refreshed');
const uncaught = new Promise((resolve) => process.once('uncaughtException', ({ message }) => resolve(message)));
await session.refresh();
console.log((await refreshed).kind, await uncaught);
await sandbox.close();
