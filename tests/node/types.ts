// Never run: `make lint` compiles it, so that the types say what the documentation does.
import {
  type CallOptions,
  type EventKind,
  InvalidConfig,
  login,
  RateLimited,
  RelatchError,
  type ReloginReason,
  type refresh,
  resume,
  type Session,
  type SessionEvent,
  SevenG,
  Tokens,
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
  await using session = await login(provider, { relogin: 'never', keepAlive: true, timeout: 10, force: false, signal });
  // @ts-expect-error no such option
  await login(provider, { retries: 3 });
  // @ts-expect-error not a provider
  await login({ username: 'api_user' });
  same<typeof session, Session>(true);

  const options: CallOptions = { signal, timeout: 1 };
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

  resume(provider, { accessToken: 'a', refreshToken: null }, { advisoryMargin: 60 });
  resume(provider, new Tokens('a', 'b'));
  // @ts-expect-error resuming sends nothing, so that there is nothing to give up
  resume(provider, tokens, { signal });
  same<Awaited<ReturnType<typeof refresh>>, Tokens>(true);
  console.log(headers, next, expiry, claim);
}

export function handle(error: unknown): Date | undefined {
  if (error instanceof InvalidConfig) same<typeof error.code, 'invalid_config'>(true);
  if (error instanceof RateLimited) return error.retryAt;
  if (error instanceof TransportError) same<typeof error.sent, 'no' | 'maybe' | undefined>(true);
  if (error instanceof RelatchError) same<typeof error.reason, ReloginReason | undefined>(true);
  return undefined;
}

export async function tests(): Promise<void> {
  await using sandbox = await Sandbox.start({ accessTokenLifetime: 20, lockout: { failures: 5 } });
  await login(sandbox.sevenG({ credentials: true, bearer: true }), { signal: AbortSignal.timeout(1) });
  sandbox.fault({ on: 'refresh', fault: 'answer', status: 429, retryAfter: 5, times: null });
  // @ts-expect-error no such fault
  sandbox.fault({ on: 'refresh', fault: 'explode' });
  await sandbox.waitFor('login', 1, { timeout: 1 });
  const counts: SandboxCounts = sandbox.counts();
  same<typeof counts.login_rejected, number>(true);
}
