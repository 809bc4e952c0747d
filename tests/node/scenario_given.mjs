// What the steps of a scenario are given: providers, callbacks, and values that are found when a step is done.
import assert from 'node:assert/strict';
import { Fingerprint, Otp, Pan, Totp } from 'relatch';
import { camelCase } from './scenario_expect.mjs';
import { codeAt } from './support.mjs';

/** @typedef {Record<string, any>} Fields */

/** What the sandbox's default user has. */
const USER_ID = 'UCC123456';
/** @type {Fields} */
const RIGHT = {
  mpin: '739164',
  fingerprint: 'made-up-udid-1',
  sso_token: 'made-up-sso-token-1',
  totp: 'JBSWY3DPEHPK3PXPJBSWY3DP',
  pan: 'ABCDE1234F',
};
const FIRST_FACTORS = ['password', 'mpin', 'fingerprint', 'sso_token', 'register_token'];

/** @param {Fields} fields @returns {Fields} */
export const camelCased = (fields) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [camelCase(name), value]));

/** What scenarios give in seconds, and JavaScript takes in milliseconds. */
const TIMES = [
  ...['access_token_lifetime', 'refresh_token_lifetime', 'window', 'locked_for', 'server_clock_shift', 'starts_at'],
  ...['session_lifetime', 'register_token_lifetime', 'otp_lifetime'],
  ...['mandatory_margin', 'advisory_margin', 'timeout', 'exchange_timeout', 'sso_timeout'],
];

/** Settings or options with their times as JavaScript counts. @param {any} fields @returns {any} */
export function milliseconds(fields) {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return fields;
  const entries = Object.entries(fields).map(([name, value]) => [
    name,
    TIMES.includes(name) && typeof value === 'number' ? value * 1000 : milliseconds(value),
  ]);
  return Object.fromEntries(entries);
}

/** @param {string} name @param {unknown} value */
const right = (name, value) => (value === 'right' ? RIGHT[name] : value);

export class Given {
  /** How often callbacks were asked. */
  asked = 0;
  #scenario;
  #sandbox;
  #saved;
  #started = performance.now();
  #advanced = 0;

  /**
   * @param {Fields} scenario
   * @param {import('relatch/testing').Sandbox} sandbox
   * @param {(name: string) => string} saved
   */
  constructor(scenario, sandbox, saved) {
    this.#scenario = scenario;
    this.#sandbox = sandbox;
    this.#saved = saved;
  }

  /** @param {number} seconds */
  advance(seconds) {
    this.#advanced += seconds * 1000;
    this.#sandbox.advance(seconds * 1000);
  }

  /** The system's protected resource. */
  get protectedUrl() {
    const { url, synapsewaveUrl } = this.#sandbox;
    return this.#scenario.provider.system === '7g'
      ? `${url}/Account`
      : `${synapsewaveUrl}/authentication/v1/user/balance`;
  }

  /** A step's provider: what it gives is laid over the file's; what is null there is taken away. @param {Fields} step */
  provider({ provider: over }) {
    const { system, ...given } = this.#overlay(over);
    switch (system) {
      case '7g':
        return this.#sandbox.sevenG(camelCased(given));
      case 'synapsewave':
        return this.#sandbox.synapsewave(this.#user(given));
      case 'synapsewave_dealer':
        return this.#sandbox.synapsewaveDealer(camelCased(given));
      default:
        throw new Error(`there is no system ${system}`);
    }
  }

