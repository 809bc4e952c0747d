/**
 * One copy of the package for all who import it: what its entries load first.
 *
 * A program may hold the package twice, at two places below `node_modules`. Two copies would be two ledgers of failed
 * logins and two keepers of one refresh token: together they would lock the account that each protects. So the copy that
 * comes first is the one that all others of its version hand out, and another version is refused.
 */
import { fixed } from './plain';
import { refused, VERSION } from './version';

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
