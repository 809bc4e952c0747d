/**
 * The version of this copy of the package, and the native halves that the process has loaded.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** The version of this copy. */
export const VERSION: string = (require('../../package.json') as { version: string }).version;

/** Says that another version is in use, from that path. */
export function refused(version: string, path: string): Error {
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
