// Four threads share an account and are terminated in the middle of what the argument says; the main thread goes on.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { login, SevenG } from 'relatch';
import { PASSWORD, USERNAME } from '../support.mjs';

if (isMainThread) {
  const { Sandbox } = await import('relatch/testing');
  const [what = ''] = process.argv.slice(2);
  const on = what === 'login' ? 'login' : 'refresh';
  const sandbox = await Sandbox.start();
  const session = await login(sandbox.sevenG());
  sandbox.fault({ on, fault: 'hold', when: 'after', times: null });
  const before = sandbox.counts()[on];
  const workers = Array.from({ length: 4 }, () => {
    return new Worker(new URL(import.meta.url), { workerData: { what, baseUrl: sandbox.url } });
  });
  const calling = workers.map((worker) => once(worker, 'message'));
  await Promise.all(calling);
  // Logins of one account take turns; refreshes are each session's own.
  await sandbox.waitFor(on, before + (what === 'login' ? 1 : 4));
  const statuses = await Promise.all(workers.map((worker) => worker.terminate()));
  sandbox.clearFaults();
  sandbox.release();
  const old = await session.token();
  const { accessToken } = await session.refresh();
  const again = await login(sandbox.sevenG());
  const { login_rejected, refresh_rejected, reused } = sandbox.counts();
  console.log(statuses.join(' '), accessToken !== old, session.state, again.state);
  console.log(login_rejected, refresh_rejected, reused);
  await sandbox.close();
} else {
  const { what, baseUrl } = workerData;
  const provider = new SevenG({ baseUrl, username: USERNAME, password: PASSWORD });
  const call = what === 'login' ? login(provider) : (await login(provider)).refresh();
  parentPort?.postMessage('calling');
  await call;
}
