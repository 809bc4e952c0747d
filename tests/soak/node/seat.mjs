// A user of the server, and all that is done with the session that this user has at the moment.
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { monotonic } from './tally.mjs';

/** @type {typeof import('relatch')} */
const relatch = await import(pathToFileURL(process.env.RELATCH_NODE ?? '').href);

/**
 * Seconds between two reports that the server has refused the current token: sooner, and the session would be taken for
 * one whose new tokens are refused as well.
 */
const BETWEEN_REFUSALS = 150;
/** Milliseconds that a login may take: the code of an authenticator may have to be the next one. */
const PATIENCE = 90_000;
/** Seconds that somebody waits who has no session. */
const PAUSE = 2;
/** Milliseconds that somebody waits who is in a hurry. */
const HASTE = 10;

/** @typedef {() => number} Random a number from 0 to 1 */
/** @typedef {import('relatch').Session} Session */

/** @param {Random} random @param {number} least @param {number} most */
const between = (random, least, most) => least + random() * (most - least);

export class Seat {
  #account;
  #provider;
  #daily;
  #tally;
  #stop;
  #refused = monotonic();
  /** @type {Session | undefined} */
  #session;
  /** The token that each session began with. @type {WeakMap<Session, string | undefined>} */
  #first = new WeakMap();

  /**
   * @param {string} account
   * @param {import('relatch').SevenG | import('relatch').Synapsewave} provider
   * @param {import('./tally.mjs').Tally} tally
   * @param {{ stopped: boolean }} stop
   */
  constructor(account, provider, tally, stop) {
    this.#account = account;
    this.#provider = provider;
    this.#daily = provider instanceof relatch.Synapsewave;
    this.#tally = tally;
    this.#stop = stop;
  }

  /** Opens a session. */
  async logIn() {
    await this.#tally.call('login', this.#account, async () => {
      const session = await relatch.login(this.#provider, { timeout: PATIENCE });
      session.on('event', this.#tally.hear);
      this.#session = session;
      this.#first.set(session, session.tokens?.accessToken);
    });
  }

  /** Ends the session and opens another, and says that the server refuses the token, from time to time. @param {Random} random */
  async mind(random) {
    while (await this.#goesOn(between(random, 20, 90))) {
      const session = this.#session;
      if (!session || random() < 0.7) {
        this.#session = undefined;
        if (session) await this.#tally.call('question', this.#account, () => session.logout());
        do await this.logIn();
        while (!this.#session && (await this.#goesOn(PAUSE)));
      } else if (monotonic() - this.#refused > BETWEEN_REFUSALS) {
        this.#refused = monotonic();
        await this.#on('refresh', session, async () => session.reportUnauthorized(await session.token()));
      }
    }
  }

  /** Uses the session. @param {Random} random */
  async use(random) {
    while (await this.#goesOn(between(random, 0.02, 0.3))) {
      const session = this.#session;
      if (!session) await this.#goesOn(PAUSE);
      else if (random() < 0.05) await this.#leave(session, random);
      else await this.#call(session, random(), random() < 0.1 ? HASTE : PATIENCE);
    }
  }

  /** @param {Session} session @param {number} chosen @param {number} timeout */
  #call(session, chosen, timeout) {
    const options = { timeout };
    const own = (/** @type {any} */ error) => timeout === HASTE && error.code === 'timeout';
    const on = (/** @type {() => Promise<unknown>} */ act, what = 'token') =>
      this.#on(timeout === HASTE ? 'hasty' : what, session, act, own);
    // Without options a fresh token does not leave JavaScript.
    if (chosen < 0.3) return on(() => session.token());
    if (chosen < 0.6) return on(() => session.token(options));
    if (chosen < 0.8) return on(() => session.headers(options));
    if (chosen < 0.9) return on(() => Promise.all(Array.from({ length: 10 }, () => session.token(options))));
    if (chosen < 0.97) {
      const first = this.#first.get(session);
      const late = first !== session.tokens?.accessToken && first;
      return on(() => (late ? session.reportUnauthorized(late, options) : session.token(options)));
    }
    if (chosen < 0.99) return on(() => (this.#daily ? session.feed(options) : session.refresh(options)), 'refresh');
    const provider = this.#provider;
    const ask = () => (provider instanceof relatch.SevenG ? provider.lookup('info') : session.validate());
    return this.#on('question', session, ask);
  }

  /** Goes away before the call has ended. @param {Session} session @param {Random} random */
  async #leave(session, random) {
    const abort = new AbortController();
    const { signal } = abort;
    const refresh = random() < 0.1 && !this.#daily;
    const call = this.#on(
      refresh ? 'refresh' : 'token',
      session,
      () => (refresh ? session.refresh({ signal }) : session.token({ signal })),
      (error) => error === signal.reason,
    );
    await sleep(between(random, 0, 10));
    abort.abort();
    await call;
  }

  /**
   * @param {string} what
   * @param {Session} session
   * @param {() => Promise<unknown>} act
   * @param {(error: any) => boolean} [own]
   */
  #on(what, session, act, own = () => false) {
    const ended = (/** @type {any} */ error) => error?.code === 'closed' && session !== this.#session;
    return this.#tally.call(what, this.#account, act, (error) => ended(error) || own(error));
  }

  /** Waits so long, or until it is time to stop. @param {number} seconds */
  async #goesOn(seconds) {
    const until = monotonic() + seconds;
    for (let left = seconds; left > 0 && !this.#stop.stopped; left = until - monotonic()) {
      await sleep(Math.min(left, 1) * 1000);
    }
    return !this.#stop.stopped;
  }
}

export { relatch };
