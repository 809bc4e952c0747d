// Two threads and the main one use the package; one ends by itself, one is ended in the middle of its calls.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { login } from 'relatch';
import { Sandbox } from 'relatch/testing';
import { heard } from '../support.mjs';

if (isMainThread) {
  await work();
  for (let round = 0; round < 3; round += 1) {
    const [ends, hangs] = [start('ends'), start('hangs')];
    console.log(...(await ends.told), ...(await hangs.told));
    await hangs.worker.terminate();
    await ends.ended;
  }
  // The main thread is not disturbed.
  console.log(await work());
} else {
  const token = await work();
  if (workerData === 'hangs') {
    const sandbox = await Sandbox.start();
    sandbox.fault({ on: 'any', fault: 'hold', times: null });
    for (let call = 0; call < 10; call += 1) login(sandbox.sevenG());
    await sandbox.waitFor('login', 1);
  }
  parentPort?.postMessage(token);
}

/** Logs in, refreshes and is told of it. @returns {Promise<number>} how many different tokens there were */
async function work() {
  const sandbox = await Sandbox.start();
  const session = await login(sandbox.sevenG());
  const first = await session.token();
  const refreshed = heard(session, 'refreshed');
  sandbox.advance(1_210_000);
  const tokens = await Promise.all(Array.from({ length: 20 }, () => session.token()));
  await refreshed;
  await sandbox.close();
  return new Set([first, ...tokens]).size;
}

/** @param {string} how it ends */
function start(how) {
  const worker = new Worker(new URL(import.meta.url), { workerData: how });
  return { worker, told: once(worker, 'message'), ended: once(worker, 'exit') };
}
