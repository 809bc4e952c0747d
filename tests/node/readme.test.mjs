// The README's example for Node runs as it is printed.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('the example prints what the README says', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const program = /<!-- example: node -->\n```js\n(.*?)```/s.exec(readme)?.[1];
  assert.ok(program, 'the README has no example for Node');
  const done = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { cwd: root, encoding: 'utf8' });
  assert.deepEqual([done.status, done.stderr], [0, '']);
  assert.match(done.stdout, /\[ 'Authorization', 'Version' \]/);
  assert.match(done.stdout, /1 token for 1000 callers, 1 refresh/);
});
