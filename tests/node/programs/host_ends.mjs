// Ends, as its argument says, in the middle of calls that the server at the other argument does not answer.
import { login, SevenG } from 'relatch';
import { PASSWORD, USERNAME } from '../support.mjs';

const [how, baseUrl = ''] = process.argv.slice(2);
const provider = new SevenG({ baseUrl, username: USERNAME, password: PASSWORD });
const session = await login(provider);
session.on('event', () => {});
const calls = [session.refresh(), session.refresh(), session.reportUnauthorized(await session.token())];
const settled = Promise.allSettled(calls);
if (how === 'handler') {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, async () => {
      await session.logout();
      console.log(...(await settled).map((outcome) => /** @type {any} */ (outcome).reason?.code));
      process.exit(0);
    });
  }
}
if (how === 'caught') {
  process.on('uncaughtException', ({ message }) => {
    console.log(message);
    process.exitCode = 3;
    process.exit();
  });
}
if (how === 'caught' || how === 'throws') {
  // Its sender knows that the calls are on the wire.
  process.on('SIGUSR2', () => {
    throw new Error('a mistake of the program');
  });
}
// The reader of this may send a signal.
console.log('in flight');
await settled;
