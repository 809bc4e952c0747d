/**
 * The 7G API.
 */
import { environment, result, start } from './calls';
import { checked, type Shape } from './checked';
import { Handed } from './handed';
import { native } from './native';
import { type NetworkOptions, networkOptions, type SignalOptions } from './options';
import { Provider, providerNumber } from './provider';
import { throwIfAborted } from './signals';

/** The environments that the vendor names. */
export type SevenGEnvironment = 'production' | 'development' | 'test' | 'lab' | 'demo';

/** Settings of a {@link SevenG}. */
export interface SevenGSettings {
  /** The user name, 1 to 255 characters. */
  username?: string | undefined;
  /** The password, 1 to 255 characters. */
  password?: string | undefined;
  /** Where to log in; `production` unless given. */
  environment?: SevenGEnvironment | undefined;
  /** An address of your own instead of an environment's. */
  baseUrl?: string | undefined;
  /** Whether `Authorization` says `Bearer` before the token. The vendor's examples send the bare token. */
  bearer?: boolean | undefined;
  /** Lets plain http leave this machine. */
  allowInsecure?: boolean | undefined;
}

/** What the health check answered. */
export interface Health {
  /** Whether the API says that it works. */
  healthy: boolean;
  /** The HTTP status. */
  status: number;
  /** The body in one printable line, of 4096 characters at most; what is in it is not documented. */
  body: string;
}

/** One entry of a lookup. */
export interface LookupEntry {
  /** The identifier. */
  id: string;
  /** What it stands for. */
  value: string;
}

const SETTINGS: Shape = {
  username: 'string',
  password: 'string',
  environment: 'string',
  baseUrl: 'string',
  bearer: 'boolean',
  allowInsecure: 'boolean',
};

/**
 * The 7G API, for one user.
 *
 * @example
 * ```ts
 * const provider = new SevenG({ username: 'api_user', password: '...', environment: 'test' })
 * ```
 */
export class SevenG extends Provider {
  /**
   * @param settings - user name and password, and an environment unless it is production; without credentials the
   *   provider is good for `resume`, `refresh` and the two calls below
   * @throws {@link InvalidConfig} with the `field` that is wrong; nothing is sent
   */
  constructor(settings?: SevenGSettings);
  /** @internal */
  constructor(settings?: SevenGSettings, sandbox?: number);
  constructor(settings?: SevenGSettings, sandbox?: number) {
    const handed = new Handed(settings);
    settings = undefined;
    const made = native.sevenG(environment, checked('settings', handed, SETTINGS), sandbox);
    super(made, 'SevenG', new.target as never);
  }

  /**
   * Asks whether the API works. Needs no credentials and counts for no lockout.
   *
   * @throws {@link TransportError} and its kin where no answer came
   */
  async health(options?: NetworkOptions & SignalOptions): Promise<Health> {
    const handed = new Handed(options);
    options = undefined;
    const { settings, signal } = networkOptions(handed);
    throwIfAborted(signal);
    const call = start((number) =>
      native.health(environment, number, providerNumber(new Handed(this)), settings.take()),
    );
    const { text = '' } = await result(call, signal);
    return JSON.parse(text);
  }

  /**
   * The entries of a lookup.
   *
   * @param name - which one, case counts; `info` lists the names
   * @throws {@link AccessDenied} for a name that the server does not know; {@link TransportError} and its kin
   */
  async lookup(name?: string, options?: NetworkOptions & SignalOptions): Promise<LookupEntry[]> {
    const [given, handed] = [new Handed({ name }), new Handed(options)];
    name = options = undefined;
    const wanted = new Handed(checked('lookup', given, { name: 'string' }).name as string | undefined);
    const { settings, signal } = networkOptions(handed);
    throwIfAborted(signal);
    const call = start((number) =>
      native.lookup(environment, number, providerNumber(new Handed(this)), wanted.take(), settings.take()),
    );
    const { text = '' } = await result(call, signal);
    return JSON.parse(text);
  }
}
