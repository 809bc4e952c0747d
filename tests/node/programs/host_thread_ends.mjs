// A thread that comes to its end with a call pending lives until that has ended; one that exits does not wait.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { login, SevenG } from 'relatch';
import { PASSWORD, USERNAME } from '../support.mjs';

if (isMainThread) {
  const { Sandbox } = await import('relatch/testing');
  for (const how of ['returns', 'exits', 'throws']) {
    const sandbox = await Sandbox.start();
    sandbox.fault({ on: 'refresh', fault: 'hold', when: 'after' });
    const worker = new Worker(new URL(import.meta.url), { workerData: { how, baseUrl: sandbox.url } });
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    /** @type {string[]} */
    const thrown = [];
    worker.on('error', ({ message }) => thrown.push(message));
    await sandbox.waitFor('refresh', 1);
    const result = how === 'returns' ? once(worker, 'message') : undefined;
    worker.postMessage('come to your end');
    if (how !== 'returns') await ended;
    sandbox.release();
    console.log(how, await ended, ...thrown, ...((await result) ?? []));
    await sandbox.close();
  }
} else {
  const { how, baseUrl } = workerData;
  const session = await login(new SevenG({ baseUrl, username: USERNAME, password: PASSWORD }));
  session.on('refreshed', () => parentPort?.postMessage('refreshed'));
  const call = session.refresh();
  void call;
  if (how !== 'returns') {
    // Not before the refresh is on the wire.
    await new Promise((resolve) => parentPort?.once('message', resolve));
    if (how === 'exits') process.exit(7);
    throw new Error('a mistake of the program');
  }
}
