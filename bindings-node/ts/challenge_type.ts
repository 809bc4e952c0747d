/**
 * What an error or a session carries that waits for its second factor. On the ground, for what makes a challenge raises
 * errors and opens sessions: how it is completed is declared there.
 */

/** What else a server says of its user's factors; everything is optional. */
export interface ChallengeDetails {
  readonly totpEnabled?: boolean;
  readonly mpinEnabled?: boolean;
  readonly fingerprintEnabled?: boolean;
  /** Which second factors are allowed, in the server's words. */
  readonly ptnType?: string;
  readonly [name: string]: unknown;
}

/**
 * A login that waits for its second factor: the server took the first one. `begin` makes it.
 *
 * A factor that is refused ends it: begin again.
 */
export interface Challenge {
  /** The factors that {@link Challenge.complete} takes, as far as the server says which its user has. */
  readonly methods: readonly string[];
  /** Until when the login can be completed, by the server's clock. */
  readonly expiresAt: Date;
  /** What else the server says of the user's factors. */
  readonly details: ChallengeDetails;
}
