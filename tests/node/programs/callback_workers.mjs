// Workers are ended while their callbacks are asked; the main thread's callback goes on to answer.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { login, Otp } from 'relatch';
import { Sandbox } from 'relatch/testing';

/** @param {import('relatch/testing').Sandbox} sandbox @param {() => string | Promise<string>} answer */
const open = (sandbox, answer) => login(sandbox.synapsewave({ secondFactor: new Otp(answer) }));

const sandbox = await Sandbox.start();
if (isMainThread) {
  for (let round = 0; round < 3; round += 1) {
    const worker = new Worker(new URL(import.meta.url));
    const [told] = await once(worker, 'message');
    console.log(told);
    await worker.terminate();
  }
  console.log((await open(sandbox, () => sandbox.outbox().at(-1)?.otp ?? '')).state);
  await sandbox.close();
} else {
  for (let count = 0; count < 5; count += 1) void open(sandbox, () => new Promise(() => {}));
  await open(sandbox, () => {
    parentPort?.postMessage('asked');
    // Ended in the middle of it.
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  });
}
