// Sessions that nothing refers to any more go, whatever was done with them; and a session that lives keeps nothing of
// what a callback threw in a login that it made by itself. A challenge does not keep the session that it opened.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { begin, login } from 'relatch';
import { Sandbox } from 'relatch/testing';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const sandbox = await Sandbox.start({ synapsewave: { ssoSingleUse: false } });
const ssoToken = 'made-up-sso-token-1';

/** @type {Record<string, (session: import('relatch').Session) => unknown>} */
const uses = {
  nothing: () => {},
  on: (session) => session.on('event', () => session.state),
  refresh: (session) => session.refresh(),
  validate: (session) => session.validate(),
  reportUnauthorized: async (session) => session.reportUnauthorized(await session.token()),
  challenge: (session) => session.challenge,
};

/** @param {(session: import('relatch').Session) => unknown} use */
async function used(use) {
  const session = await login(sandbox.synapsewave({ ssoToken: () => ssoToken }));
  await use(session);
  return new WeakRef(session);
}

/** @param {string} what @param {WeakRef<object>} reference */
async function tellEndOf(what, reference) {
  // The last word of the native half comes when it is free to say it.
  for (const begun = performance.now(); performance.now() - begun < 20_000 && reference.deref(); ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    collect();
  }
  console.log(what, reference.deref() ? 'kept' : 'collected');
}

for (const [name, use] of Object.entries(uses)) await tellEndOf(name, await used(use));

const challenge = await begin(sandbox.synapsewave({ secondFactor: undefined }));
const complete = () => challenge.complete({ totp: sandbox.totp() });
const completed = async () => new WeakRef(await complete());
await tellEndOf('complete', await completed());
console.log((await complete()).state);

/** @type {WeakRef<Error> | undefined} */
let thrown;
let asked = 0;
const session = await login(
  sandbox.synapsewave({
    ssoToken: () => {
      asked += 1;
      if (asked === 1) return ssoToken;
      const error = new Error('a mistake of the program');
      thrown = new WeakRef(error);
      throw error;
    },
  }),
);
sandbox.advance(24 * 3_600_000);
await session.token().catch((error) => console.log(error.code));
await tellEndOf('thrown', thrown ?? new WeakRef(session));
console.log(session.system);
await sandbox.close();
