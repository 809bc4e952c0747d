/**
 * A Synapsewave user's factors: passwords, MPINs and authenticators, as the broker's API manages them.
 */
import { environment, result, start } from './calls';
import { checked, type Shape } from './checked';
import { decode } from './errors';
import { Handed } from './handed';
import { type Inspect, inspect, refuseCloning, Uncloneable } from './inspect';
import { native } from './native';
import { type NetworkOptions, networkOptions, type SignalOptions } from './options';
import { bareOf, give, readObject } from './plain';
import { type Session, sessionNumber } from './session';
import { throwIfAborted } from './signals';
import { GATEWAY, gatewaySettings, type SynapsewaveGateway } from './synapsewave';

/** Settings of a {@link SynapsewaveAccount}. */
export interface SynapsewaveAccountSettings extends SynapsewaveGateway {
  /** What the broker's licence is for; `WEBAPI` unless given. */
  source?: 'WEBAPI' | 'MOBILEAPI' | undefined;
}

/** Options of one call. */
export type AccountOptions = NetworkOptions & SignalOptions;

/** What an authenticator app is set up with. `console.log` and `JSON.stringify` show the user alone. */
export interface TotpRegistration {
  /** What codes are made of: the base32 text that `Totp` takes. */
  readonly secret: string;
  /** The secret as a picture to scan, as the server sent it. */
  readonly qrImage: string | undefined;
  /** The user, as the server spells it. */
  readonly userId?: string;
}

class Registration extends Uncloneable implements TotpRegistration {
  declare readonly userId?: string;
  readonly #secret: string;
  readonly #qrImage: string | undefined;

  constructor({ secret, qr_image: qrImage, user_id: userId }: Answer) {
    super();
    this.#secret = secret ?? '';
    this.#qrImage = qrImage;
    if (userId !== undefined) give(this, { userId });
  }

  get secret(): string {
    return this.#secret;
  }

  get qrImage(): string | undefined {
    return this.#qrImage;
  }

  [inspect](depth: number, options: unknown, show: Inspect): string {
    return `TotpRegistration ${show({ ...this }, depth, options)}`;
  }
}

/** What a call ended with. */
interface Answer {
  message: string;
  secret?: string;
  qr_image?: string;
  user_id?: string;
}

const SETTINGS: Shape = { ...GATEWAY, source: 'string' };

const released = new FinalizationRegistry<number>((number) => native.releaseAccount(environment, number));

