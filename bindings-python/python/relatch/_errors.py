"""The errors: one class for each code of the core."""
# ruff: noqa: N818 (most are named after what happened, as the code is)

from __future__ import annotations

from relatch import _once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, ClassVar, Literal

    from typing_extensions import Self

    from relatch._session import Challenge


class RelatchError(Exception):
    """Everything that relatch raises. What does not apply to an error is None.

    Attributes:
        code: The kind of error, the same in all languages.
        recovery: What helps: "retry" or "retry_at" (the same call may succeed later, or once ``retry_at`` has come),
            "correct" (something that was given is wrong), "login" (a new login), "never".
        message: What happened and what to do, without secrets.
        field: The argument that was wrong.
        status: The HTTP status of the server's answer.
        server_code: The server's own code for the refusal.
        server_message: The server's own words, bounded and without secrets.
        retry_at: When to try again, as an aware datetime.
        failures: How many failed logins the lockout guard counts.
        cause: Why a login is needed: "rotation_lost", "refresh_rejected", "no_refresh_token", "factor_required",
            "token_refused" or "login_rejected".
        sent: Whether the request may have reached the server: "no" or "maybe".
        snippet: A bounded piece of an answer that could not be read, without secrets.
        methods: The second factors that the server would take.
        key: What the store failed for.
        challenge: The login to complete, where the server waits for its second step.

    Errors can be copied and pickled. A pickled one keeps all this but the challenge, which belongs to the process where
    the login began.
    """

    code: str = "error"
    recovery: Literal["retry", "retry_at", "correct", "login", "never"] = "never"
    message: str
    field: str | None
    status: int | None
    server_code: str | None
    server_message: str | None
    retry_at: datetime | None
    failures: int | None
    cause: str | None
    sent: Literal["no", "maybe"] | None
    snippet: str | None
    methods: list[str] | None
    key: str | None
    challenge: Challenge | None

    _DETAILS: ClassVar[tuple[str, ...]] = (
        *("field", "status", "server_code", "server_message", "retry_at", "failures"),
        *("cause", "sent", "snippet", "methods", "key"),
    )

    def __init__(self, message: str = "", *, challenge: Challenge | None = None, **details: Any) -> None:
        # One positional argument: an OSError takes a second one for its errno.
        super().__init__(message)
        self.message = message
        self.challenge = challenge
        for name in self._DETAILS:
            setattr(self, name, details.pop(name, None))
        if details:
            raise TypeError(f"{type(self).__name__} has no attribute {next(iter(details))!r}")

    @property
    def is_transient(self) -> bool:
        """Whether the same call may succeed later without any change on the caller's side."""
        return self.recovery in {"retry", "retry_at"}

    def __copy__(self) -> Self:
        copied = type(self)(*self.args)
        copied.__dict__.update(self.__dict__)
        return copied

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args, {**self.__dict__, "challenge": None}


class InvalidConfig(RelatchError, ValueError, TypeError):
    """A bad argument, found before any traffic; ``field`` names it."""

    code = "invalid_config"
    recovery = "correct"


class InvalidCredentials(RelatchError):
    """The server refused the user or the password."""

    code = "invalid_credentials"
    recovery = "correct"


class SecondFactorRequired(RelatchError):
    """A second factor is needed and none can be had without a human; ``methods`` names those that would do.

    ``challenge`` is the login to complete, where the first step was taken. What a callback for the factor raised is the
    ``__cause__``.
    """

    code = "second_factor_required"
    recovery = "login"


class SecondFactorRejected(RelatchError):
    """The second factor was refused."""

    code = "second_factor_rejected"
    recovery = "correct"


class AccountLocked(RelatchError):
    """The server says that the account is locked; ``retry_at`` says until when."""

    code = "account_locked"
    recovery = "retry_at"


class LockoutGuard(RelatchError):
    """Refused here, without any traffic, because one more failed login could lock the account."""

    code = "lockout_guard"
    recovery = "retry_at"


class AccessDenied(RelatchError):
    """The server refuses for another reason: a blocked address, a disabled account."""

    code = "access_denied"
    recovery = "correct"


class ReloginRequired(RelatchError):
    """The session cannot go on without a login; ``cause`` says why."""

    code = "relogin_required"
    recovery = "login"


class ForkedSession(RelatchError):
    """The session came from a parent process, whose refresh token must not be spent here: log in again.

    Or the call did, which waited when a signal handler forked: nothing is sent twice by itself, so call again.
    """

    code = "forked_session"
    recovery = "login"


class RateLimited(RelatchError):
    """The server asks to wait until ``retry_at``, which is later than the call may take."""

    code = "rate_limited"
    recovery = "retry_at"


class TransportError(RelatchError, ConnectionError):
    """No answer was had; ``sent`` says whether the request may have reached the server."""

    code = "transport"
    recovery = "retry"


class RequestTimeout(TransportError, TimeoutError):
    """No answer in time."""

    code = "timeout"
    recovery = "retry"


class TlsError(TransportError):
    """No trusted connection could be made."""

    code = "tls"
    recovery = "retry"


class ProxyError(TransportError):
    """The proxy refused, or could not be reached."""

    code = "proxy"
    recovery = "retry"


class ProtocolError(RelatchError):
    """The server gave an answer that cannot be read; ``snippet`` is a piece of it."""

    code = "protocol"
    recovery = "retry"


class StoreError(RelatchError):
    """The store failed for ``key``."""

    code = "store"
    recovery = "retry"


class ClosedError(RelatchError):
    """The session was logged out, or the process is exiting."""

    code = "closed"
    recovery = "never"


_once.keep_classes(globals())

CLASSES: dict[str, type[RelatchError]] = {
    error.code: error
    for error in (
        InvalidConfig,
        InvalidCredentials,
        SecondFactorRequired,
        SecondFactorRejected,
        AccountLocked,
        LockoutGuard,
        AccessDenied,
        ReloginRequired,
        ForkedSession,
        RateLimited,
        TransportError,
        RequestTimeout,
        TlsError,
        ProxyError,
        ProtocolError,
        StoreError,
        ClosedError,
    )
}
