// Goes through every flow and every error there is, prints all that can be printed of them, and tells the secrets to
// the file descriptor 3 alone. The log is on: the parent looks for the secrets in everything else.
import { login, refresh, resume, SevenG } from 'relatch';
import { Sandbox } from 'relatch/testing';
import { print, show, tell, tellTokens } from './canary_shown.mjs';

const WRONG = 'made-up-wrong-password-7';

/** @param {import('relatch/testing').SandboxFault} fault @param {import('relatch').SessionOptions} [options] */
async function through(fault, options) {
  const sandbox = await Sandbox.start();
  if (fault.on === 'login') sandbox.fault(fault);
  const session = await show(() => login(sandbox.sevenG(), options));
  session?.on('event', print);
  tellTokens(session);
  if (fault.on !== 'login') sandbox.fault(fault);
  const token = await show(async () => session?.token());
  await show(async () => session?.headers());
  await show(async () => session?.refresh());
  tellTokens(session);
  sandbox.advance(1_210_000);
  await show(async () => session?.token());
  tellTokens(session);
  await show(async () => session?.reportUnauthorized(token ?? ''));
  tellTokens(session);
  print([session, session?.tokens, session?.profile, sandbox, sandbox.audit()]);
  await session?.logout();
  await show(async () => session?.token());
  sandbox.down();
}

tell('made-up-password-1');
tell(WRONG);
const times = null;
/** @type {import('relatch/testing').SandboxFault[]} */
const faults = [
  { on: 'lookup', fault: 'drop' },
  { on: 'refresh', fault: 'drop', when: 'after' },
  { on: 'refresh', fault: 'half', times },
  { on: 'refresh', fault: 'garbage', times },
  { on: 'refresh', fault: 'oversize' },
  { on: 'refresh', fault: 'redirect', to: 'http://127.0.0.1:9/' },
  { on: 'refresh', fault: 'answer', status: 500, times },
  { on: 'refresh', fault: 'answer', status: 401, body: '{"result":false,"message":"no"}', times },
  { on: 'refresh', fault: 'answer', status: 429, retryAfter: 90_000_000, times },
  { on: 'login', fault: 'garbage' },
  { on: 'login', fault: 'half' },
  { on: 'login', fault: 'drop' },
  { on: 'login', fault: 'oversize' },
  { on: 'login', fault: 'answer', status: 500 },
  { on: 'login', fault: 'answer', status: 429, retryAfter: 90_000_000 },
  { on: 'login', fault: 'answer', status: 423 },
];
for (const fault of faults) {
  await through(fault);
  await through(fault, { relogin: 'never' });
}

const sandbox = await Sandbox.start();
const [provider, wrong] = [sandbox.sevenG(), sandbox.sevenG({ password: WRONG })];
print([provider, wrong]);
const session = await login(provider);
tellTokens(session);
await show(() => login(wrong));
await show(() => login(wrong));
await show(() => login(wrong, { force: true }));
await show(() => login(wrong, { force: true }));
await show(() => login(provider, { force: true }));
await show(() =>
  refresh(provider, { accessToken: session.tokens?.accessToken ?? '', refreshToken: 'made-up-refresh-7' }),
);
tell('made-up-refresh-7');
await show(() => resume(provider, { accessToken: WRONG, refreshToken: `${WRONG}\n` }));
await show(
  () => new SevenG({ username: 'api_user', password: WRONG, baseUrl: `https://api_user:${WRONG}@api.example` }),
);
await show(() => new SevenG(/** @type {any} */ ({ username: 'api_user', password: [WRONG] })));
await show(() => new SevenG(/** @type {any} */ ({ username: 'api_user', password: WRONG.repeat(20) })));
sandbox.fault({ on: 'refresh', fault: 'hold' });
await show(() => session.refresh({ signal: AbortSignal.timeout(10) }));
await show(() => session.refresh({ timeout: 0 }));
await show(() => structuredClone(session));
await show(() => provider.health());
await show(() => provider.lookup('nothing'));
await sandbox.close();
await show(() => provider.health());
console.log('done');
