// One signal for the whole life of a program: 1000 calls of every kind on it, and nothing is left behind or warned of.
import { getEventListeners } from 'node:events';
import { login } from 'relatch';
import { Sandbox } from 'relatch/testing';

/** @type {string[]} */
const warnings = [];
process.on('warning', ({ name }) => warnings.push(name));
// Monday morning in India: no session ends while this runs.
const sandbox = await Sandbox.start({ startsAt: 1_767_583_800_000, synapsewave: { ssoSingleUse: false } });
const { signal } = new AbortController();
const provider = sandbox.sevenG();
const sessions = await Promise.all(Array.from({ length: 20 }, () => login(provider, { signal })));
const other = await login(sandbox.synapsewave({ ssoToken: 'made-up-sso-token-1' }), { signal });
sandbox.advance(1_210_000);

const firsts = sessions.map((one) => one.tokens?.accessToken ?? '');
const session = (/** @type {number} */ number) => sessions[number % sessions.length] ?? other;

/** Calls that share an exchange, or need none. @type {Array<(number: number) => Promise<unknown>>} */
const shared = [
  (number) => session(number).token({ signal }),
  (number) => session(number).headers({ signal }),
  (number) => session(number).refresh({ signal }),
  (number) => session(number).reportUnauthorized(firsts[number % firsts.length] ?? '', { signal }),
];
/** Calls of which each is an exchange of its own. */
const single = [
  () => provider.health({ signal }),
  () => provider.lookup('info', { signal }),
  () => other.validate({ signal }),
  () => other.feed({ signal }),
];
const calls = Array.from({ length: 1000 }, (_, number) => shared[number % shared.length]?.(number));
for (let number = 0; number < 40; number += 1) calls.push(single[number % single.length]?.());
console.log('during', getEventListeners(signal, 'abort').length);
const failed = (await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected');
console.log('failed', failed.length, 'after', getEventListeners(signal, 'abort').length);
for (let number = 0; number < 100; number += 1) await sessions[0]?.refresh({ signal });
console.log('after', getEventListeners(signal, 'abort').length, 'warnings', warnings.length);
const { reused, login_rejected } = sandbox.counts();
console.log(reused, login_rejected);
await sandbox.close();
