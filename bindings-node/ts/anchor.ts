/**
 * One copy of the package for all who import it, and one native half for the process.
 *
 * A program may hold the package twice, at two places below `node_modules`. Two copies would be two ledgers of failed
 * logins and two keepers of one refresh token: together they would lock the account that each protects. So the copy that
 * comes first is the one that all others of its version hand out, and another version is refused.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

import { fixed } from './plain';

/** The version of this copy. */
export const VERSION: string = (require('../../package.json') as { version: string }).version;

/** What can be imported: the name of a module. */
type Entry = keyof typeof ENTRIES;

const ENTRIES = {
  index: () => require('./index') as object,
  testing: () => require('./testing') as object,
} as const;

/** A copy of the package, as others see it. */
interface Copy {
  readonly version: string;
  readonly folder: string;
  load(entry: string): object;
}

const KEY = Symbol.for('relatch');

/**
 * What an entry exports: of the first copy in this realm.
 *
 * @throws an `Error` where that is another version
 */
export function share(entry: Entry): object {
  const first = (globalThis as { [KEY]?: Copy })[KEY];
  if (first !== undefined) {
    if (first.version !== VERSION) throw refused(first.version, first.folder);
    return first.load(entry);
  }
  const loaded = load(entry);
  const copy: Copy = { version: VERSION, folder: __dirname, load };
  Reflect.defineProperty(globalThis, KEY, fixed(Object.freeze(copy)));
  return loaded;
}

/** What the entries have exported: a cache of modules that is emptied must not make others. */
const exported = new Map<string, object>();

function load(entry: string): object {
  const loaded = exported.get(entry) ?? ENTRIES[entry as Entry]();
  exported.set(entry, loaded);
  return loaded;
}

function refused(version: string, path: string): Error {
  return new Error(
    `relatch ${version} is in use already in this process, from ${path}; relatch ${VERSION} at ${__dirname} cannot be ` +
      'used beside it: two versions would count failed logins apart and lock accounts. Bring both to one version: ' +
      '"npm ls relatch" shows who asks for which.',
  );
}

/** The native half, as far as it says what it is. */
interface Versioned {
  version?: () => string;
}

/**
 * Checks that the native half is of this version.
 *
 * @throws an `Error` that names both
 */
export function checkVersion(addon: Versioned, path: string): void {
  const version = addon.version?.() ?? 'of another version';
  if (version !== VERSION) throw refused(version, path);
}

/**
 * The native halves that this process has loaded, whichever thread did it: a worker has a realm of its own, and what it
 * loads from another path is another one.
 *
 * @param names - what the file is called
 * @returns their paths
 */
export function loaded(names: readonly string[]): string[] {
  return [...new Set(sharedObjects())].filter((path) => names.includes(basename(path)));
}

function sharedObjects(): string[] {
  if (process.platform === 'linux') {
    try {
      return readFileSync('/proc/self/maps', 'utf8').split('\n').map(pathOf);
    } catch {
      // Not every container shows it. The report takes longer.
    }
  }
  return (process.report.getReport() as { sharedObjects?: string[] }).sharedObjects ?? [];
}

/** The path at the end of a line of /proc/self/maps; of a file that has been replaced since, too. */
function pathOf(line: string): string {
  return (/^(?:\S+\s+){5}(\/.*?)(?: \(deleted\))?$/.exec(line) ?? [])[1] ?? '';
}
