// Sessions that nothing refers to any more go, whatever was done with them; and a session that lives keeps nothing of
// what a callback threw in a login that it made by itself. A challenge does not keep the session that it opened.
import './collected.mjs';
import { begin, login } from 'relatch';
import { Sandbox } from 'relatch/testing';
import { endOf } from './collected.mjs';

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

for (const [name, use] of Object.entries(uses)) console.log(name, await endOf(await used(use)));

const challenge = await begin(sandbox.synapsewave({ secondFactor: undefined }));
const complete = () => challenge.complete({ totp: sandbox.totp() });
const completed = async () => new WeakRef(await complete());
console.log('complete', await endOf(await completed()));
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
console.log('thrown', await endOf(thrown ?? new WeakRef(session)));
console.log(session.system);
await sandbox.close();
