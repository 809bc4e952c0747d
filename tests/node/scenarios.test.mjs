// Every scenario is a test of its own, named after it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { carryOut } from './scenario.mjs';
import { ROOT } from './support.mjs';

const folder = join(ROOT, 'tests', 'scenarios');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const scenarios = files.map((file) => ({ file, ...JSON.parse(readFileSync(join(folder, file), 'utf8')) }));
const ours = scenarios.filter(({ languages }) => languages?.includes('node') ?? true);

/** @type {string[]} */
const ran = [];
for (const { file, ...scenario } of ours) {
  test(scenario.name, async () => {
    assert.equal(`${scenario.name}.json`, file);
    ran.push(scenario.name);
    await carryOut(scenario);
  });
}

test('all scenarios have been run', () => {
  assert.ok(ours.length > 0);
  assert.deepEqual(
    ran,
    ours.map(({ name }) => name),
  );
});
