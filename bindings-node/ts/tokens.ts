/**
 * The tokens of a session, for those who keep them elsewhere.
 */
import { InvalidConfig } from './errors';
import { type Inspect, inspect } from './inspect';
import type { NativeTokens } from './native';
import { checked } from './options';

/** Tokens as a caller passes them: a {@link Tokens}, or an object read back from a database. */
export interface StoredTokens {
  accessToken: string;
  refreshToken?: string | null | undefined;
}

/**
 * The tokens of a session.
 *
 * `JSON.stringify` writes them out, to be stored; `console.log` does not show them.
 */
export class Tokens {
  /** What a request carries. */
  readonly accessToken: string;
  /** What is exchanged for new tokens; each is good for one exchange. */
  readonly refreshToken?: string;
  /** The end of the access token by the server's clock, where it is known. */
  readonly expiresAt?: Date;

  /**
   * @param accessToken - what a request carries
   * @param refreshToken - what is exchanged for new tokens
   * @param expiresAt - the end of the access token
   */
  constructor(accessToken: string, refreshToken?: string, expiresAt?: Date) {
    this.accessToken = accessToken;
    if (refreshToken !== undefined) this.refreshToken = refreshToken;
    if (expiresAt !== undefined) this.expiresAt = expiresAt;
  }

  /** @internal */
  [inspect](depth: number, options: unknown, show: Inspect): string {
    const refreshToken = this.refreshToken === undefined ? undefined : '[redacted]';
    return `Tokens ${show({ accessToken: '[redacted]', refreshToken, expiresAt: this.expiresAt }, depth, options)}`;
  }
}

/**
 * Reads the tokens that the native half wrote.
 *
 * @internal
 */
export function readTokens(text: string): Tokens {
  const { accessToken, refreshToken, expiresAt } = JSON.parse(text);
  return new Tokens(
    accessToken,
    refreshToken ?? undefined,
    typeof expiresAt === 'number' ? new Date(expiresAt) : undefined,
  );
}

/**
 * Checks tokens that a caller passed.
 *
 * @throws {@link InvalidConfig}
 *
 * @internal
 */
export function storedTokens(given: unknown): NativeTokens {
  if (typeof given !== 'object' || given === null) {
    throw new InvalidConfig('tokens must be an object with an accessToken.', { field: 'tokens' });
  }
  const { accessToken = null, refreshToken } = given as Record<string, unknown>;
  const fields = { accessToken, refreshToken: refreshToken ?? undefined };
  return checked('tokens', fields, { accessToken: 'string', refreshToken: 'string' }) as unknown as NativeTokens;
}
