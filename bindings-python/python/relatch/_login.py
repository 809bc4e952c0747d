"""The ways to get tokens: log in, go on with tokens from elsewhere, exchange tokens for new ones."""

from __future__ import annotations

from relatch import _relatch, _signatures, _tokens
from relatch._session import Challenge, Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from typing_extensions import Unpack

    from relatch._options import Options
    from relatch._tokens import Tokens


def login(provider: _relatch.Provider, **options: Unpack[Options]) -> Session:
    """Logs in and returns a session that stays valid.

    Blocks with the GIL released. A caller that is interrupted by Ctrl-C, or whose time is up, takes nothing with it:
    a login that is on the wire goes on and is counted; one that waits for its turn is not sent.

    Args:
        provider: Which system to log in to, and as whom.
        **options: See `Options`. Times are in seconds.

    Returns:
        The session, logged in. As a context manager it logs out at the end.

    Raises:
        InvalidConfig: An argument is wrong, or the provider holds no credentials. Nothing was sent.
        InvalidCredentials: The server refused the user or the password.
        SecondFactorRequired: A second factor is needed and the provider holds none, or the callback for it gave none;
            `challenge` completes the login where the server waits for it.
        SecondFactorRejected: The second factor was refused.
        AccountLocked: The server says that the account is locked.
        LockoutGuard: One more failed login could lock the account, so it was not sent.
        AccessDenied: The server refused for another reason.
        RateLimited: The server asks to wait for longer than `timeout`.
        TransportError: No answer was had (`RequestTimeout`, `TlsError` and `ProxyError` are such).
        ProtocolError: The server gave an answer that cannot be read.

    Example:
        >>> with relatch.login(relatch.SevenG(username="api_user", password="...", environment="test")) as session:
        ...     requests.get(url, headers=session.headers())
    """
    [provider] = _relatch.hold(provider)
    return Session(_relatch.login(provider, options))


async def login_async(provider: _relatch.Provider, **options: Unpack[Options]) -> Session:
    """Logs in and returns a session that stays valid; `login` for asyncio.

    The session works in any thread and any event loop of asyncio. Cancelling the task takes nothing with it: a login
    that is on the wire goes on and is counted; one that waits for its turn is not sent.

    Args:
        provider: Which system to log in to, and as whom.
        **options: As for `login`.

    Returns:
        The session, logged in.

    Raises:
        RelatchError: As `login`.

    Example:
        >>> async with await relatch.login_async(provider) as session:
        ...     await client.get(url, headers=await session.headers_async())
    """
    [provider] = _relatch.hold(provider)
    return Session(await _relatch.login_async(provider, options))


def begin(provider: _relatch.Provider, **options: Unpack[Options]) -> Challenge:
    """Takes the first step of a login whose second factor a human is going to give.

    Blocks as `login` does, and works inside a running event loop, as in a notebook.

    Args:
        provider: Which system to log in to, and as whom. Synapsewave with a password has such a step.
        **options: As for `login`; they are those of the session.

    Returns:
        What the server asks for. `Challenge.complete` answers it and gives the session.

    Raises:
        InvalidConfig: The system, or the first factor, has no such step. Nothing was sent.
        RelatchError: Else as `login`.

    Example:
        >>> challenge = relatch.begin(provider)
        >>> challenge.methods
        ('otp', 'totp', 'fingerprint')
        >>> session = challenge.complete(otp=input("OTP: "))
    """
    [provider] = _relatch.hold(provider)
    return Challenge(_relatch.begin(provider, options))


async def begin_async(provider: _relatch.Provider, **options: Unpack[Options]) -> Challenge:
    """Takes the first step of a login; `begin` for asyncio, with the same arguments, result and errors.

    Example:
        >>> challenge = await relatch.begin_async(provider)
        >>> session = await challenge.complete_async(otp="123456")
    """
    [provider] = _relatch.hold(provider)
    return Challenge(await _relatch.begin_async(provider, options))


def resume(
    provider: _relatch.Provider, tokens: Tokens | Mapping[str, Any] | tuple[Any, ...], **options: Unpack[Options]
) -> Session:
    """A session from tokens that are held elsewhere. No traffic.

    Args:
        provider: The system that issued the tokens; credentials are needed only to log in again by itself.
        tokens: `Tokens`, or a mapping or a tuple with the same members.
        **options: As for `login`.

    Returns:
        The session. From now on it owns the refresh token: spend it nowhere else.

    Raises:
        InvalidConfig: An argument is wrong; ``field`` names it.

    Example:
        >>> session = relatch.resume(provider, {"access_token": access, "refresh_token": refresh})
    """
    provider, tokens = _relatch.hold(provider, tokens)
    return Session(_relatch.resume(provider, tokens, options))


def refresh(
    provider: _relatch.Provider, tokens: Tokens | Mapping[str, Any] | tuple[Any, ...], **options: Unpack[Options]
) -> Tokens:
    """Exchanges tokens for new ones, for programs that keep tokens in their own database. No session is kept.

    Where the system has no refresh, as Synapsewave has none, this is a login with the provider's credentials, for which
    a callback may ask a human for the second factor.

    Args:
        provider: The system that issued the tokens. Where that has a refresh, this never logs in.
        tokens: `Tokens`, or a mapping or a tuple with the same members. The refresh token is spent.
        **options: As for `login`.

    Returns:
        The new tokens.

    Raises:
        ReloginRequired: The refresh token was refused or is missing, or the answer was lost.
        RelatchError: Else as `login`.

    Example:
        >>> row.tokens = relatch.refresh(provider, row.tokens)
    """
    provider, tokens = _relatch.hold(provider, tokens)
    return _tokens.from_native(_relatch.refresh(provider, tokens, options))


async def refresh_async(
    provider: _relatch.Provider, tokens: Tokens | Mapping[str, Any] | tuple[Any, ...], **options: Unpack[Options]
) -> Tokens:
    """Exchanges tokens for new ones; `refresh` for asyncio.

    Args:
        provider: The system that issued the tokens. Where that has no refresh this is a login, as `refresh` says.
        tokens: `Tokens`, or a mapping or a tuple with the same members. The refresh token is spent, even if the task
            is cancelled: shield it.
        **options: As for `login`.

    Returns:
        The new tokens.

    Raises:
        RelatchError: As `refresh`.

    Example:
        >>> row.tokens = await relatch.refresh_async(provider, row.tokens)
    """
    provider, tokens = _relatch.hold(provider, tokens)
    return _tokens.from_native(await _relatch.refresh_async(provider, tokens, options))


_signatures.show(_signatures.SESSION, login, login_async)
_signatures.show(_signatures.SESSION, begin, begin_async)
_signatures.show(_signatures.SESSION, resume)
_signatures.show(_signatures.SESSION, refresh, refresh_async)
