// Carries out one scenario; tests/scenarios/README.md says what the words mean.
import assert from 'node:assert/strict';
import { login, RelatchError, refresh, resume } from 'relatch';
import { Sandbox } from 'relatch/testing';

// Milliseconds and seconds of real time for anything that a scenario waits for.
const LIMIT = 10_000;

/** @typedef {Record<string, any>} Fields */
/** @typedef {{ token?: string, status?: number, session?: import('relatch').Session }} Yield */
/** @typedef {{ ok: Yield } | { error: unknown }} Ended */
/** @typedef {{ abort: AbortController, ended: Promise<Ended> }} Call */
/** @typedef {{ session: import('relatch').Session, events: string[], heard: EventTarget }} Watched */

/** @param {string} name */
const camelCase = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
/** @param {string} name */
const snakeCase = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
/** @param {Fields} fields @returns {Fields} */
const camelCased = (fields) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [camelCase(name), value]));

/** Kept until the process ends: failed logins are remembered by address. @type {Sandbox[]} */
const kept = [];

/** @param {Fields} scenario */
export async function carryOut(scenario) {
  assert.equal(scenario.provider.system, '7g');
  const sandbox = await Sandbox.start(scenario.sandbox);
  kept.push(sandbox);
  const actor = new Actor(scenario, sandbox);
  try {
    for (const [number, step] of scenario.steps.entries()) {
      await within(actor.act(step)).catch((error) => {
        error.message = `step ${number + 1}, ${JSON.stringify(step)}: ${error.message}`;
        throw error;
      });
    }
    await actor.finish(scenario.expect);
  } finally {
    sandbox.down();
  }
}

/** @template T @param {Promise<T>} promise @returns {Promise<T>} */
async function within(promise) {
  /** @type {NodeJS.Timeout | undefined} */
  let guard;
  const late = new Promise((_, reject) => {
    guard = setTimeout(() => reject(new Error('this took more than 10 seconds')), LIMIT + 1000);
  });
  try {
    return await /** @type {Promise<T>} */ (Promise.race([promise, late]));
  } finally {
    clearTimeout(guard);
  }
}

class Actor {
  /** @type {Map<string, Watched>} */
  #sessions = new Map();
  /** @type {Map<string, string>} */
  #saved = new Map();
  /** @type {Map<string, { step: Fields, calls: Call[] }>} */
  #started = new Map();
  #scenario;
  #sandbox;

  /** @param {Fields} scenario @param {Sandbox} sandbox */
  constructor(scenario, sandbox) {
    this.#scenario = scenario;
    this.#sandbox = sandbox;
  }

