// A process that is stopped in the middle of an exchange: Ctrl-Z, `docker pause`, a frozen function.
// RELATCH_STOP_SECONDS="20 60" stops it for as long as that; the tests take a stop that is longer than all limits.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Sandbox } from 'relatch/testing';

const PROGRAM = fileURLToPath(new URL('programs/stopped.mjs', import.meta.url));
const STOPS = (process.env.RELATCH_STOP_SECONDS ?? '8').split(' ').map(Number);
const EXCHANGE_TIMEOUT = 3000;

for (const what of /** @type {const} */ (['refresh', 'login'])) {
  for (const seconds of STOPS) {
    test(`an answer to a ${what} that came during a stop of ${seconds} s is used`, async (t) => {
      if (process.platform === 'win32') return t.skip('needs SIGSTOP');
      const sandbox = await Sandbox.start();
      t.after(() => sandbox.close());
      const program = spawn(process.execPath, [PROGRAM, sandbox.url, what, String(EXCHANGE_TIMEOUT)], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      t.after(() => program.kill('SIGKILL'));
      const lines = createInterface(program.stdout)[Symbol.asyncIterator]();
      assert.equal((await lines.next()).value, 'ready');
      sandbox.fault({ on: what, fault: 'hold', when: 'after' });
      const before = sandbox.counts()[what];
      program.stdin.write('\n');
      await sandbox.waitFor(what, before + 1);
      program.kill('SIGSTOP');
      sandbox.release();
      await pause(seconds * 1000); // the stop itself
      program.kill('SIGCONT');
      assert.equal((await lines.next()).value, 'token true');
      await once(program, 'exit');
      const { refresh, login } = sandbox.counts();
      assert.deepEqual([refresh, login], [Number(what === 'refresh'), 1]);
    });
  }
}
