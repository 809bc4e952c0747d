// node:cluster as it is used: each worker has a session of its own, one is killed in the middle of its refresh and
// replaced. Prints what every worker told, and what the server saw.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { login, SevenG } from 'relatch';
import { PASSWORD, USERNAME } from '../support.mjs';

if (cluster.isPrimary) {
  const { Sandbox } = await import('relatch/testing');
  const sandbox = await Sandbox.start();
  const open = async () => {
    const worker = cluster.fork({ SANDBOX_URL: sandbox.url });
    return { worker, told: await once(worker, 'message') };
  };
  const [first, second] = [await open(), await open()];
  sandbox.fault({ on: 'refresh', fault: 'hold', when: 'after' });
  first.worker.send('refresh');
  await sandbox.waitFor('refresh', 1);
  const killed = once(first.worker, 'exit');
  first.worker.process.kill('SIGKILL');
  console.log('killed', (await killed)[1]);
  sandbox.release();
  const third = await open();
  for (const { worker } of [second, third]) {
    worker.send('refresh');
    const [told] = await once(worker, 'message');
    console.log(told);
    const ended = once(worker, 'exit');
    worker.disconnect();
    console.log('ended', ...(await ended));
  }
  const { login, refresh, reused } = sandbox.counts();
  console.log(login, refresh, reused);
  await sandbox.close();
} else {
  const provider = new SevenG({ baseUrl: process.env.SANDBOX_URL ?? '', username: USERNAME, password: PASSWORD });
  const session = await login(provider);
  session.on('event', () => {});
  process.on('message', async () => {
    const old = await session.token();
    const { accessToken } = await session.refresh();
    process.send?.(accessToken !== old && accessToken === (await session.token()) ? session.state : 'the same token');
  });
  process.send?.('ready');
}