  /** @param {Fields} step */
  async act(step) {
    switch (step.do) {
      case 'advance':
        return this.#sandbox.advance(step.seconds);
      case 'sandbox':
        return void this.#sandbox.control(step.control, step.body);
      case 'wait_count':
        return this.#sandbox.waitFor(step.what, step.at_least);
      case 'wait_event':
        return this.#heard(
          step.session,
          (events) => events.filter((kind) => kind === step.kind).length >= (step.times ?? 1),
        );
      case 'check':
        return this.#check(step);
      case 'logout':
        return this.#watched(step.session).session.logout();
      case 'start':
        return void this.#started.set(step.as, { step, calls: this.#make({ ...step, do: step.call }) });
      case 'cancel':
        return this.#cancel(step);
      case 'join': {
        const started = this.#started.get(step.as);
        assert.ok(started, `nothing was started as ${step.as}`);
        this.#started.delete(step.as);
        return this.#meet({ ...started.step, ...step }, await Promise.all(started.calls.map(({ ended }) => ended)));
      }
      default:
        return this.#meet(step, await Promise.all(this.#make(step).map(({ ended }) => ended)));
    }
  }

  /** @param {Fields} expected */
  async finish(expected) {
    if (expected.events) {
      await this.#heard('main', (events) => events.length >= expected.events.length);
      assert.deepEqual(this.#watched('main').events, expected.events);
    }
    await this.#check(expected);
    const audit = /** @type {Fields[]} */ (this.#sandbox.control('audit'));
    const last = audit.slice(audit.length - (expected.audit?.length ?? 0));
    for (const [index, fields] of (expected.audit ?? []).entries()) {
      for (const [name, value] of Object.entries(fields))
        assert.deepEqual(last[index]?.[name], value, `audit: ${name}`);
    }
  }

  /** @param {Fields} expected */
  async #check({ session, state, counts = {} }) {
    if (state !== undefined) assert.equal(this.#watched(session).session.state, state);
    const seen = /** @type {Fields} */ (this.#sandbox.counts());
    const named = Object.fromEntries(Object.keys(counts).map((name) => [name, seen[name]]));
    assert.deepEqual(named, counts);
  }

  /** @param {Fields} step */
  async #cancel({ as, which }) {
    const calls = this.#started.get(as)?.calls ?? [];
    const gone = calls.splice(0, which === 'first' ? 1 : calls.length);
    assert.ok(gone.length > 0, `nothing is left of what was started as ${as}`);
    for (const { abort, ended } of gone) {
      const reason = new Error('the scenario gives this call up');
      abort.abort(reason);
      assert.deepEqual(await ended, { error: reason });
    }
  }

  /** Makes the calls of a step; each has been made when this returns. @param {Fields} step @returns {Call[]} */
  #make(step) {
    return Array.from({ length: step.many ?? 1 }, () => {
      const abort = new AbortController();
      const ended = this.#call(step, abort.signal).then(
        (ok) => ({ ok }),
        (error) => ({ error }),
      );
      return { abort, ended };
    });
  }

  /** @param {Fields} step @param {AbortSignal} signal @returns {Promise<Yield>} */
  async #call(step, signal) {
    const session = () => this.#watched(step.session).session;
    // Without a time limit of its own a call is made with as little as can be: that is the fast path.
    const options = { signal, ...(step.timeout !== undefined && { timeout: step.timeout }) };
    switch (step.do) {
      case 'login':
        return { session: await login(this.#provider(step.provider), { ...this.#options(step.options), signal }) };
      case 'resume':
        return { session: resume(this.#provider(step.provider), this.#tokens(step), this.#options(step.options)) };
      case 'refresh_tokens': {
        const given = { ...this.#options(step.options), signal };
        return { token: (await refresh(this.#provider(step.provider), this.#tokens(step), given)).accessToken };
      }
      case 'token':
        return { token: await (step.as || step.timeout ? session().token(options) : session().token()) };
      case 'headers':
        return { token: bare(await session().headers(), this.#scenario.provider.bearer === true) };
      case 'refresh':
        return { token: (await session().refresh(options)).accessToken };
      case 'report_unauthorized': {
        const token = this.#saved.get(step.token);
        assert.ok(token, `nothing was saved as ${step.token}`);
        return { token: await session().reportUnauthorized(token, options) };
      }
      case 'call': {
        const answer = await fetch(`${this.#sandbox.url}/Account`, { headers: await session().headers() });
        await answer.arrayBuffer();
        return { status: answer.status };
      }
      default:
        throw new Error(`no runner knows the word ${step.do}`);
    }
  }

  /** @param {Fields} [over] */
  #provider(over) {
    const { system: _, ...given } = { ...this.#scenario.provider, ...over };
    return this.#sandbox.sevenG(camelCased(given));
  }

  /** @param {Fields} [over] @returns {Fields} */
  #options(over) {
    return camelCased({ ...this.#scenario.options, ...over });
  }

  /** @param {Fields} step */
  #tokens({ from, tokens }) {
    if (tokens) return /** @type {import('relatch').StoredTokens} */ (camelCased(tokens));
    const held = this.#watched(from).session.tokens;
    assert.ok(held, `${from} has no tokens`);
    return held;
  }

  /** @param {string} [name] */
  #watched(name = 'main') {
    const watched = this.#sessions.get(name);
    assert.ok(watched, `there is no session ${name}`);
    return watched;
  }

  /** @param {string} name @param {import('relatch').Session} session */
  #watch(name, session) {
    /** @type {Watched} */
    const watched = { session, events: [], heard: new EventTarget() };
    session.on('event', ({ kind }) => {
      watched.events.push(kind);
      watched.heard.dispatchEvent(new Event('heard'));
    });
    this.#sessions.set(name, watched);
  }

  /** Waits until what a session has announced is so. @param {string} name @param {(events: string[]) => boolean} so */
  async #heard(name, so) {
    const { events, heard } = this.#watched(name);
    while (!so(events))
      await within(new Promise((resolve) => heard.addEventListener('heard', resolve, { once: true })));
  }

  /** Compares how the calls of a step ended, and keeps what they yielded. @param {Fields} step @param {Ended[]} ended */
  #meet(step, ended) {
    const tokens = new Set();
    for (const end of ended) {
      checkEnd(end, step.expect ?? {}, this.#saved);
      if ('error' in end) continue;
      if (end.ok.token !== undefined) tokens.add(end.ok.token);
      if (end.ok.session) this.#watch(step.session ?? 'main', end.ok.session);
    }
    assert.ok(tokens.size <= 1, 'the callers got different tokens');
    if (step.save) this.#saved.set(step.save, [...tokens][0]);
  }
}

/** @param {Record<string, string>} headers @param {boolean} bearer */
function bare({ Version, Authorization = '' }, bearer) {
  assert.equal(Version, '2.0');
  assert.equal(Authorization.startsWith('Bearer '), bearer);
  return Authorization.replace(/^Bearer /, '');
}

/** @param {Ended} end @param {Fields} expected @param {Map<string, string>} saved */
function checkEnd(end, expected, saved) {
  if ('error' in end) {
    const { error } = end;
    if (!expected.error || !(error instanceof RelatchError)) throw error;
    assert.equal(error.code, expected.error, String(error));
    if (expected.cause) assert.equal(error.reason, expected.cause);
    if (expected.field) assert.equal(snakeCase(error.field ?? ''), expected.field);
    if (expected.status) assert.equal(error.status, expected.status);
    if (expected.sent) assert.equal(error.sent, expected.sent);
    if (expected.retry_at) assert.ok(error.retryAt instanceof Date);
    return;
  }
  assert.ok(!expected.error, `it did not fail with ${expected.error}`);
  if (expected.status) assert.equal(end.ok.status, expected.status);
  if (expected.same_as) assert.ok(end.ok.token === saved.get(expected.same_as), `not the token ${expected.same_as}`);
  if (expected.differs_from)
    assert.ok(end.ok.token !== saved.get(expected.differs_from), `the token ${expected.differs_from}`);
}
