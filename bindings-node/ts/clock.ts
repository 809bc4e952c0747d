/**
 * The time by which a token is handed out without leaving JavaScript.
 *
 * It is the wall clock, which goes on while the machine sleeps, moved ahead whenever it can no longer be compared with
 * what it showed before: when it was set, when the machine slept, or when a sandbox let time pass.
 */
import { setInterval } from './timers';

/** No token is handed out for longer than this without asking again, in milliseconds. */
const LONGEST = 86_400_000;
/** More than {@link LONGEST}: what was fresh before a leap of the clock is no longer. */
const LEAP = 100_000_000;
/** How often the clock is compared with the one that cannot be set, and by how much they may differ. */
const PERIOD = 1000;
const TOLERANCE = 1000;
/** So many readings of one millisecond mean that a loop is asking. */
const REPEATS = 8;
/** How many answers such a loop gets from one reading. */
const ANSWERS = 32;
/**
 * By how much each answer is ahead of the one before it: a loop that computes for so long between any two of them gets no
 * stale token all the same.
 */
const CAUTION = 30_000;

let ahead = 0;
let now = 0;
let repeats = 0;
let answers = 0;
let watched = false;
let difference = 0;

/**
 * Whether it is before that time, in milliseconds. Reading the clock costs as much as awaiting a promise, so that a loop
 * which asks again and again within one turn of the event loop is answered from one reading for a while, and never in a
 * later turn. An answer that might be wrong for that is not given: then the clock is read.
 */
export function isBefore(time: number): boolean {
  if (answers > 0) {
    answers -= 1;
    if (now + (ANSWERS - answers) * CAUTION < time) return true;
  }
  return readClock() < time;
}

function readClock(): number {
  const last = now;
  now = Date.now() + ahead;
  if (now !== last) {
    endTurn();
  } else if (++repeats >= REPEATS) {
    // The queue of ticks is empty whenever a turn ends: what is set here does not outlive it.
    if (repeats === REPEATS) process.nextTick(endTurn);
    answers = ANSWERS;
  }
  return now;
}

/** Makes the next answer come from the clock. */
function endTurn(): void {
  repeats = 0;
  answers = 0;
}

/** The time until which something is fresh that is so for this many milliseconds. */
export function freshUntil(milliseconds: number): number {
  endTurn();
  return readClock() + Math.min(milliseconds, LONGEST);
}

/** Makes everything that was fresh ask again. */
export function leap(): void {
  ahead += LEAP;
  endTurn();
}

/** Begins to watch the clock, if nobody has; this keeps no process alive. */
export function watchClock(): void {
  if (watched) return;
  watched = true;
  difference = Date.now() - performance.now();
  // That of a test which stops the time may lack it.
  setInterval(compare, PERIOD).unref?.();
}

function compare(): void {
  const found = Date.now() - performance.now();
  if (Math.abs(found - difference) > TOLERANCE) leap();
  difference = found;
}
