/**
 * Providers: the systems to log in to.
 */
import { environment, result, start } from './calls';
import { decode, InvalidConfig } from './errors';
import { type Inspect, inspect, refuseCloning } from './inspect';
import { native } from './native';
import { checked, type NetworkOptions, networkOptions, type Shape, type SignalOptions } from './options';

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
  /** The body as it came; what is in it is not documented. */
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

const released = new FinalizationRegistry<number>((number) => native.releaseProvider(environment, number));

/**
 * The number of a provider in the native half.
 *
 * @internal
 */
export let providerNumber: (provider: unknown) => number;

/**
 * The 7G API, for one user.
 *
 * @example
 * ```ts
 * const provider = new SevenG({ username: 'api_user', password: '...', environment: 'test' })
 * ```
 */
export class SevenG {
  readonly #number: number;

  /**
   * @param settings - user name and password, and an environment unless it is production; without credentials the
   *   provider is good for {@link resume}, {@link refresh} and the two calls below
   * @throws {@link InvalidConfig} with the `field` that is wrong; nothing is sent
   */
  constructor(settings?: SevenGSettings);
  /** @internal */
  constructor(settings?: SevenGSettings, sandbox?: number);
  constructor(settings?: SevenGSettings, sandbox?: number) {
    const number = native.sevenG(environment, checked('settings', settings, SETTINGS), sandbox);
    if (typeof number === 'string') throw decode(number, new.target as never);
    this.#number = number;
    released.register(this, number);
    refuseCloning(this);
  }

  static {
    providerNumber = (provider) => {
      if (typeof provider === 'object' && provider !== null && #number in provider) return provider.#number;
      throw new InvalidConfig('The provider must be a SevenG.', { field: 'provider' });
    };
  }

  /**
   * Asks whether the API works. Needs no credentials and counts for no lockout.
   *
   * @throws {@link TransportError} and its kin where no answer came
   */
  async health(options?: NetworkOptions & SignalOptions): Promise<Health> {
    const { settings, signal } = networkOptions(options);
    signal?.throwIfAborted();
    const call = start((number) => native.health(environment, number, this.#number, settings));
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
    checked('lookup', { name }, { name: 'string' });
    const { settings, signal } = networkOptions(options);
    signal?.throwIfAborted();
    const call = start((number) => native.lookup(environment, number, this.#number, name, settings));
    const { text = '' } = await result(call, signal);
    return JSON.parse(text);
  }

  /** @internal */
  [inspect](depth: number, options: unknown, show: Inspect): string {
    return `SevenG ${show(JSON.parse(native.describeProvider(environment, this.#number)), depth, options)}`;
  }
}
