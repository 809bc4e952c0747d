/**
 * Providers: the systems to log in to.
 */
import { environment, whenAbandoned } from './calls';
import { decode, InvalidConfig } from './errors';
import type { Handed } from './handed';
import { type Inspect, inspect, refuseCloning } from './inspect';
import { native } from './native';
import { readObject } from './plain';
import { type Asked, withdrawFrom } from './questions';

const released = new FinalizationRegistry<number>((number) => native.releaseProvider(environment, number));

/**
 * The number of a provider in the native half.
 *
 * @internal
 */
export let providerNumber: (provider: Handed) => number;

/**
 * Whether a provider asks callbacks, so that sessions must keep it.
 *
 * @internal
 */
export let asksCallbacks: (provider: object) => boolean;

/** A system to log in to, for one user of it. */
export abstract class Provider {
  readonly #number: number;
  readonly #name: string;
  /** They live as long as this does. */
  readonly #asked: readonly Asked[];

  /**
   * @param made - its number in the native half, or an error
   * @param name - what it shows itself as
   * @param asked - the callbacks that its logins ask
   *
   * @internal
   */
  constructor(made: number | string, name: string, kind: (...values: never) => unknown, asked: Asked[] = []) {
    if (typeof made === 'string') throw decode(made, kind);
    this.#number = made;
    this.#name = name;
    this.#asked = asked;
    released.register(this, made);
    refuseCloning(this);
  }

  static {
    providerNumber = (given) => {
      const number = given.map((provider) =>
        typeof provider === 'object' && provider !== null && #number in provider ? provider.#number : undefined,
      );
      const found = number.take();
      if (found !== undefined) return found;
      const message = 'The provider must be a SevenG, a Synapsewave or a SynapsewaveDealer.';
      throw new InvalidConfig(message, { field: 'provider' });
    };
    asksCallbacks = (provider) => #asked in provider && provider.#asked.length > 0;
    // Nobody can have the session of such a login any more: a prompt of it would take the answer from the next one.
    whenAbandoned((owner) => {
      if (#asked in owner) for (const { number } of owner.#asked) withdrawFrom(number);
    });
  }

  /** @internal */
  [inspect](depth: number, options: unknown, show: Inspect): string {
    const { baseUrl, user } = readObject(native.describeProvider(environment, this.#number));
    return `${this.#name} ${show({ baseUrl, user }, depth, options)}`;
  }
}
