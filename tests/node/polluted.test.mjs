// What another package leaves in Object.prototype is no option of anybody.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './support.mjs';

/** Values that each name is given: what a configuration file may hold, and what only code can leave. */
const VALUES = ['text', 'url', 'number', 'true', 'false', 'object', 'function', 'accessor', 'trapped'];

for (const value of VALUES) {
  test(`a polluted prototype has no effect: ${value}`, async () => {
    const clean = await run('polluted.mjs', ['nothing']);
    const polluted = await run('polluted.mjs', [value]);
    assert.deepEqual([polluted.status, polluted.stderr], [0, ''], polluted.stdout + polluted.stderr);
    assert.equal(polluted.stdout, clean.stdout);
    assert.match(polluted.stdout, /^end$/m);
  });
}
