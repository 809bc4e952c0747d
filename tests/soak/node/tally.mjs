// What has happened, in numbers: nothing here grows with time.

/** Kinds of errors between two readings; more than that are counted with the last. */
const MOST = 500;

/** A time that all processes of the machine share, in seconds. */
export const monotonic = () => Number(process.hrtime.bigint()) / 1e9;

/** @typedef {{ what: string, account: string, code: string, text: string, begun: number, ended: number, count: number }} Failure */

export class Tally {
  #calls = 0;
  #refreshed = 0;
  #healed = 0;
  #own = 0;
  /** @type {Map<string, Failure>} */
  #errors = new Map();
  #last = '';

  /** An event of a session that is logged in. @param {import('relatch').SessionEvent} event */
  hear = ({ kind }) => {
    if (kind === 'refreshed') this.#refreshed += 1;
    if (kind === 'logged_in') this.#healed += 1;
  };

  /**
   * Counts a call, and its error, which goes no further.
   *
   * @param {string} what `token`, `refresh`, either as `hasty` with hardly any time, `login` or `question`
   * @param {string} account whose
   * @param {() => Promise<unknown>} act
   * @param {(error: any) => boolean} [own] whether an error is of the caller's own making
   */
  async call(what, account, act, own = () => false) {
    const begun = monotonic();
    try {
      await act();
    } catch (error) {
      if (own(error)) this.#own += 1;
      else this.#add(what, account, error, begun);
    }
    this.#calls += 1;
  }

  /** @param {string} what @param {string} account @param {any} error @param {number} begun */
  #add(what, account, error, begun) {
    const code = typeof error?.code === 'string' ? error.code : 'other';
    const key = `${what} ${account} ${code} ${Math.floor(begun)}`;
    if (this.#errors.size < MOST || this.#errors.has(key)) this.#last = key;
    const known = this.#errors.get(this.#last) ?? { what, account, code, text: String(error), begun, count: 0 };
    this.#errors.set(this.#last, { ...known, ended: monotonic(), count: known.count + 1 });
  }

  /** Everything so far; the errors since the last time. */
  read() {
    const errors = [...this.#errors.values()];
    this.#errors.clear();
    return { calls: this.#calls, refreshed: this.#refreshed, healed: this.#healed, own: this.#own, errors };
  }
}
