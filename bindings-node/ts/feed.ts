/**
 * What is needed to open a system's market data feed.
 */

import { type Inspect, inspect, Uncloneable } from './inspect';
import { give, readObject } from './plain';

/** What opens a market data feed. `console.log` and `JSON.stringify` do not show its token. */
export interface Feed {
  /** Where it is; absent where the login did not say. */
  readonly url?: string;
  /** What it is opened with. */
  readonly token: string;
  /** As whom. */
  readonly user?: string;
}

class FeedOfSession extends Uncloneable implements Feed {
  declare readonly url?: string;
  declare readonly user?: string;
  readonly #token: string;

  constructor(token: string, shown: Omit<Feed, 'token'>) {
    super();
    this.#token = token;
    give(this, shown);
  }

  get token(): string {
    return this.#token;
  }

  [inspect](depth: number, options: unknown, show: Inspect): string {
    return `Feed ${show({ ...this }, depth, options)}`;
  }
}

/**
 * Reads a feed that the native half wrote.
 *
 * @internal
 */
export function readFeed(text: string): Feed {
  const { token, url, user } = readObject(text);
  return new FeedOfSession(token, { ...(url !== null && { url }), ...(user !== null && { user }) });
}
