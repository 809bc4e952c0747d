/**
 * Second factors.
 */
import { environment } from './calls';
import { checked, describe, isText } from './checked';
import { decode, InvalidConfig } from './errors';
import { Handed } from './handed';
import { inspect, refuseCloning } from './inspect';
import { native } from './native';
import { Asked, type Callback } from './questions';

const released = new FinalizationRegistry<number>((number) => native.releaseFactor(environment, number));

/** What the native half holds of a factor. */
interface Made {
  number: number | string;
  /** Who is asked for it. */
  asked?: Asked;
}

/**
 * A factor's number in the native half, and the callback that must live as long as what uses the factor.
 *
 * @internal
 */
export let factorParts: (factor: Handed) => { number: number; asked: Asked | undefined };

/** A second factor of one user: {@link Totp}, {@link Otp}, {@link Fingerprint} or {@link Pan}. */
export abstract class Factor {
  readonly #number: number;
  readonly #asked: Asked | undefined;

  /** @internal */
  constructor({ number, asked }: Made, kind: (...values: never) => unknown) {
    if (typeof number === 'string') throw decode(number, kind);
    this.#number = number;
    this.#asked = asked;
    released.register(this, number);
    refuseCloning(this);
  }

  static {
    factorParts = (given) => {
      const parts = given.map((factor) =>
        typeof factor === 'object' && factor !== null && #number in factor
          ? { number: factor.#number, asked: factor.#asked }
          : undefined,
      );
      const found = parts.take();
      if (found) return found;
      const message = 'secondFactor must be a Totp, an Otp, a Fingerprint or a Pan.';
      throw new InvalidConfig(message, { field: 'secondFactor' });
    };
  }
}

/**
 * Codes that an authenticator app would show (RFC 6238).
 *
 * @example
 * ```ts
 * const secondFactor = new Totp('JBSW Y3DP EHPK 3PXP')
 * ```
 */
export class Totp extends Factor {
  /**
   * @param secret - the base32 text that was shown when the authenticator was registered, in any case and with blanks;
   *   or the whole `otpauth://totp/...` URI of its QR code
   * @throws {@link InvalidConfig} for anything else; the secret is not quoted
   */
  constructor(secret: string) {
    const handed = new Handed(secret);
    secret = '';
    checked('totp', { totp: handed.take() ?? null }, { totp: 'string' });
    super({ number: native.totp(environment, handed.take()) }, new.target as never);
  }

  /** @internal */
  [inspect](): string {
    return 'Totp {}';
  }
}

/** Options of an {@link Otp}. */
export interface OtpOptions {
  /** How long an answer is waited for, in milliseconds; 120000 unless given, 100 at least. */
  timeout?: number | undefined;
}

/**
 * One-time passwords that the system sends to its user, who is asked for them.
 *
 * A session asks when it is told to log in or to refresh, and never of its own accord.
 *
 * @example
 * ```ts
 * const secondFactor = new Otp(async ({ user }) => prompt(`the password that was sent to ${user}: `))
 * ```
 */
export class Otp extends Factor {
  /**
   * @param callback - is called once for each login that needs a password, on this thread
   * @throws {@link InvalidConfig}
   */
  constructor(callback: Callback, options?: OtpOptions) {
    const [called, handed] = [new Handed(callback), new Handed(options)];
    [callback, options] = [() => '', undefined];
    checked('otp', { callback: called.take() ?? null }, { callback: 'function' });
    const { timeout } = checked('options', handed, { timeout: 'limit' }) as OtpOptions;
    const asked = new Asked(called.take());
    super({ number: native.otp(environment, asked.number, timeout), asked }, new.target as never);
  }

  /** @internal */
  [inspect](): string {
    return 'Otp {}';
  }
}

/** The identifier of a device on which the user has registered a fingerprint. */
export class Fingerprint extends Factor {
  /**
   * @param udid - the identifier
   * @throws {@link InvalidConfig}
   */
  constructor(udid: string) {
    const handed = new Handed(udid);
    udid = '';
    checkHeld('udid', handed);
    super({ number: native.fingerprint(environment, handed.take()) }, new.target as never);
  }

  /** @internal */
  [inspect](): string {
    return 'Fingerprint {}';
  }
}

/** The user's PAN: the number by which the Indian tax office knows them. */
export class Pan extends Factor {
  /**
   * @param pan - the number
   * @throws {@link InvalidConfig}
   */
  constructor(pan: string) {
    const handed = new Handed(pan);
    pan = '';
    checkHeld('PAN', handed);
    super({ number: native.pan(environment, handed.take()) }, new.target as never);
  }

  /** @internal */
  [inspect](): string {
    return 'Pan {}';
  }
}

/** These two are held as they are: the core looks at them when a provider is made, by this name. */
function checkHeld(what: string, value: Handed): void {
  const wrong = value.map((value) => {
    if (!isText(value)) return `must be a string of whole characters, not ${describe(value)}`;
    return value.trim() === '' ? 'is empty' : undefined;
  });
  if (wrong.take() !== undefined) {
    throw new InvalidConfig(`The ${what} ${wrong.take()}.`, { field: 'secondFactor' });
  }
}
