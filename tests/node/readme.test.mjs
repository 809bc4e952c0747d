// The README's examples for Node run as they are printed.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

const expected = {
  node: [/\[ 'Authorization', 'Version' \]/, /1 token for 1000 callers, 1 refresh/],
  node_synapsewave: [/^TEST USER wss:/, /^active$/m],
};

for (const [name, lines] of Object.entries(expected)) {
  test(`the example ${name} prints what the README says`, () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const program = new RegExp(`<!-- example: ${name} -->\n\`\`\`js\n(.*?)\`\`\``, 's').exec(readme)?.[1];
    assert.ok(program, 'the README has no such example');
    const options = /** @type {const} */ ({ cwd: root, encoding: 'utf8' });
    const done = spawnSync(process.execPath, ['--input-type=module', '--eval', program], options);
    assert.deepEqual([done.status, done.stderr], [0, '']);
    for (const line of lines) assert.match(done.stdout, line);
  });
}
