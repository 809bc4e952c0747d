// What a careful JavaScript programmer writes without relatch: fetch, which keeps connections alive, and one promise
// for the refresh that is under way, which all callers share.

// Milliseconds: refresh when less than this is left; give up on an exchange.
const MARGIN = 30_000;
const TIMEOUT = 15_000;

/** A session that refreshes itself when it is used. */
export class Session {
  #baseUrl;
  #accessToken = '';
  #refreshToken = '';
  #staleAt = 0;
  /** @type {Promise<string> | undefined} */
  #inFlight;

  /** @param {string} baseUrl */
  constructor(baseUrl) {
    this.#baseUrl = baseUrl;
  }

  /**
   * @param {string} baseUrl
   * @param {string} username
   * @param {string} password
   */
  static async logIn(baseUrl, username, password) {
    const session = new Session(baseUrl);
    session.#adopt(await session.#post('/User/Login', { username, password }));
    return session;
  }

  /** A token with at least 30 seconds to live. */
  async token() {
    if (this.#inFlight === undefined && Date.now() < this.#staleAt) return this.#accessToken;
    return this.refresh();
  }

  /** Rotates the tokens now; calls at the same time share one exchange. */
  async refresh() {
    this.#inFlight ??= this.#rotate().finally(() => {
      this.#inFlight = undefined;
    });
    return this.#inFlight;
  }

  async #rotate() {
    const body = { refreshToken: this.#refreshToken };
    this.#adopt(await this.#post('/User/RefreshToken', body, { Authorization: this.#accessToken }));
    return this.#accessToken;
  }

  /**
   * @param {string} path
   * @param {Record<string, string>} body
   * @param {Record<string, string>} [headers]
   */
  async #post(path, body, headers) {
    const answer = await fetch(this.#baseUrl + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Version: '2.0', ...headers },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    return /** @type {Promise<{ accessToken: string, refreshToken: string }>} */ (answer.json());
  }

  /** @param {{ accessToken: string, refreshToken: string }} answer */
  #adopt({ accessToken, refreshToken }) {
    this.#accessToken = accessToken;
    this.#refreshToken = refreshToken;
    this.#staleAt = expiry(accessToken) - MARGIN;
  }
}

/**
 * The JWT's `exp`, in milliseconds since 1970.
 *
 * @param {string} accessToken
 */
function expiry(accessToken) {
  return JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()).exp * 1000;
}
