// Carries out one scenario; tests/scenarios/README.md says what the words mean.
import assert from 'node:assert/strict';
import { begin, login, refresh, resume } from 'relatch';
import { Sandbox } from 'relatch/testing';
import { checkEnd } from './scenario_expect.mjs';
import { camelCased, Given, milliseconds } from './scenario_given.mjs';

// Milliseconds and seconds of real time for anything that a scenario waits for.
const LIMIT = 10_000;

/** @typedef {Record<string, any>} Fields */
/** @typedef {import('./scenario_expect.mjs').Yield} Yield */
/** @typedef {import('./scenario_expect.mjs').Ended} Ended */
/** @typedef {{ abort: AbortController, ended: Promise<Ended> }} Call */
/** @typedef {{ session: import('relatch').Session, events: string[], heard: EventTarget }} Watched */

/** Kept until the process ends: failed logins are remembered by address. @type {Sandbox[]} */
const kept = [];

/** @param {Fields} scenario */
export async function carryOut(scenario) {
  const sandbox = await Sandbox.start(milliseconds(scenario.sandbox));
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
  /** @type {Map<string, import('relatch').Challenge>} */
  #challenges = new Map();
  #scenario;
  #sandbox;
  #given;

  /** @param {Fields} scenario @param {Sandbox} sandbox */
  constructor(scenario, sandbox) {
    this.#scenario = scenario;
    this.#sandbox = sandbox;
    this.#given = new Given(scenario, sandbox, (name) => this.#found(name));
  }

  /** @param {Fields} step */
  async act(step) {
    switch (step.do) {
      case 'advance':
        return this.#given.advance(step.seconds);
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
    if (expected.asked !== undefined) assert.equal(this.#given.asked, expected.asked, 'asked');
    const audit = /** @type {Fields[]} */ (this.#sandbox.control('audit'));
    const last = audit.slice(audit.length - (expected.audit?.length ?? 0));
    for (const [index, fields] of (expected.audit ?? []).entries()) {
      for (const [name, value] of Object.entries(fields))
        assert.deepEqual(last[index]?.[name] ?? null, value, `audit: ${name}`);
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
    const options = { signal, ...(step.timeout !== undefined && { timeout: step.timeout * 1000 }) };
    switch (step.do) {
      case 'login':
        return { session: await login(this.#given.provider(step), { ...this.#options(step.options), signal }) };
      case 'begin':
        return { challenge: await begin(this.#given.provider(step), { ...this.#options(step.options), signal }) };
      case 'complete': {
        const challenge = this.#challenges.get(step.challenge ?? 'main');
        assert.ok(challenge, `there is no challenge ${step.challenge}`);
        return { session: await challenge.complete(this.#given.factor(step), { signal }) };
      }
      case 'resume':
        return { session: resume(this.#given.provider(step), this.#tokens(step), this.#options(step.options)) };
      case 'refresh_tokens': {
        const given = { ...this.#options(step.options), signal };
        return { token: (await refresh(this.#given.provider(step), this.#tokens(step), given)).accessToken };
      }
      case 'token':
        return { token: await (step.as || step.timeout ? session().token(options) : session().token()) };
      case 'headers':
        return { token: bare(await session().headers(), this.#scenario.provider) };
      case 'refresh':
        return { token: (await session().refresh(options)).accessToken };
      case 'report_unauthorized': {
        const token = this.#found(step.token);
        return { token: await session().reportUnauthorized(token, options) };
      }
      case 'call': {
        const answer = await fetch(this.#given.protectedUrl, { headers: await session().headers() });
        await answer.arrayBuffer();
        return { status: answer.status };
      }
      case 'validate':
        return { valid: await session().validate({ signal }) };
      case 'feed': {
        const { token, url } = await session().feed(options);
        return { token, url: url !== undefined };
      }
      case 'profile':
        return { profile: session().profile };
      case 'account': {
        const result = await this.#given.manage(step, this.#sessions.get(step.session ?? 'main')?.session);
        return { result, token: result.secret };
      }
      default:
        throw new Error(`no runner knows the word ${step.do}`);
    }
  }

  /** @param {string} name */
  #found(name) {
    const saved = this.#saved.get(name);
    assert.ok(saved, `nothing was saved as ${name}`);
    return saved;
  }

  /** @param {Fields} [over] @returns {Fields} */
  #options(over) {
    return camelCased(milliseconds({ ...this.#scenario.options, ...over }));
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
      checkEnd(end, step.expect ?? {}, (name) => this.#found(name));
      if ('error' in end) {
        const { challenge } = /** @type {import('relatch').SecondFactorRequired} */ (end.error);
        if (challenge && step.expect.challenge) this.#challenges.set(step.expect.challenge, challenge);
        continue;
      }
      if (end.ok.challenge) this.#challenges.set(step.challenge ?? 'main', end.ok.challenge);
      if (end.ok.token !== undefined) tokens.add(end.ok.token);
      if (end.ok.session) this.#watch(step.session ?? 'main', end.ok.session);
    }
    assert.ok(tokens.size <= 1, 'the callers got different tokens');
    if (step.save) this.#saved.set(step.save, [...tokens][0]);
  }
}

/** @param {Record<string, string>} headers @param {Fields} provider */
function bare({ Version, Authorization = '' }, { system, bearer }) {
  const is7g = system === '7g';
  assert.equal(Version, is7g ? '2.0' : undefined);
  assert.equal(Authorization.startsWith('Bearer '), is7g ? bearer === true : true);
  return Authorization.replace(/^Bearer /, '');
}
