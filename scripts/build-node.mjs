// Builds the npm package: the TypeScript sources as CommonJS, one ES module per public entry, and the native addon.
//
//   node scripts/build-node.mjs             release profile, into bindings-node/dist: `npm run build`
//   node scripts/build-node.mjs --dev       dev profile, into bindings-node/dist
//   node scripts/build-node.mjs --package   release profile, into target/npm-package, a folder that can be packed
//
// With --glibc 2.17 the addon runs with that C library and newer ones; cargo-zigbuild and zig must be there.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/**
 * Runs a program from the root, showing its errors.
 *
 * @param {string} program its name or path
 * @param {string[]} options its arguments
 * @returns {string} what it wrote to standard output
 */
function run(program, options) {
  try {
    return execFileSync(program, options, {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  } catch (error) {
    const failure = /** @type {{ stdout?: string, status?: number | null }} */ (error);
    // A compiler of TypeScript reports on standard output; cargo's reports are on standard error already.
    if (program !== 'cargo') process.stderr.write(failure.stdout ?? '');
    console.error(`${basename(program)} ${options.join(' ')}: failed (${failure.status ?? 'not started'})`);
    process.exit(1);
  }
}

/** @returns {string | undefined} the C library of this Linux: an addon built for one does not load with the other */
function libc() {
  if (process.platform !== 'linux') return undefined;
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return report.header.glibcVersionRuntime ? 'glibc' : 'musl';
}

/** @returns {string} what `native.ts` looks for, such as relatch.linux-x64-gnu.node */
function addonName() {
  const library = { glibc: '-gnu', musl: '-musl' }[libc() ?? ''] ?? '';
  return `relatch.${process.platform}-${process.arch}${library}.node`;
}

/**
 * Builds the native addon.
 *
 * @param {string} profile of cargo
 * @param {string | undefined} glibc the oldest that it is to run with; undefined: this machine's
 * @returns {string} the path of the shared library
 */
function buildAddon(profile, glibc) {
  const shared = ['--package', 'relatch-node', '--profile', profile, '--message-format', 'json-render-diagnostics'];
  const host = /^host: (.*)$/m.exec(run('rustc', ['--version', '--verbose']))?.[1];
  const messages = glibc
    ? run('cargo-zigbuild', ['zigbuild', '--target', `${host}.${glibc}`, '--target-dir', 'target/addon', ...shared])
    : run('cargo', ['build', ...shared]);
  for (const line of messages.split('\n').filter((text) => text.startsWith('{'))) {
    const message = JSON.parse(line);
    if (message.reason === 'compiler-artifact' && message.target.kind.includes('cdylib')) {
      return message.filenames.find((/** @type {string} */ path) => /\.(so|dylib|dll)$/.test(path));
    }
  }
  throw new Error('cargo named no shared library of relatch-node');
}

/**
 * Copies a file by way of a second name: a process that has the old one loaded keeps it whole.
 *
 * @param {string} from
 * @param {string} to
 */
function replace(from, to) {
  cpSync(from, `${to}.new`);
  renameSync(`${to}.new`, to);
}

/** @returns {string[]} the modules that users import: index, testing */
function entries() {
  const targets = Object.values(manifest.exports).filter((target) => typeof target === 'object');
  return targets.map((target) => basename(target.require.default, '.cjs'));
}

/**
 * Writes the two modules of an entry that users import, which hand out what the first copy in the process has, and loads
 * them: this finds an addon that does not load, and a name that only `require` sees.
 *
 * @param {string} folder the compiled package
 * @param {string} entry its name
 */
async function writeModule(folder, entry) {
  const names = Object.keys(createRequire(import.meta.url)(join(folder, `${entry}.js`)));
  const shared = names.map((name) => `exports.${name} = shared.${name};\n`).join('');
  writeFileSync(join(folder, `${entry}.cjs`), `const shared = require('./anchor.js').share('${entry}');\n${shared}`);
  const module = join(folder, `${entry}.mjs`);
  writeFileSync(module, `export { ${names.join(', ')} } from './${entry}.cjs';\n`);
  writeFileSync(join(folder, `${entry}.d.mts`), `export * from './${entry}.js';\n`);
  await import(pathToFileURL(module).href);
}

/**
 * Makes a folder that `npm pack` turns into the package for this platform.
 *
 * @param {string} folder an empty one
 */
function stage(folder) {
  const { scripts: _scripts, devDependencies: _tools, ...published } = manifest;
  const library = libc();
  const platform = { os: [process.platform], cpu: [process.arch], ...(library && { libc: [library] }) };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ ...published, ...platform }, null, 2)}\n`);
  for (const name of ['LICENSE', 'README.md', 'THIRD-PARTY-LICENSES.txt']) cpSync(join(root, name), join(folder, name));
}

const { values: asked } = parseArgs({
  options: { dev: { type: 'boolean' }, package: { type: 'boolean' }, glibc: { type: 'string' } },
});
const folder = asked.package ? join(root, 'target', 'npm-package') : root;
const output = join(folder, 'bindings-node', 'dist');
if (asked.package) rmSync(folder, { recursive: true, force: true });
mkdirSync(output, { recursive: true });

run(join(root, 'node_modules', '.bin', 'tsc'), ['--project', 'bindings-node', '--outDir', output]);
writeFileSync(join(output, 'package.json'), '{ "type": "commonjs" }\n');
replace(buildAddon(asked.dev ? 'dev' : 'release', asked.glibc), join(output, addonName()));
// Its version is read when it is loaded, which the modules below are.
if (asked.package) stage(folder);
for (const entry of entries()) await writeModule(output, entry);
