// What an error reporter that stops at each error sees: the locals of the frames of relatch, as a debugger shows them.
import inspector from 'node:inspector';
import { pathToFileURL } from 'node:url';
import { ROOT } from './support.mjs';

const PACKAGE = `${pathToFileURL(ROOT)}bindings-node/dist/`;
/** How deep it looks into what a frame holds. */
const DEPTH = 3;

/** @typedef {import('node:inspector').Runtime.RemoteObject} Shown */

/**
 * Begins to stop at errors, caught or not.
 *
 * @returns what has been seen since the last call: the locals of each frame, as texts
 */
export function stopAtErrors() {
  const session = new inspector.Session();
  session.connect();
  /** @type {Map<string, string>} */
  const urls = new Map();
  /** @type {string[]} */
  let seen = [];
  session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url));
  session.on('Debugger.paused', ({ params }) => {
    for (const { functionName, location, scopeChain, this: receiver } of params.callFrames) {
      if (!urls.get(location.scriptId)?.startsWith(PACKAGE)) continue;
      const locals = scopeChain.filter(({ type }) => ['local', 'block', 'catch', 'with'].includes(type));
      const texts = [...locals.map(({ object }) => object), receiver].flatMap((object) =>
        shown(session, object, DEPTH),
      );
      seen.push(`${functionName}: ${texts.join(' ')}`);
    }
  });
  session.post('Debugger.enable');
  session.post('Debugger.setPauseOnExceptions', { state: 'all' });
  return () => {
    const last = seen;
    seen = [];
    return last;
  };
}

/** @param {inspector.Session} session @param {Shown} value @param {number} depth @returns {string[]} */
function shown(session, { value, description, objectId, type }, depth) {
  // A function shows its source, and that of a test has anything in it.
  if (type === 'function') return [];
  const own = [String(value ?? ''), description ?? ''];
  if (objectId === undefined || depth === 0) return own;
  /** @type {string[]} */
  const inner = [];
  session.post('Runtime.getProperties', { objectId, ownProperties: true }, (_error, properties) => {
    for (const { name, value: held } of properties?.result ?? []) {
      if (held) inner.push(`${name}=`, ...shown(session, held, depth - 1));
    }
  });
  return [...own, ...inner];
}
