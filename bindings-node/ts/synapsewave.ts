/**
 * The Synapsewave API, for a broker's user and for a dealer.
 */
import { environment } from './calls';
import { checked, type Shape } from './checked';
import { InvalidConfig } from './errors';
import { type Factor, factorParts } from './factor';
import { Handed } from './handed';
import { native } from './native';
import { bare } from './plain';
import { Provider } from './provider';
import { Asked, type Callback } from './questions';

/** Where a broker's API is, for whom it is called, and with which keys. */
export interface SynapsewaveGateway {
  /** The address that the broker gave, with its path prefix, as in `https://broker.example/prod/interactive`. */
  baseUrl?: string | undefined;
  /** The user, as the broker spells it: in capitals as a rule. */
  userId?: string | undefined;
  /** The key that the broker gave, which goes along in the body. */
  apiKey?: string | undefined;
  /** A key of its own for the `x-api-key` header, the API key unless given; `false` leaves the header off. */
  xApiKey?: string | false | undefined;
  /** Lets plain http leave this machine. */
  allowInsecure?: boolean | undefined;
}

/** What a login tells of the program. */
export interface SynapsewaveProgram {
  /** The version of the program that logs in, such as `2.0.0`. */
  version?: string | undefined;
  /** The version of its build, such as `22.11.01`. */
  buildVersion?: string | undefined;
}

/**
 * Settings of a {@link Synapsewave}.
 *
 * A login takes one first factor: `password`, `mpin`, `fingerprint`, `ssoToken` or `registerToken`.
 */
export interface SynapsewaveSettings extends SynapsewaveGateway, SynapsewaveProgram {
  /** The password. Without a second factor the server asks for one: see `begin`. */
  password?: string | undefined;
  /** The user's MPIN, 4 to 6 digits; it takes a second factor that is not the PAN. */
  mpin?: string | undefined;
  /** The identifier of a device on which the user has registered a fingerprint. */
  fingerprint?: string | undefined;
  /**
   * A token of another identity provider, or a function that gives one, called once for each login.
   *
   * A token that is given as it is is taken to be good for one login.
   */
  ssoToken?: string | Callback | undefined;
  /** How long the answer of that function is waited for, in milliseconds; 120000 unless given, 100 at least. */
  ssoTimeout?: number | undefined;
  /** The token of a first step that was made elsewhere; it takes a second factor that is not the PAN. */
  registerToken?: string | undefined;
  /** A login type that relatch does not know, sent as given with `password` as its value. */
  loginType?: string | undefined;
  /** The second factor. */
  secondFactor?: Factor | undefined;
  /** What the broker's licence is for; `WEBAPI` unless given. */
  source?: 'WEBAPI' | 'MOBILEAPI' | undefined;
  /** The identifier of the device that logs in. */
  udid?: string | undefined;
  /** More of that device by the vendor's names, such as `DeviceModel`, sent as given. */
  deviceInfo?: Readonly<Record<string, string>> | undefined;
}

/** Settings of a {@link SynapsewaveDealer}. */
export interface SynapsewaveDealerSettings extends SynapsewaveGateway, SynapsewaveProgram {
  /** The password. */
  password?: string | undefined;
}

/**
 * @internal
 */
export const GATEWAY: Shape = {
  baseUrl: 'string',
  userId: 'string',
  apiKey: 'string',
  xApiKey: 'key',
  allowInsecure: 'boolean',
};
const DEALER: Shape = { ...GATEWAY, password: 'string', version: 'string', buildVersion: 'string' };
const USER: Shape = {
  ...DEALER,
  mpin: 'string',
  fingerprint: 'string',
  ssoToken: 'source',
  ssoTimeout: 'limit',
  registerToken: 'string',
  loginType: 'string',
  secondFactor: 'checkedElsewhere',
  source: 'string',
  udid: 'string',
  deviceInfo: 'texts',
};

/**
 * Checks settings and spells `xApiKey` as the native half takes it.
 *
 * @internal
 */
