/**
 * Node's own timers, as they are when the package is loaded.
 *
 * The global ones may be another's: a page's, which are numbers or missing, or those of a test that stops the time.
 */
import timers from 'node:timers';

export const { clearTimeout, setImmediate, setInterval, setTimeout } = timers;
