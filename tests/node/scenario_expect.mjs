// Compares how a call of a scenario ended with what is expected.
import assert from 'node:assert/strict';
import { RelatchError } from 'relatch';

/** @typedef {Record<string, any>} Fields */
/**
 * What a call yielded.
 *
 * @typedef {{
 *   token?: string | undefined,
 *   status?: number,
 *   session?: import('relatch').Session,
 *   challenge?: import('relatch').Challenge,
 *   valid?: boolean,
 *   url?: boolean,
 *   profile?: import('relatch').Profile,
 *   result?: Fields,
 * }} Yield
 */
/** @typedef {{ ok: Yield } | { error: unknown }} Ended */

/** @param {string} name */
export const camelCase = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
/** @param {string} name */
const snakeCase = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** @param {Ended} end @param {Fields} expected @param {(name: string) => string} saved */
export function checkEnd(end, expected, saved) {
  if ('error' in end) return checkError(end.error, expected);
  assert.ok(!expected.error, `it did not fail with ${expected.error}`);
  const { ok } = end;
  for (const name of /** @type {const} */ (['status', 'valid', 'url'])) {
    if (expected[name] !== undefined) assert.equal(ok[name], expected[name], name);
  }
  if (expected.methods) assert.deepEqual(ok.challenge?.methods, expected.methods);
  if (expected.same_as) assert.ok(ok.token === saved(expected.same_as), `not the token ${expected.same_as}`);
  if (expected.differs_from) assert.ok(ok.token !== saved(expected.differs_from), `the token ${expected.differs_from}`);
  for (const [name, value] of Object.entries(expected.result ?? {})) {
    assert.deepEqual(ok.result?.[camelCase(name)], value, `result: ${name}`);
  }
  if (ok.profile) checkProfile(ok.profile, expected);
}

/** @param {unknown} error @param {Fields} expected */
function checkError(error, expected) {
  if (!expected.error || !(error instanceof RelatchError)) throw error;
  assert.equal(error.code, expected.error, String(error));
  if (expected.cause) assert.equal(error.reason, expected.cause);
  if (expected.field) assert.equal(snakeCase(error.field ?? ''), expected.field);
  const { status, sent, serverCode: server_code, serverMessage: server_message, snippet } = error;
  for (const [name, value] of Object.entries({ status, sent, server_code, server_message, snippet }))
    if (expected[name] !== undefined) assert.equal(value, expected[name], name);
  if (expected.retry_at) assert.ok(error.retryAt instanceof Date);
  if (expected.challenge) assert.ok('challenge' in error, 'no challenge');
  checkWords(error);
}

/**
 * A notebook shows the text of an error and nothing else: the values that it carries are in there.
 *
 * @param {RelatchError} error
 */
function checkWords(error) {
  const { serverMessage, serverCode, retryAt } = error;
  const second = retryAt && new Date(Math.ceil(retryAt.getTime() / 1000) * 1000);
  const moment = second && `at ${second.toISOString().slice(11, 19)} UTC`;
  for (const told of [serverMessage, serverCode, moment])
    if (told !== undefined) assert.ok(error.message.includes(told), `"${told}" is not in: ${error.message}`);
}

/** @param {import('relatch').Profile} profile @param {Fields} expected */
function checkProfile(profile, { fields = {}, secrets = [], hidden = [] }) {
  const shown = JSON.parse(JSON.stringify(profile));
  for (const [name, value] of Object.entries(fields)) {
    assert.deepEqual(profile[camelCase(name)], value, name);
    assert.deepEqual(shown[camelCase(name)], value, name);
  }
  for (const name of secrets) {
    const secret = profile.secret(camelCase(name)) ?? profile.secret(name);
    assert.ok(secret, `no secret ${name}`);
    assert.ok(!JSON.stringify(profile).includes(secret), `${name} is shown`);
  }
  for (const name of hidden) assert.ok(!(name in shown) && !(camelCase(name) in shown), `${name} is shown`);
}