  /** @param {Fields} [over] @returns {Fields} */
  #overlay(over) {
    const both = Object.entries({ ...this.#scenario.provider, ...over });
    return Object.fromEntries(both.filter(([, value]) => value !== null));
  }

  /** @param {Fields} given */
  #user({ sso_token, register_token, second_factor, credentials = true, ...given }) {
    const values = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, right(name, value)]));
    const settings = camelCased(milliseconds(values));
    if (credentials) settings.userId ??= USER_ID;
    if (sso_token) {
      settings.ssoToken = sso_token.callback ? this.#callback(sso_token.callback) : right('sso_token', sso_token);
    }
    if (register_token)
      settings.registerToken = register_token.saved ? this.#saved(register_token.saved) : register_token;
    settings.secondFactor = second_factor && this.#factor(second_factor);
    const hasFirst = FIRST_FACTORS.some((name) => settings[camelCase(name)] !== undefined);
    if (credentials && !hasFirst) settings.password = 'made-up-password-2';
    return { ...settings, credentials };
  }

  /** @param {Fields} factor */
  #factor({ totp, otp, timeout, fingerprint, pan }) {
    if (totp !== undefined) return new Totp(right('totp', totp));
    if (fingerprint !== undefined) return new Fingerprint(right('fingerprint', fingerprint));
    if (pan !== undefined) return new Pan(right('pan', pan));
    return new Otp(this.#callback(otp), { timeout: timeout && timeout * 1000 });
  }

  /** Answers one entry a call, the last one again and again. @param {any[]} answers @returns {() => any} */
  #callback(answers) {
    let next = 0;
    return () => {
      const answer = answers[Math.min(next, answers.length - 1)];
      next += 1;
      this.asked += 1;
      if (typeof answer === 'string') return answer;
      if (answer.outbox) return Promise.resolve(this.#newestOtp());
      if (answer.raise) throw new Error('the callback of this scenario throws');
      if (answer.cancel) return Promise.reject(new DOMException('the callback was cancelled', 'AbortError'));
      if (answer.hang) {
        // What goes by while nobody answers: more than any scenario gives a callback that hangs.
        this.#sandbox.advance(61_000);
        return new Promise(() => {});
      }
      return answer.answer;
    };
  }

  #newestOtp() {
    const otp = this.#sandbox.outbox().at(-1)?.otp;
    assert.ok(otp, 'the outbox is empty');
    return otp;
  }

  /** The factor that completes a challenge. @param {Fields} step @returns {any} */
  factor(step) {
    const kind = ['totp', 'otp', 'fingerprint', 'pan'].find((name) => step[name] !== undefined) ?? '';
    const isCode = kind === 'totp' && step.totp === 'right';
    return {
      [kind]: isCode ? this.#sandbox.totp(this.#scenario.provider.user_id ?? USER_ID) : this.#value(step[kind]),
    };
  }

  /** @param {any} value */
  #value(value) {
    if (value.outbox) return this.#newestOtp();
    if (value.saved) return this.#saved(value.saved);
    if (value.code_of) return codeAt(this.#saved(value.code_of), this.#now());
    return value;
  }

  /** By the sandbox's clock, in milliseconds since 1970. */
  #now() {
    return this.#scenario.sandbox.starts_at * 1000 + this.#advanced + (performance.now() - this.#started);
  }

  /**
   * A call of the account client. What has no place in its types goes through the one method beneath all of them.
   *
   * @param {Fields} step
   * @param {import('relatch').Session | undefined} session
   * @returns {Promise<Fields>}
   */
  async manage({ operation, arguments: given = {}, provider, expect }, session) {
    const { api_key, x_api_key, user_id, source, base_url } = this.#overlay(provider);
    const settings = camelCased({ api_key, x_api_key, user_id: user_id ?? USER_ID, source, base_url });
    const present = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
    /** @type {any} */
    const account = this.#sandbox.synapsewaveAccount(present);
    const values = camelCased(given);
    for (const [name, value] of Object.entries(values)) values[name] = this.#value(value);
    if (['operation', 'arguments'].includes(expect?.field)) return account.call(operation, values);
    const method = account[camelCase(operation)];
    const needsSession = ['register_mpin', 'verify_totp', 'delete_totp'].includes(operation);
    const parts = [...(needsSession ? [session] : []), ...(Object.keys(given).length > 0 ? [values] : [])];
    const result = await method.apply(account, parts);
    // A text is a secret where the call yields one, and else the server's words.
    if (typeof result === 'string') return operation === 'verify_otp' ? { secret: result } : { message: result };
    return { secret: result.secret, userId: result.userId };
  }
}
