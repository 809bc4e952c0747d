/**
 * Times: milliseconds since 1970 in the native half, dates for users.
 */

/** What a date can hold, to both sides of 1970. */
const FARTHEST = 8.64e15;

/**
 * The time as a date; one that a date cannot hold becomes the nearest that it can.
 *
 * @internal
 */
export function moment(milliseconds: number): Date {
  return new Date(Math.max(-FARTHEST, Math.min(milliseconds, FARTHEST)));
}
