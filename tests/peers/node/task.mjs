// What a process is told to measure, and what it asks and tells outside what is measured.

/** One measurement of one client. */
export class Task {
  /** @param {string} text */
  constructor(text) {
    const told = JSON.parse(text);
    this.client = /** @type {string} */ (told.client);
    this.situation = /** @type {string} */ (told.situation);
    // Where the server is.
    this.url = /** @type {string} */ (told.url);
    this.callers = /** @type {number} */ (told.callers);
    this.inSequence = /** @type {boolean} */ (told.in_sequence);
    // Seconds of the token that are left when it is used, if more than 0.
    this.untilLeft = /** @type {number} */ (told.until_left);
    this.username = /** @type {string} */ (told.username);
    this.password = /** @type {string} */ (told.password);
    // Missing where the client logs in by itself.
    this.access_token = /** @type {string} */ (told.access_token);
    this.refresh_token = /** @type {string} */ (told.refresh_token);
    this.expires_in = /** @type {number} */ (told.expires_in);
  }

  get tokenUrl() {
    return `${this.url}/oauth/token`;
  }

  get resource() {
    return `${this.url}/resource`;
  }

  /**
   * @param {string} [path]
   * @param {string} [method]
   * @returns {Promise<any>}
   */
  async control(path = '', method = 'GET') {
    return (await fetch(`${this.url}/control/${this.username}${path}`, { method })).json();
  }

  /** Waits until the token is as old as the situation wants it; what is waited for is real time. */
  async waitForLastSeconds() {
    if (this.untilLeft === 0) return;
    const claims = JSON.parse(Buffer.from(this.access_token.split('.')[1] ?? '', 'base64url').toString());
    const left = (claims.exp - this.untilLeft) * 1000 - Date.now();
    await new Promise((resolve) => setTimeout(resolve, left));
  }
}
