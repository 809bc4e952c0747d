// One process has the package by import, by require, by require with an empty cache, and in a context of its own as
// test runners load it: one ledger and one exchange for a refresh token, wherever a session has it from.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import vm from 'node:vm';
import * as imported from 'relatch';
import { Sandbox } from 'relatch/testing';
import { PASSWORD, USERNAME } from '../support.mjs';

const require = createRequire(import.meta.url);
const required = require('relatch');

// What a context has of its host, besides the language itself.
const { process, Buffer, AbortController, performance, queueMicrotask, setTimeout, setInterval, setImmediate } =
  globalThis;
const globals = {
  process,
  Buffer,
  AbortController,
  performance,
  queueMicrotask,
  setTimeout,
  setInterval,
  setImmediate,
};

/** @returns {typeof imported} */
function requiredAgain() {
  for (const path of Object.keys(require.cache)) if (/\.c?js$/.test(path)) delete require.cache[path];
  return require('relatch');
}

/** As Jest does: every file of the package runs in the context, what is native is shared. @returns {typeof imported} */
function inContext() {
  const context = vm.createContext({ ...globals });
  /** @type {Map<string, { exports: any }>} */
  const loaded = new Map();
  const load = (/** @type {string} */ path) => {
    const known = loaded.get(path);
    if (known) return known.exports;
    const module = { exports: {} };
    loaded.set(path, module);
    const names = ['exports', 'require', 'module', '__dirname'];
    const run = vm.compileFunction(readFileSync(path, 'utf8'), names, { parsingContext: context, filename: path });
    run(
      module.exports,
      (/** @type {string} */ name) => {
        const found = createRequire(path).resolve(name);
        return /\.c?js$/.test(found) ? load(found) : require(found);
      },
      module,
      dirname(path),
    );
    return module.exports;
  };
  return load(require.resolve('relatch'));
}

const [again, context] = [requiredAgain(), inContext()];
const values = new Set(Object.values(required));
console.log(
  'import and require:',
  Object.values(imported).every((value) => values.has(value)),
);
console.log('others:', again.Session !== imported.Session, context.Session !== imported.Session);

const ways = [imported, required, again, context];
const sandbox = await Sandbox.start();
const settings = { baseUrl: sandbox.url, username: USERNAME };

// Two failed logins in all, whichever copy makes them.
const refused = [];
for (const [number, { login, SevenG, RelatchError }] of ways.entries()) {
  const provider = new SevenG({ ...settings, password: `another-made-up-${number}` });
  const error = await login(provider).catch((error) => error);
  refused.push(`${error.code} ${error instanceof RelatchError}`);
}
console.log(refused.join(', '), sandbox.counts().login);

// One refresh token, four holders, one exchange.
const other = await Sandbox.start();
const provider = { baseUrl: other.url, username: USERNAME, password: PASSWORD };
const { tokens } = await imported.login(new imported.SevenG(provider));
const stored = JSON.parse(JSON.stringify(tokens));
const holders = ways.map(({ resume, SevenG }) => resume(new SevenG(provider), stored));
const pairs = await Promise.all(holders.map((session) => session.refresh()));
const { refresh, reused } = other.counts();
console.log(new Set(pairs.map(({ accessToken }) => accessToken)).size, refresh, reused);

// Objects of another realm are what they are: options, signals, functions and errors.
const realm = vm.createContext({ settings: provider, imported, AbortController });
const outcome = await vm.runInContext(
  `(async () => {
    const session = await imported.login(new imported.SevenG({ ...settings }), { timeout: 10_000 });
    const abort = new AbortController();
    abort.abort({ made: 'up' });
    const reason = await session.token({ signal: abort.signal }).catch((reason) => reason.made);
    const wrong = await imported.login(new imported.SevenG({ ...settings }), { timeout: 'x' }).catch(({ field }) => field);
    let heard = '';
    session.on('refreshed', ({ kind }) => { heard = kind; });
    const { accessToken } = await session.refresh();
    await new Promise((resolve) => session.once('logged_out', resolve) && session.logout());
    return [reason, wrong, heard, typeof accessToken, session.state].join(' ');
  })()`,
  realm,
);
console.log('realm:', outcome);
await sandbox.close();
await other.close();
