// Callers as programs write them: ask, call, and after a 401 report whatever token the session holds by then.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { login, SevenG } from 'relatch';
import { PASSWORD, sandboxFor, USERNAME } from './support.mjs';

/** Milliseconds over which the answers to one burst of requests are spread. */
const SPREAD = 300;
const TRIES = 3;

for (const callers of [2, 4, 8, 50, 200]) {
  test(`${callers} promises that find one revocation all get through`, async (t) => {
    const sandbox = await sandboxFor(t);
    // One whose clock runs, as a program's does: tokens grow old.
    const session = await login(new SevenG({ username: USERNAME, password: PASSWORD, baseUrl: sandbox.url }));
    sandbox.revoke({ username: USERNAME, what: 'access' });
    const call = async (/** @type {number} */ number) => {
      let token = await session.token();
      let status = 0;
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        const answer = await fetch(`${sandbox.url}/Account`, { headers: { Authorization: token, Version: '2.0' } });
        await answer.arrayBuffer();
        ({ status } = answer);
        if (status !== 401) break;
        if (attempt === 0) await sleep((SPREAD * number) / callers); // the network's share of it
        token = await session.reportUnauthorized(await session.token());
      }
      return status;
    };
    const statuses = await Promise.all(Array.from({ length: callers }, (_, number) => call(number)));
    assert.deepEqual(
      statuses,
      Array.from({ length: callers }, () => 200),
    );
    const { refresh, login: logins } = sandbox.counts();
    assert.deepEqual({ refresh, logins }, { refresh: 1, logins: 1 });
  });
}
