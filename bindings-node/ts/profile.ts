/**
 * The user as a system describes it.
 */
import { camelCase } from './errors';
import { type Inspect, inspect, Uncloneable } from './inspect';
import { fixed } from './plain';

/**
 * The user as the system describes it: whatever it says, under one name for each thing where relatch has one, and else
 * as the server spells it. Everything is optional.
 *
 * Secrets are there to be read and are not among the object's own properties: `console.log` and `JSON.stringify` do not
 * show them.
 */
export interface Profile {
  /** 7G: the user name. */
  readonly username?: string;
  readonly userId?: string;
  /** 7G: the instance. */
  readonly instanceId?: string;
  /** 7G: the roles; what is in them is not documented. */
  readonly roles?: unknown;
  readonly aliasId?: string;
  readonly userName?: string;
  readonly userStatus?: number | string;
  /** When the user logged in, as the server writes it, by Indian time. */
  readonly loginTime?: string;
  readonly exchanges?: readonly string[];
  /** The exchanges whose market data the user may see. */
  readonly broadcastExchanges?: readonly string[];
  readonly productTypes?: readonly string[];
  readonly productTypesByExchange?: Readonly<Record<string, readonly string[]>>;
  readonly mpinEnabled?: boolean;
  readonly fingerprintEnabled?: boolean;
  readonly totpEnabled?: boolean;
  /** Which second factors are allowed, in the server's words. */
  readonly ptnType?: string;
  readonly userCode?: string;
  readonly groupId?: string;
  readonly groupCode?: string;
  readonly newsCategories?: string;
  readonly messageSocket?: string;
  readonly broadcastSocket?: string;
  readonly secondBroadcastSockets?: readonly string[];
  readonly poa?: string;
  readonly gtdDefaultDays?: number | string;
  readonly gtdMaxDays?: number | string;
  readonly gtdValidityName?: string;
  readonly gtdConfigDetails?: string;
  readonly managerIp?: string;
  readonly tslAllowed?: readonly unknown[];
  readonly edisForMtf?: boolean;
  readonly showJumpPriceBothLtpAndTriggerPrice?: boolean;
  readonly passwordExpiryDays?: number | string;
  readonly amoAllowed?: boolean;
  readonly maxOrderSlices?: number;
  readonly participantCode?: string;
  readonly derivativesParticipantCode?: string;
  /** Secret. */
  readonly sessionToken?: string | undefined;
  /** Secret. */
  readonly ocToken?: string | undefined;
  /** Secret. */
  readonly cft?: string | undefined;
  /** Secret: what the market data feed is opened with. `Session.feed` gives one that is valid. */
  readonly broadcastToken?: string | undefined;
  /** A secret by its name, also one that relatch does not know. */
  secret(name: string): string | undefined;
  readonly [name: string]: unknown;
}

/** The names that relatch gives, by those of the core. */
const NAMES = new Map(
  [
    ...['user_id', 'instance_id', 'alias_id', 'user_name', 'user_status', 'login_time', 'broadcast_exchanges'],
    ...['product_types', 'product_types_by_exchange', 'mpin_enabled', 'fingerprint_enabled', 'totp_enabled'],
    ...['ptn_type', 'user_code', 'group_id', 'group_code', 'news_categories', 'message_socket', 'broadcast_socket'],
    ...['second_broadcast_sockets', 'gtd_default_days', 'gtd_max_days', 'gtd_validity_name', 'gtd_config_details'],
    ...['manager_ip', 'tsl_allowed', 'edis_for_mtf', 'show_jump_price_both_ltp_and_trigger_price'],
    ...['password_expiry_days', 'amo_allowed', 'max_order_slices', 'participant_code'],
    ...['derivatives_participant_code', 'session_token', 'oc_token', 'broadcast_token'],
  ].map((name) => [name, camelCase(name)]),
);

/**
 * Spells what relatch has a name for as JavaScript does, and leaves the rest as the server spells it. What the server
 * spells as relatch does something else is left out.
 *
 * @internal
 */
export function respelt(fields: object): Array<[string, unknown]> {
  const ours = new Map<string, unknown>();
  for (const [name, value] of Object.entries(fields)) {
    const own = NAMES.get(name);
    if (own !== undefined) ours.set(own, value);
  }
  return [...ours, ...Object.entries(fields).filter(([name]) => !NAMES.has(name) && !ours.has(name))];
}

/** What every object has, and must go on to have. */
const HIDDEN = new Set(['constructor', 'hasOwnProperty', 'toLocaleString', 'toString', 'valueOf', '__proto__']);

class ProfileOfUser extends Uncloneable {
  readonly #secrets: ReadonlyMap<string, unknown>;

  constructor(fields: object, secrets: object) {
    super();
    this.#secrets = new Map(respelt(secrets));
    for (const [name, value] of respelt(fields)) {
      // What the server calls as one of the getters is called stays hidden behind it.
      if (!HIDDEN.has(name) && !Object.hasOwn(ProfileOfUser.prototype, name))
        Object.defineProperty(this, name, fixed(value, { enumerable: true }));
    }
  }

  get sessionToken(): string | undefined {
    return this.secret('sessionToken');
  }

  get ocToken(): string | undefined {
    return this.secret('ocToken');
  }

  get cft(): string | undefined {
    return this.secret('cft');
  }

  get broadcastToken(): string | undefined {
    return this.secret('broadcastToken');
  }

  secret(name: string): string | undefined {
    return this.#secrets.get(name) as string | undefined;
  }

  [inspect](depth: number, options: unknown, show: Inspect): string {
    return `Profile ${show({ ...this }, depth, options)}`;
  }
}

/**
 * Reads a profile that the native half wrote.
 *
 * @internal
 */
export function readProfile(text: string): Profile {
  const { fields, secrets } = JSON.parse(text);
  return new ProfileOfUser(fields, secrets) as object as Profile;
}
