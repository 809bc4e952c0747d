"""`Session` and `Challenge`: handles of a login that is done, and of one between its two steps."""

from __future__ import annotations

from relatch import _events, _once, _questions, _relatch, _tokens
from relatch._errors import InvalidConfig
from relatch._feed import Feed
from relatch._profile import Profile
from relatch._time import moment, moment_if

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import Any, NoReturn

    from typing_extensions import Self

    from relatch._events import Event, Subscription
    from relatch._question_dispatcher import Handler
    from relatch._relatch import _Headers
    from relatch._tokens import Tokens


class Session(_relatch.Session):
    """A session that stays valid; `login` and `resume` make one.

    It serves all threads and event loops of the process at once. A forked child may use the token it inherits while
    that lasts, and then logs in for itself or raises `ForkedSession`: it never spends its parent's refresh token.

    As a context manager, plain or async, it logs out at the end.

    Example:
        >>> with relatch.login(provider) as session:
        ...     requests.get(url, headers=session.headers())
    """

    # No dict: ten thousand sessions are to be cheap, and `token` a single native call. The callbacks are here, and not
    # in the native part, for the garbage collector to see.
    __slots__ = ("_callback", "_listeners")

    _callback: Handler | None
    _listeners: _events.Listeners | None

    def __new__(cls, opened: _relatch.Opened) -> Self:
        """Made by `login`, `resume` and `Challenge.complete`."""
        self = super().__new__(cls, opened)
        self._callback = _questions.held(opened.asks)
        self._listeners = None
        return self

    async def token_async(self, *, timeout: float | None = None) -> str:
        """An access token with at least 30 seconds to live, while the server answers; `token` for asyncio.

        A fresh one is returned at once, without giving way to other tasks. Cancelling the task ends the wait of this
        caller and nothing else.

        Args:
            timeout: Seconds to wait at most; the session's `timeout` unless given. While the server is away or busy,
                it is tried again for as long.

        Returns:
            The token.

        Raises:
            RelatchError: As `token`.

        Example:
            >>> token = await session.token_async()
        """
        if timeout is not None:
            _relatch.check_limit(timeout)
        return self._fresh_token() or await self._token_async(timeout)

    async def headers_async(self, *, timeout: float | None = None) -> dict[str, str]:
        """The headers that authorise a request; `headers` for asyncio.

        Args:
            timeout: Seconds to wait at most; the session's `timeout` unless given.

        Returns:
            A new dict, yours to change.

        Raises:
            RelatchError: As `token`.

        Example:
            >>> await client.get(url, headers=await session.headers_async())
        """
        if timeout is not None:
            _relatch.check_limit(timeout)
        return self._fresh_headers() or await self._headers_async(timeout)

    def refresh(self, *, timeout: float | None = None) -> Tokens:
        """Gets new tokens now. Calls at the same time share one exchange.

        While the server cannot be reached or is busy this waits and tries again until its time is up; calls for a
        token go on with the old one meanwhile, and a failure leaves it in use. Where the system has no refresh this is
        a login, for which a callback may ask a human for the second factor.

        Args:
            timeout: Seconds to wait at most; the session's `timeout` unless given, and what a factor takes.

        Returns:
            The new tokens. The session goes on using them: do not spend the refresh token elsewhere.

        Raises:
            RelatchError: As `token`.

        Example:
            >>> session.refresh().expires_at
        """
        return _tokens.from_native(self._refresh(timeout))

    async def refresh_async(self, *, timeout: float | None = None) -> Tokens:
        """Gets new tokens now; `refresh` for asyncio, with the same arguments, result and errors."""
        return _tokens.from_native(await self._refresh_async(timeout))

    async def report_unauthorized_async(self, sent: str | _Headers, *, timeout: float | None = None) -> str:
        """Says that the server refused a request, and returns a token to try again with.

        `report_unauthorized` for asyncio, with the same arguments, result and errors.
        """
        [sent] = _relatch.hold(sent)
        return await self._report_unauthorized_async(sent, timeout)

    async def logout_async(self) -> None:
        """Forgets the tokens and ends the session on the server where the system can do that; `logout` for asyncio.

        Cancelling the task ends the wait for the server's answer and nothing else.
        """
        await self._logout_async()

    async def validate_async(self) -> bool:
        """Whether the server still knows the session; `validate` for asyncio, with the same result and errors."""
        return await self._validate_async()

    def feed(self, *, timeout: float | None = None) -> Feed:
        """What is needed to open the market data feed, with a token that is valid now.

        The event "feed_changed" tells when what was returned is out of date.

        Args:
            timeout: Seconds to wait at most; the session's `timeout` unless given.

        Returns:
            The feed's address, token and user.

        Raises:
            InvalidConfig: The system has no feed; 7G has none.
            RelatchError: As `token`.

        Example:
            >>> feed = session.feed()
            >>> connect(feed.url, feed.token)
        """
        return Feed(*self._feed(timeout))

    async def feed_async(self, *, timeout: float | None = None) -> Feed:
        """What is needed to open the feed; `feed` for asyncio, with the same arguments, result and errors."""
        return Feed(*await self._feed_async(timeout))

    def subscribe(self, callback: Callable[[Event], object]) -> Subscription:
        """Calls `callback` for everything that happens to the session from now on, until it is cancelled.

        All callbacks of a process run one after the other on one daemon thread, a real one under gevent and eventlet
        too: be quick, and give way to an event loop by ``loop.call_soon_threadsafe``. What a callback raises goes to
        ``sys.unraisablehook``. The session holds its callbacks: when it is gone, they hear what happened until then.

        Args:
            callback: Called with an `Event`.

        Returns:
            What ends it: `Subscription.cancel`, or leaving it as a context manager. It need not be kept. It has ended
            already where the session has, by `logout`.

        Raises:
            InvalidConfig: `callback` cannot be called, or is a coroutine function or an object that is called as one.

        Example:
            >>> session.subscribe(lambda event: log.info("%s %s", event.kind, event.code))
        """
        [callback] = _relatch.hold(callback)
        return _events.subscribe(self, callback)

    @property
    def tokens(self) -> Tokens | None:
        """The tokens as they are, for programs that keep them elsewhere; None after `logout`. No traffic."""
        parts = self._tokens()
        return None if parts is None else _tokens.from_native(parts)

    @property
    def challenge(self) -> Challenge | None:
        """The login to complete, where the server waits for its second factor; None where it does not. No traffic.

        Example:
            >>> if session.challenge is not None:
            ...     session.challenge.complete(otp=input("OTP: "))
        """
        begun = self._challenge()
        return None if begun is None else Challenge(begun)

    @property
    def expires_at(self) -> datetime | None:
        """The end of the access token by the server's clock, as an aware datetime; None where there is no token."""
        return moment_if(self._expires_at())

    @property
    def claims(self) -> dict[str, Any]:
        """What the access token's issuer says in it; empty where the token is no JWT. Read, not verified."""
        return parsed(self._claims())

    @property
    def profile(self) -> Profile:
        """The user as the system describes it; empty where it does not. No traffic."""
        fields, secrets = self._profile()
        return Profile(parsed(fields), dict(secrets))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.logout()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.logout_async()

    def __repr__(self) -> str:
        return f"Session(system={self.system!r}, user={self.user!r}, state={self.state!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Session is neither pickled nor copied, for two owners of one refresh token end each other's session: "
            "share the object within the process, and log in again in another one"
        )


