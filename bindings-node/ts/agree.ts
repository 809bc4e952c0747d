/**
 * How the threads of a process agree on one native half, when two of them load two copies of the package in one instant.
 */

/** A native half, as far as it can be decided on. */
export interface Claimable {
  /** Decides, once for the process, whether it is used; says what has been decided. */
  claim(wanted: boolean): boolean;
}

/** A half that has been passed over was so for one that comes before it, and that is there at the next look. */
const LOOKS = 5;

/**
 * The half that all threads use.
 *
 * Each thread has loaded one before it looks for the others, so that of two threads at least one sees both halves. It
 * passes all over but the first, and takes that. Where another thread, which did not see the first one, has decided for
 * its own by then, that one is used.
 *
 * @param find - looks for the paths of all halves that the process has loaded, this thread's among them
 * @param open - gives the half of that path
 * @returns undefined if no half can be used: the one that others passed this one over for is gone
 */
export function agree<Half extends Claimable>(
  find: () => readonly string[],
  open: (path: string) => Half,
): Half | undefined {
  for (let look = 0; look < LOOKS; look += 1) {
    const [first, ...others] = [...find()].sort().map(open);
    const used = others.find((half) => half.claim(false)) ?? (first?.claim(true) ? first : undefined);
    if (used) return used;
  }
  return undefined;
}