export function gatewaySettings(given: Handed, shape: Shape): Handed<Record<string, unknown>> {
  const settings = checked('settings', given, shape);
  if (settings.xApiKey === false) {
    delete settings.xApiKey;
    settings.withoutXApiKey = true;
  }
  return new Handed(settings);
}

/** The settings for the native half, and the callbacks that must live as long as the provider. */
function split(given: Handed): { settings: Handed<Record<string, unknown>>; asked: Asked[] } {
  const settings = gatewaySettings(given, USER);
  if (settings.map(lacksCallback).take()) {
    throw new InvalidConfig('ssoTimeout goes with an ssoToken that is a function.', { field: 'ssoTimeout' });
  }
  const secondFactor = settings.map((settings) => settings.secondFactor);
  const factor = secondFactor.take() === undefined ? undefined : factorParts(secondFactor);
  const asked = factor?.asked ? [factor.asked] : [];
  return { settings: settings.map((settings) => spelt(settings, asked, factor?.number)), asked };
}

function lacksCallback({ ssoTimeout, ssoToken }: Record<string, unknown>): boolean {
  return ssoTimeout !== undefined && typeof ssoToken !== 'function';
}

/** The settings as the native half takes them. */
function spelt(
  given: Record<string, unknown>,
  asked: Asked[],
  secondFactor: number | undefined,
): Record<string, unknown> {
  const { secondFactor: _, ssoToken, deviceInfo, ...rest } = bare(given);
  const settings = bare<Record<string, unknown>>(rest);
  if (deviceInfo !== undefined) settings.deviceInfo = JSON.stringify(bare(Object(deviceInfo)));
  if (secondFactor !== undefined) settings.secondFactor = secondFactor;
  if (typeof ssoToken === 'function') {
    const callback = new Asked(ssoToken as Callback);
    settings.ssoCallback = callback.number;
    asked.push(callback);
  } else if (ssoToken !== undefined) {
    settings.ssoToken = ssoToken;
  }
  return settings;
}

/**
 * Synapsewave, for one user of one broker.
 *
 * A session lasts until the day ends in India. There is no refresh: what stands for it is a new login, which a session
 * makes by itself where its factors need no human.
 *
 * @example
 * ```ts
 * const provider = new Synapsewave({
 *   baseUrl: 'https://broker.example/prod/interactive',
 *   userId: 'UCC123456',
 *   apiKey: '...',
 *   password: '...',
 *   secondFactor: new Totp('JBSW Y3DP EHPK 3PXP'),
 * })
 * ```
 */
export class Synapsewave extends Provider {
  /**
   * @param settings - without a first factor the provider is good for `resume`
   * @throws {@link InvalidConfig} with the `field` that is wrong; nothing is sent
   */
  constructor(settings: SynapsewaveSettings);
  /** @internal */
  constructor(settings: SynapsewaveSettings, sandbox?: number);
  constructor(given: SynapsewaveSettings, sandbox?: number) {
    const handed = new Handed(given);
    given = {};
    const { settings, asked } = split(handed);
    super(native.synapsewave(environment, settings.take(), sandbox), 'Synapsewave', new.target as never, asked);
  }
}

/** Synapsewave, for one dealer of a broker. It knows no second factor. */
export class SynapsewaveDealer extends Provider {
  /**
   * @param settings - without a password the provider is good for `resume`
   * @throws {@link InvalidConfig} with the `field` that is wrong; nothing is sent
   */
  constructor(settings: SynapsewaveDealerSettings);
  /** @internal */
  constructor(settings: SynapsewaveDealerSettings, sandbox?: number);
  constructor(settings: SynapsewaveDealerSettings, sandbox?: number) {
    const handed = new Handed(settings);
    settings = {};
    const made = native.synapsewaveDealer(environment, gatewaySettings(handed, DEALER).take(), sandbox);
    super(made, 'SynapsewaveDealer', new.target as never);
  }
}