def parsed(text: str) -> dict[str, Any]:
    """A JSON object of the native module."""
    # Imported when it is needed: most programs never ask.
    import json  # noqa: PLC0415

    members: dict[str, Any] = json.loads(text)
    return members


class Challenge(_relatch.Challenge):
    """A login that waits for its second factor; `begin` makes one, and `SecondFactorRequired` may carry one.

    A factor that the server refuses ends it: begin again.

    Example:
        >>> challenge = relatch.begin(provider)
        >>> session = challenge.complete(totp="123456")
    """

    __slots__ = ("_callback",)

    _callback: Handler | None

    def __new__(cls, begun: _relatch.Begun) -> Self:
        """Made by `begin`."""
        self = super().__new__(cls, begun)
        self._callback = _questions.held(begun.asks)
        return self

    def complete(self, *, totp: str | None = None, otp: str | None = None, fingerprint: str | None = None) -> Session:
        """Gives the second factor and returns the session. Give exactly one.

        Blocks with the GIL released, and works inside a running event loop. A caller that is interrupted takes nothing
        with it: the login goes on, and completing again returns its session.

        Args:
            totp: The code that an authenticator app shows now.
            otp: The one-time password that the system sent to its user.
            fingerprint: The identifier of the device on which the user has registered a fingerprint.

        Returns:
            The session, logged in.

        Raises:
            InvalidConfig: None or several were given, or one that cannot be right. Nothing was sent and nothing is
                lost: complete again.
            SecondFactorRejected: The server refused it.
            SecondFactorRequired: The challenge is over.
            RelatchError: Else as `login`.

        Example:
            >>> session = challenge.complete(otp="123456")
        """
        totp, otp, fingerprint = _relatch.hold(totp, otp, fingerprint)
        return Session(self._complete(*_only({"totp": totp, "otp": otp, "fingerprint": fingerprint})))

    async def complete_async(
        self, *, totp: str | None = None, otp: str | None = None, fingerprint: str | None = None
    ) -> Session:
        """Gives the second factor; `complete` for asyncio, with the same arguments, result and errors."""
        totp, otp, fingerprint = _relatch.hold(totp, otp, fingerprint)
        return Session(await self._complete_async(*_only({"totp": totp, "otp": otp, "fingerprint": fingerprint})))

    @property
    def methods(self) -> tuple[str, ...]:
        """The factors that `complete` takes, as far as the server says which its user has."""
        return tuple(self._methods())

    @property
    def expires_at(self) -> datetime:
        """Until when the login can be completed, by the server's clock, as an aware datetime."""
        return moment(self._expires_at())

    @property
    def details(self) -> dict[str, Any]:
        """What else the server says of the user's factors, such as `totp_enabled` and `ptn_type`."""
        return parsed(self._details())

    def __repr__(self) -> str:
        return f"Challenge(methods={self.methods!r}, expires_at={self.expires_at})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Challenge is neither pickled nor copied: complete it in the process where the login began")


def _only(factors: dict[str, Any]) -> tuple[str, Any]:
    given = [(kind, value) for kind, value in factors.items() if value is not None]
    if len(given) != 1:
        names = ", ".join(factors)
        problem = f"Give one factor, not {len(given)}: {names}."
        raise InvalidConfig(problem, field=given[1][0] if given else "otp")
    return given[0]


_once.keep_classes(globals())
