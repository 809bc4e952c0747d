// Uses two copies of the package that lie in two folders, and prints what comes of it as JSON.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const load = createRequire(import.meta.url);
/** @param {string} folder @param {string} file @returns {string} */
const path = (folder, file) => join(folder, 'bindings-node', 'dist', file);
/** @param {string} folder @returns {typeof import('relatch')} */
const relatch = (folder) => load(path(folder, 'index.cjs'));
/** @param {string} folder @returns {typeof import('relatch/testing')} */
const testing = (folder) => load(path(folder, 'testing.cjs'));

/**
 * The code of a login with a wrong password.
 *
 * @param {typeof import('relatch')} copy
 * @param {string} baseUrl
 * @param {string} password
 */
async function attempt(copy, baseUrl, password) {
  const provider = new copy.SevenG({ baseUrl, username: 'api_user', password });
  return copy.login(provider).then(
    () => 'ok',
    ({ code }) => code,
  );
}

/** @param {string} first @param {string} second */
async function same(first, second) {
  const [one, two] = [relatch(first), relatch(second)];
  const imported = await import(pathToFileURL(path(second, 'index.mjs')).href);
  return {
    same: one.Session === two.Session && one.SevenG === two.SevenG && one.RelatchError === two.RelatchError,
    testing: testing(second).Sandbox === testing(first).Sandbox,
    imported: imported.login === one.login,
  };
}

/** @param {string} first @param {string} second */
async function ledger(first, second) {
  const [one, two] = [relatch(first), relatch(second)];
  const sandbox = await testing(second).Sandbox.start();
  const tokens = (
    await one.login(new two.SevenG({ baseUrl: sandbox.url, username: 'api_user', password: 'made-up-password-1' }))
  ).tokens;
  if (!tokens) throw new Error('no tokens');
  await Promise.all(
    [one, two].map(async (copy) => {
      const session = copy.resume(new copy.SevenG({ baseUrl: sandbox.url }), tokens);
      await session.refresh();
    }),
  );
  const codes = [];
  /** @type {unknown} */
  let last;
  for (const [index, copy] of [one, two, one, two].entries()) {
    const provider = new copy.SevenG({ baseUrl: sandbox.url, username: 'nobody', password: `wrong ${index}` });
    last = await copy.login(provider).catch((error) => error);
    codes.push(/** @type {any} */ (last).code);
  }
  const { login_rejected: sent, refresh: refreshes, reused } = sandbox.counts();
  await sandbox.close();
  return { codes, known: last instanceof one.LockoutGuard, sent, refreshes, reused };
}

/**
 * What a worker answers that makes one attempt.
 *
 * @param {string} folder
 * @param {string} url
 * @param {string} password
 * @param {Int32Array} [ready]
 */
async function attemptInWorker(folder, url, password, ready) {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { folder, url, password, ready }, argv: [] });
  // Both at once: an exit may follow its last message in the same turn.
  const [[answer]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
  if (answer.message) throw new Error(answer.message);
  return answer.code;
}

/** @param {string} first @param {string} second @param {boolean} apart whether the main thread loads neither */
async function workers(first, second, apart) {
  // A sandbox needs the package: here it is another process's.
  const { url, counts, end } = await sandboxElsewhere(first);
  try {
    const codes = [];
    if (apart) codes.push(await attemptInWorker(first, url, 'wrong 1'));
    else codes.push(await attempt(relatch(first), url, 'wrong 1'));
    codes.push(await attemptInWorker(second, url, 'wrong 2'));
    codes.push(await attemptInWorker(second, url, 'wrong 3'));
    return { codes, sent: (await counts()).login_rejected };
  } finally {
    end();
  }
}

const MANY = 17;

/** As many workers as that load a copy each in the same instant, one half of them the second. @param {string} first @param {string} second */
async function atOnce(first, second) {
  const { url, counts, end } = await sandboxElsewhere(first);
  // How many are ready.
  const ready = new Int32Array(new SharedArrayBuffer(4));
  try {
    const attempts = Array.from({ length: MANY }, (_, index) =>
      attemptInWorker(index % 2 === 0 ? first : second, url, `wrong ${index}`, ready),
    );
    const codes = await Promise.all(attempts);
    return { codes: codes.sort(), sent: (await counts()).login_rejected };
  } finally {
    end();
  }
}

/** Waits until all workers have come here. @param {Int32Array} ready */
function meet(ready) {
  Atomics.add(ready, 0, 1);
  Atomics.notify(ready, 0);
  for (let count = 0; count < MANY; count = Atomics.load(ready, 0)) Atomics.wait(ready, 0, count);
}

/** @param {string} folder */
async function sandboxElsewhere(folder) {
  const { fork } = await import('node:child_process');
  const child = fork(fileURLToPath(import.meta.url), ['serve', folder]);
  const [{ url }] = await once(child, 'message');
  const counts = async () => {
    const answered = once(child, 'message');
    child.send('counts');
    return (await answered)[0];
  };
  return { url, counts, end: () => child.disconnect() };
}

/** @param {string} folder */
async function serve(folder) {
  const sandbox = await testing(folder).Sandbox.start();
  process.on('message', () => process.send?.(sandbox.counts()));
  process.send?.({ url: sandbox.url });
}

if (isMainThread) {
  const [what, first = '', second = ''] = process.argv.slice(2);
  if (what === 'serve') await serve(first);
  else {
    const acts = {
      same: () => same(first, second),
      ledger: () => ledger(first, second),
      'a worker': () => workers(first, second, false),
      'two workers': () => workers(first, second, true),
      'at once': () => atOnce(first, second),
    };
    const act = acts[/** @type {keyof typeof acts} */ (what)];
    console.log(JSON.stringify(await act().catch(({ message }) => ({ message }))));
  }
} else {
  const { folder, url, password, ready } = workerData;
  try {
    if (ready) meet(ready);
    parentPort?.postMessage({ code: await attempt(relatch(folder), url, password) });
  } catch (error) {
    parentPort?.postMessage({ message: /** @type {Error} */ (error).message });
  }
}
