// 50 threads come and go. Prints whether no thread and no file descriptor is left over, and whether memory has grown by
// less than what that many threads take.
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { login, SevenG } from 'relatch';
import { PASSWORD, USERNAME } from '../support.mjs';

const AT_A_TIME = 2;
const WARM_UP = 10;
/** What one environment of Node takes at the least is more than this, in bytes. */
const ONE_THREAD = 1024 * 1024;
/** For how long what has ended may still be listed, in milliseconds. */
const LIMIT = 15_000;

if (isMainThread) {
  const { Sandbox } = await import('relatch/testing');
  const sandbox = await Sandbox.start();
  const session = await login(sandbox.sevenG());
  await come(WARM_UP);
  const before = measured();
  await come(50 - WARM_UP);
  // The system lists a thread that was joined for a moment longer, and connections are kept for a while.
  const begun = performance.now();
  let after = measured();
  while (!isBack(after) && performance.now() - begun < LIMIT) {
    await new Promise(setImmediate);
    after = measured();
  }
  console.log('threads', after.threads <= before.threads, 'descriptors', isBack(after));
  console.log('memory', after.memory - before.memory < (50 - WARM_UP) * ONE_THREAD);
  const { login: logins, reused } = sandbox.counts();
  console.log(logins, reused, (await session.refresh()).accessToken === (await session.token()));
  await sandbox.close();

  /** @param {ReturnType<typeof measured>} now */
  function isBack({ threads, descriptors }) {
    return threads <= before.threads && descriptors <= before.descriptors + 2;
  }

  /** @param {number} count */
  async function come(count) {
    let left = count;
    const several = Array.from({ length: AT_A_TIME }, async () => {
      while (left > 0) {
        left -= 1;
        const worker = new Worker(new URL(import.meta.url), { workerData: { baseUrl: sandbox.url, number: left } });
        const [status] = await once(worker, 'exit');
        if (status !== 0) console.log('ended with', status);
      }
    });
    await Promise.all(several);
  }
} else {
  const provider = new SevenG({ baseUrl: workerData.baseUrl, username: USERNAME, password: PASSWORD });
  const session = await login(provider);
  session.on('event', () => {});
  await session.token();
  // Some are ended from within in the middle of a call.
  if (workerData.number % 5 === 0) {
    void session.refresh().catch(() => {});
    process.exit(0);
  }
}

function measured() {
  const count = (/** @type {string} */ folder) => readdirSync(`/proc/self/${folder}`).length;
  return { threads: count('task'), descriptors: count('fd'), memory: process.memoryUsage.rss() };
}
