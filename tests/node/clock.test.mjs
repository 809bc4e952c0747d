// A fresh token is not handed out by a clock that was set. The package compares its clocks on an interval, which is the
// test's own here: so it is there before the package is loaded.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

mock.timers.enable({ apis: ['setInterval'] });
const { login } = await import('relatch');
const { sandboxFor } = await import('./support.mjs');

test('a token is asked for again after the wall clock was set back', async (t) => {
  const sandbox = await sandboxFor(t);
  const session = await login(sandbox.sevenG());
  const token = await session.token();
  const promise = session.token();
  const { now } = Date;
  try {
    mock.timers.tick(1000);
    assert.equal(session.token(), promise, 'a clock that goes as it should says nothing');
    Date.now = () => now() - 3_600_000;
    assert.equal(session.token(), promise, 'the clocks have not been compared yet');
    mock.timers.tick(1000);
    assert.notEqual(session.token(), promise);
  } finally {
    Date.now = now;
  }
  assert.equal(await session.token(), token);
  assert.equal(sandbox.counts().total, 1);
});
