// Never run: `make lint` compiles it, so that the types say what the documentation does.
import { on, once } from 'node:events';
import {
  begin,
  type CallOptions,
  type Challenge,
  type EventKind,
  type Feed,
  Fingerprint,
  InvalidConfig,
  login,
  type NetworkOptions,
  Otp,
  Pan,
  type Profile,
  type Provider,
  type Question,
  RateLimited,
  RelatchError,
  type ReloginReason,
  type refresh,
  resume,
  SecondFactorRequired,
  type Session,
  type SessionEvent,
  SevenG,
  Synapsewave,
  SynapsewaveAccount,
  SynapsewaveDealer,
  Tokens,
  Totp,
  type TotpRegistration,
  TransportError,
} from 'relatch';
import { Sandbox, type SandboxCounts } from 'relatch/testing';

/** Compiles only where both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;
const same = <A, B>(_: Same<A, B>): void => {};

export async function program(): Promise<void> {
  const provider = new SevenG({ username: 'api_user', password: 'made-up', environment: 'test' });
  // @ts-expect-error no such environment
  new SevenG({ environment: 'nowhere' });
  // @ts-expect-error a password is a string
  new SevenG({ username: 'api_user', password: 7 });
  // @ts-expect-error no such setting
  new SevenG({ user: 'api_user' });

  const { signal } = new AbortController();
  await using session = await login(provider, {
    relogin: 'never',
    keepAlive: true,
    timeout: 10_000,
    force: false,
    signal,
  });
  // @ts-expect-error no such option
  await login(provider, { retries: 3 });
  // @ts-expect-error not a provider
  await login({ username: 'api_user' });
  same<typeof session, Session>(true);

  const options: CallOptions = { signal, timeout: 1_000 };
  same<Awaited<ReturnType<typeof session.token>>, string>(true);
  const token = await session.token(options);
  const headers: Record<string, string> = await session.headers(options);
  await fetch('https://api.example', { headers: await session.headers() });
  const tokens = await session.refresh(options);
  same<typeof tokens, Tokens>(true);
  same<typeof tokens.refreshToken, string | undefined>(true);
  const next: string = await session.reportUnauthorized(token, options);
  const expiry: Date | undefined = session.expiresAt;
  // @ts-expect-error it may have no tokens
  session.tokens.accessToken;
  // @ts-expect-error what a session is doing cannot be set
  session.state = 'closed';
  const claim: unknown = session.claims.exp;

  session.on('event', (event) => same<typeof event, SessionEvent<EventKind>>(true));
  session.once('refreshed', (event) => same<typeof event.kind, 'refreshed'>(true)).off('refreshed', () => {});
  // @ts-expect-error no such event
  session.on('refresh', () => {});

  const network: NetworkOptions = {
    clientCertificate: '-----BEGIN',
    localAddress: '192.0.2.1',
    addressFamily: 'ipv4',
    userAgent: 'made-up/1.0',
  };
  // @ts-expect-error no such family
  network.addressFamily = 'ipv5';
  resume(provider, { accessToken: 'a', refreshToken: null }, { advisoryMargin: 60_000, force: true });
  resume(provider, new Tokens('a', 'b'));
  for (const expiresAt of [new Date(0), '2026-01-05T03:30:00Z', 0, null, undefined]) {
    resume(provider, { accessToken: 'a', expiresAt });
  }
  // @ts-expect-error not a time
  resume(provider, { accessToken: 'a', expiresAt: true });
  // @ts-expect-error resuming sends nothing, so that there is nothing to give up
  resume(provider, tokens, { signal });
  same<Awaited<ReturnType<typeof refresh>>, Tokens>(true);
  console.log(headers, next, expiry, claim);
}

const gateway = { baseUrl: 'https://broker.example/prod', userId: 'UCC123456', apiKey: 'made-up' };

export async function synapsewave(): Promise<void> {
  const ask = async (question: Question) => `${question.wanted} ${question.user ?? ''}`;
  const providers: Provider[] = [
    new Synapsewave({ ...gateway, password: 'made-up', secondFactor: new Totp('made up'), xApiKey: false }),
    new Synapsewave({ ...gateway, mpin: '1234', secondFactor: new Otp(ask, { timeout: 60_000 }), source: 'MOBILEAPI' }),
    new Synapsewave({ ...gateway, ssoToken: ask, ssoTimeout: 60_000, deviceInfo: { DeviceModel: 'made-up' } }),
    new Synapsewave({ ...gateway, fingerprint: 'made-up', secondFactor: new Fingerprint('made-up') }),
    new SynapsewaveDealer({ ...gateway, password: 'made-up', version: '2.0.0' }),
  ];
  // @ts-expect-error true is no key
  new Synapsewave({ ...gateway, xApiKey: true });
  // @ts-expect-error a code is no factor
  new Synapsewave({ ...gateway, secondFactor: '123456' });
  // @ts-expect-error a dealer has no second factor
  new SynapsewaveDealer({ ...gateway, secondFactor: new Pan('made-up') });
  // @ts-expect-error no such source
  new Synapsewave({ ...gateway, source: 'DEALERAPI' });
  // @ts-expect-error an answer is a text
  new Otp(() => 123456);
  // @ts-expect-error a provider is made of one of the systems
  const provider: Provider = {};

  const challenge = await begin(providers[0] ?? provider, { signal: AbortSignal.timeout(1) });
  same<typeof challenge, Challenge>(true);
  const methods: readonly string[] = challenge.methods;
  const until: Date = challenge.expiresAt;
  const enabled: boolean | undefined = challenge.details.totpEnabled;
  // @ts-expect-error one factor, not two
  await challenge.complete({ otp: '123456', totp: '123456' });
  // @ts-expect-error a PAN completes nothing
  await challenge.complete({ pan: 'made-up' });
  const session = await challenge.complete({ otp: '123456' }, { signal: AbortSignal.timeout(1) });
  same<typeof session, Session>(true);

  same<Awaited<ReturnType<typeof session.validate>>, boolean>(true);
  same<Awaited<ReturnType<typeof session.feed>>, Feed>(true);
  const { url, token, user }: Feed = await session.feed({ timeout: 1_000 });
  const same7: [string | undefined, string, string | undefined] = [url, token, user];
  const [happened]: SessionEvent[] = await once(session, 'refreshed', { signal: AbortSignal.timeout(1) });
  for await (const [event] of on(session, 'event')) console.log(event, happened);
  session.once('feed_changed', (event) => same<typeof event.kind, 'feed_changed'>(true));
  const [pending, who]: [Challenge | undefined, string | undefined] = [session.challenge, session.user];
  const { profile } = session;
  same<typeof profile, Profile>(true);
  same<typeof profile.exchanges, readonly string[] | undefined>(true);
  same<typeof profile.ocToken, string | undefined>(true);
  same<typeof profile.futureKey, unknown>(true);
  same<ReturnType<typeof profile.secret>, string | undefined>(true);
  // @ts-expect-error what a system says of its user cannot be set
  profile.userId = 'UCC123456';
  console.log(methods, until, enabled, same7, pending, who, session.system);
}

export async function account(session: Session): Promise<void> {
  const account = new SynapsewaveAccount({ ...gateway, source: 'WEBAPI' });
  const whose: [string, string] = [account.baseUrl, account.userId];
  const tempToken: string = await account.verifyOtp({ otp: '123456' }, { exchangeTimeout: 1_000 });
  const words: string = await account.setPassword({ tempToken, newPassword: 'made-up' });
  const registration: TotpRegistration = await account.registerTotp({ otp: '123456' });
  await account.verifyTotp(session, { code: registration.secret });
  // @ts-expect-error it is made with a session
  await account.deleteTotp();
  // @ts-expect-error a number loses its leading zeros
  await account.changeMpin({ oldMpin: 1234, newMpin: 5678 });
  console.log(words, whose);
}

export function handle(error: unknown): Date | undefined {
  if (error instanceof InvalidConfig) same<typeof error.code, 'invalid_config'>(true);
  if (error instanceof RateLimited) return error.retryAt;
  if (error instanceof TransportError) same<typeof error.sent, 'no' | 'maybe' | undefined>(true);
  if (error instanceof SecondFactorRequired) same<typeof error.challenge, Challenge | undefined>(true);
  if (error instanceof RelatchError) same<typeof error.reason, ReloginReason | undefined>(true);
  return undefined;
}

export async function tests(): Promise<void> {
  await using sandbox = await Sandbox.start({ accessTokenLifetime: 20_000, lockout: { failures: 5 } });
  await login(sandbox.sevenG({ credentials: true, bearer: true }), { signal: AbortSignal.timeout(1) });
  sandbox.fault({ on: 'refresh', fault: 'answer', status: 429, retryAfter: 5_000, times: null });
  // @ts-expect-error no such fault
  sandbox.fault({ on: 'refresh', fault: 'explode' });
  await sandbox.waitFor('login', 1, { timeout: 1_000 });
  await begin(sandbox.synapsewave({ secondFactor: undefined }));
  const [otp, code]: [string | undefined, string] = [sandbox.outbox()[0]?.otp, sandbox.totp()];
  sandbox.revoke({ system: 'synapsewave', userId: `${otp} ${code} ${sandbox.synapsewaveUrl}` });
  const counts: SandboxCounts = sandbox.counts();
  same<typeof counts.login_rejected, number>(true);
}
