// What the package shows to the world.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import * as relatch from 'relatch';
import * as testing from 'relatch/testing';
import { ROOT } from './support.mjs';

const dist = join(ROOT, 'bindings-node', 'dist');

/** The declaration files that an import of this one reads. @param {string} file @returns {string[]} */
function reached(file, seen = new Set()) {
  if (seen.has(file)) return [];
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  const found = [...text.matchAll(/from '(\.[^']+)'/g)].map(([, path = '']) => join(dirname(file), `${path}.d.ts`));
  return [file, ...found.flatMap((next) => reached(next, seen))];
}

test('no public type shows the native half', () => {
  const files = ['index', 'testing'].flatMap((entry) => reached(join(dist, `${entry}.d.ts`)));
  assert.ok(files.length > 4);
  for (const file of files) {
    assert.ok(!file.endsWith('native.d.ts') && !file.endsWith('calls.d.ts'), file);
    assert.doesNotMatch(readFileSync(file, 'utf8'), /@internal|Native/, file);
  }
});

test('the public names are these', () => {
  const errors = Object.keys(relatch).filter((name) => /** @type {any} */ (relatch)[name].prototype instanceof Error);
  assert.equal(errors.length, 18);
  const others = Object.keys(relatch).filter((name) => !errors.includes(name));
  assert.deepEqual(others.sort(), [
    ...['Fingerprint', 'Otp', 'Pan', 'Session', 'SevenG', 'Synapsewave', 'SynapsewaveAccount', 'SynapsewaveDealer'],
    ...['Tokens', 'Totp', 'begin', 'login', 'refresh', 'resume'],
  ]);
  assert.deepEqual(Object.keys(testing), ['Sandbox']);
});

test('there are no dependencies at run time', () => {
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  assert.deepEqual([dependencies, optionalDependencies], [{}, {}]);
});
