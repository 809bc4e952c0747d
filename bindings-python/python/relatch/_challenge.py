"""`Challenge`: a login between its two steps."""

from __future__ import annotations

from relatch import _once, _questions, _relatch
from relatch._errors import InvalidConfig
from relatch._session import Session, parsed
from relatch._time import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, NoReturn

    from typing_extensions import Self


class Challenge(_relatch.Challenge):
    """A login that waits for its second factor; `begin` makes one, and `SecondFactorRequired` may carry one.

    A factor that the server refuses ends it: begin again.

    Example:
        >>> challenge = relatch.begin(provider)
        >>> session = challenge.complete(totp="123456")
    """

    __slots__ = ("_callback",)

    _callback: _questions.Callback | None

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