/** Arguments as the core reads them. */
function written(values: Record<string, unknown>): string {
  return JSON.stringify(bareOf(Object.entries(values).map(([name, value]) => [snakeCase(name), value])));
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * The factors of one user of one broker.
 *
 * Each method makes one request and none is made again. The ledger that keeps logins from locking a user knows nothing
 * of them: what they get wrong may count at the server. Methods that yield nothing else return the server's words. They
 * throw what `login` does, and {@link ProtocolError} where an answer lacks what it should yield.
 *
 * @example
 * ```ts
 * const account = new SynapsewaveAccount({ baseUrl: 'https://broker.example/prod/interactive', userId, apiKey })
 * await account.sendOtp()
 * const tempToken = await account.verifyOtp({ otp: '123456' })
 * await account.setPassword({ tempToken, newPassword: '...' })
 * ```
 */
export class SynapsewaveAccount {
  readonly #number: number;

  /**
   * @throws {@link InvalidConfig} with the `field` that is wrong; nothing is sent
   */
  constructor(settings: SynapsewaveAccountSettings);
  /** @internal */
  constructor(settings: SynapsewaveAccountSettings, sandbox?: number);
  constructor(settings: SynapsewaveAccountSettings, sandbox?: number) {
    const handed = new Handed(settings);
    settings = {};
    const number = native.synapsewaveAccount(environment, gatewaySettings(handed, SETTINGS).take(), sandbox);
    if (typeof number === 'string') throw decode(number, new.target as never);
    this.#number = number;
    released.register(this, number);
    refuseCloning(this);
  }

  /** The broker's address, with its path prefix. */
  get baseUrl(): string {
    return this.#describe().baseUrl;
  }

  /** The user. */
  get userId(): string {
    return this.#describe().user;
  }

  #describe(): { baseUrl: string; user: string } {
    return readObject(native.describeAccount(environment, this.#number));
  }

  /** Has a one-time password sent to the user, for {@link SynapsewaveAccount.verifyOtp} or {@link SynapsewaveAccount.registerTotp}. */
  async sendOtp(options?: AccountOptions): Promise<string> {
    return (await this.call('sendOtp', {}, options)).message;
  }

  /** Exchanges the one-time password for a temporary token, which {@link SynapsewaveAccount.setPassword} takes. */
  async verifyOtp(given: { otp: string }, options?: AccountOptions): Promise<string> {
    return (await this.call('verifyOtp', given, options)).secret ?? '';
  }

  /** Sets a new password with the temporary token of {@link SynapsewaveAccount.verifyOtp}. */
  async setPassword(given: { tempToken: string; newPassword: string }, options?: AccountOptions): Promise<string> {
    return (await this.call('setPassword', given, options)).message;
  }

  /** Replaces the password. */
  async changePassword(given: { oldPassword: string; newPassword: string }, options?: AccountOptions): Promise<string> {
    return (await this.call('changePassword', given, options)).message;
  }

  /** Replaces the MPIN. Both have 4 to 6 digits. */
  async changeMpin(given: { oldMpin: string; newMpin: string }, options?: AccountOptions): Promise<string> {
    return (await this.call('changeMpin', given, options)).message;
  }

  /** Has a one-time password sent to the user, for {@link SynapsewaveAccount.setMpin}. */
  async sendMpinOtp(options?: AccountOptions): Promise<string> {
    return (await this.call('sendMpinOtp', {}, options)).message;
  }

  /** Sets a new MPIN, and the device of the user's fingerprint if one is given (50 characters at most). */
  async setMpin(
    given: { mpin: string; otp: string; udid?: string | undefined },
    options?: AccountOptions,
  ): Promise<string> {
    return (await this.call('setMpin', given, options)).message;
  }

  /** Registers an authenticator app; it counts once {@link SynapsewaveAccount.verifyTotp} has seen a code of it. */
  async registerTotp(
    given: { otp: string; appName?: string | undefined },
    options?: AccountOptions,
  ): Promise<TotpRegistration> {
    return new Registration(await this.call('registerTotp', given, options));
  }

  /**
   * Registers an MPIN of 4 to 6 digits for the session's user, and the device of the fingerprint if one is given (50
   * characters at most).
   */
  async registerMpin(
    session: Session,
    given: { mpin: string; udid?: string | undefined },
    options?: AccountOptions,
  ): Promise<string> {
    return (await this.call('registerMpin', given, options, session)).message;
  }

  /** Puts the registered authenticator app to use, with a code that it shows. */
  async verifyTotp(session: Session, given: { code: string }, options?: AccountOptions): Promise<string> {
    return (await this.call('verifyTotp', given, options, session)).message;
  }

  /** Takes the authenticator app out of use. */
  async deleteTotp(session: Session, options?: AccountOptions): Promise<string> {
    return (await this.call('deleteTotp', {}, options, session)).message;
  }

  /**
   * Any of the methods by its name: the core names them and their arguments in snake case, and checks them.
   *
   * @internal
   */
  async call(operation: string, given: object, options?: AccountOptions, ...sessions: Session[]): Promise<Answer> {
    const [handed, secrets] = [new Handed(options), new Handed(given)];
    const owners = sessions.map((session) => new Handed(session));
    [options, given, sessions] = [undefined, {}, []];
    // The frames of the methods above hold what they were called with, and are gone after this.
    await undefined;
    const { settings, signal } = networkOptions(handed);
    const [session] = owners.map(sessionNumber);
    const shape = secrets.map((given) => bareOf(Object.keys(given ?? {}).map((name) => [name, 'string'])) as Shape);
    const values = new Handed(checked('arguments', secrets, shape.take()));
    throwIfAborted(signal);
    const call = start(
      (number) =>
        native.callAccount(
          environment,
          number,
          this.#number,
          snakeCase(operation),
          values.map(written).take(),
          session,
          settings.take(),
        ),
      owners[0]?.take(),
    );
    const { text = '' } = await result(call, signal);
    return readObject(text);
  }

  /** @internal */
  [inspect](depth: number, options: unknown, show: Inspect): string {
    return `SynapsewaveAccount ${show({ ...this.#describe() }, depth, options)}`;
  }
}
