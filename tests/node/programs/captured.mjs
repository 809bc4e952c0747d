// Ends by an error that nobody handles, of a call that was made with a secret.
import assert from 'node:assert/strict';
import { login, Otp, SevenG } from 'relatch';
import { Sandbox } from 'relatch/testing';

// Not in one piece in this file: Node prints the line that threw.
const secret = ['can', 'ary', '-of-the-unhandled'].join('');
const [how] = process.argv.slice(2);
const sandbox = await Sandbox.start();
const provider = sandbox.sevenG({ username: secret, password: secret });

if (how === 'rejection') {
  login(provider);
} else if (how === 'exception') {
  new SevenG({ username: 'api_user', password: `${secret}\n` });
} else if (how === 'cause') {
  await login(provider).catch((cause) => {
    throw new AggregateError([cause], 'the program failed', { cause });
  });
} else if (how === 'assertion') {
  await assert.doesNotReject(login(provider));
} else {
  const otp = new Otp(() => /** @type {any} */ ({ value: secret }));
  await login(sandbox.synapsewave({ secondFactor: otp }), { timeout: 5_000 });
}
// The rejection that nobody handles comes first.
setTimeout(() => {}, 60_000);
