"""A sandbox for programs that use relatch: a real local server that behaves as the 7G and the Synapsewave API do.

Example:
    >>> from relatch.testing import Sandbox
    >>> with Sandbox() as sandbox:
    ...     session = relatch.login(sandbox.seven_g())
    ...     sandbox.advance(3600)
    ...     session.token()
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from relatch import SevenG, Synapsewave, SynapsewaveDealer, Totp, _relatch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

__all__ = [
    "API_KEY",
    "DEALER_ID",
    "DEALER_PASSWORD",
    "MPIN",
    "PAN",
    "PASSWORD",
    "SSO_TOKEN",
    "TOTP_SECRET",
    "UDID",
    "USERNAME",
    "USER_ID",
    "USER_PASSWORD",
    "Sandbox",
]

USERNAME = "api_user"
"""The user name of the 7G account that a sandbox has unless it is told otherwise."""

PASSWORD = "made-up-password-1"  # noqa: S105 made up, as all that follows
"""The password of that account."""

USER_ID = "UCC123456"
"""The Synapsewave user that a sandbox has unless it is told otherwise."""

USER_PASSWORD = "made-up-password-2"  # noqa: S105
"""The password of that user."""

MPIN = "739164"
"""The MPIN of that user."""

TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DP"  # noqa: S105
"""What that user's authenticator app makes its codes of."""

PAN = "ABCDE1234F"
"""The PAN of that user."""

UDID = "made-up-udid-1"
"""The device on which that user has registered a fingerprint."""

SSO_TOKEN = "made-up-sso-token-1"  # noqa: S105
"""A token of another identity provider for that user, good for one login."""

DEALER_ID = "DEALER01"
"""The dealer that a sandbox has unless it is told otherwise."""

DEALER_PASSWORD = "made-up-password-3"  # noqa: S105
"""The password of that dealer."""

API_KEY = "made-up-api-key-1"
"""The API key of the Synapsewave side, unless it is told otherwise."""

_FIRST_FACTORS = ("password", "mpin", "fingerprint", "sso_token", "register_token")


class Sandbox(_relatch.Sandbox):
    """A server on 127.0.0.1 that behaves as both systems do, with faults on demand and a clock that can be moved.

    It holds accounts, rotates tokens, ends a session whose spent refresh token comes back, checks second factors, locks
    accounts after three failed logins, and counts what goes over the wire. As a context manager it is closed at the
    end.

    Args:
        settings: A mapping of the keywords below.
        **keywords: `accounts` (mappings of `username`, `password`, `disabled`), `access_token_lifetime` and
            `refresh_token_lifetime` in seconds, `lockout` (a mapping of `failures`, `window`, `locked_for`), `blocked`,
            `server_clock_shift` in seconds, `revoke_access_on_refresh`, `rotate`, `require_authorization_on_refresh`,
            `pascal_case`, `opaque_access_tokens`, `expiry_form`, `date_header`, `port`, `starts_at` in seconds since
            1970, and `synapsewave`, a mapping of what only that system has, such as `users`, `path_prefix` or
            `otp_lifetime`.

    Raises:
        ValueError: A setting is unknown or wrong.
        OSError: The port cannot be had.

    Example:
        >>> with Sandbox(access_token_lifetime=60) as sandbox:
        ...     session = relatch.login(sandbox.seven_g())
        >>> with Sandbox() as sandbox:
        ...     session = relatch.login(sandbox.synapsewave())
    """

    __slots__ = ()

    def __new__(cls, settings: Mapping[str, Any] | None = None, **keywords: Any) -> Self:
        """See the class."""
        [written] = _relatch.hold(json.dumps({**(settings or {}), **keywords}))
        settings = None
        keywords.clear()  # a frame that raises shows them
        return super().__new__(cls, written)

    def seven_g(
        self,
        *,
        username: str | None = None,
        password: str | None = None,
        credentials: bool = True,
        base_url: str | None = None,
        bearer: bool = False,
    ) -> SevenG:
        """A provider for this sandbox, whose sessions follow the sandbox's clock.

        Args:
            username: The user name; the default account's unless given.
            password: The password; the default account's unless given.
            credentials: False for a provider that holds none.
            base_url: Another address; the sandbox's own unless given.
            bearer: Whether ``Authorization`` says ``Bearer`` before the token.

        Returns:
            The provider.

        Raises:
            InvalidConfig: An argument is wrong.
        """
        if credentials:
            username = USERNAME if username is None else username
            password = PASSWORD if password is None else password
        username, password, base_url, bearer = _relatch.hold(username, password, base_url, bearer)
        return SevenG(username=username, password=password, base_url=base_url, bearer=bearer, sandbox=self)

    def synapsewave(self, *, credentials: bool = True, **settings: Any) -> Synapsewave:
        """A Synapsewave provider for this sandbox, whose sessions follow the sandbox's clock.

        Args:
            credentials: False for a provider that holds none.
            **settings: As for `relatch.Synapsewave`. Unless given, the user is the default one, the first factor the
                password, and the second one the TOTP secret; None leaves that out.

        Returns:
            The provider.

        Raises:
            InvalidConfig: An argument is wrong.

        Example:
            >>> challenge = relatch.begin(sandbox.synapsewave(second_factor=None))
        """
        if credentials:
            settings.setdefault("user_id", USER_ID)
            if not any(name in settings for name in _FIRST_FACTORS):
                settings["password"] = USER_PASSWORD
            if "sso_token" not in settings:
                settings.setdefault("second_factor", Totp(TOTP_SECRET))
        try:
            return Synapsewave(sandbox=self, **settings)
        finally:
            settings.clear()

    def synapsewave_dealer(self, *, credentials: bool = True, **settings: Any) -> SynapsewaveDealer:
        """Makes a provider of a dealer on this sandbox.

        Args:
            credentials: False for a provider that holds none.
            **settings: As for `relatch.SynapsewaveDealer`. Unless given, the dealer is the default one.

        Returns:
            The provider.

        Raises:
            InvalidConfig: An argument is wrong.
        """
        if credentials:
            settings.setdefault("user_id", DEALER_ID)
            settings.setdefault("password", DEALER_PASSWORD)
        try:
            return SynapsewaveDealer(sandbox=self, **settings)
        finally:
            settings.clear()

    def advance(self, seconds: float) -> None:
        """Lets time pass at once, for the server and for the sessions opened against it."""
        self.control("advance", seconds=seconds)

    def shift_wall(self, seconds: float) -> None:
        """Sets the wall clock of the sessions forward (or back, if negative). The server's stays right."""
        self.control("shift_wall", seconds=seconds)

    def fault(self, **fault: Any) -> None:
        """Sets a fault, behind those that are set already.

        Args:
            **fault: `on` ("login", "refresh", "account", "health", "lookup", "register", "validate", "logout", "factor"
                or "any"), `fault` ("drop", "delay", "hold", "answer", "garbage", "half", "oversize", "headers" or
                "redirect"), `when` ("before" the server acts, the default, or "after"), `times` (1 unless given; None
                until cleared), and what the kind needs: `seconds`, `status`, `body`, `headers`, `retry_after`,
                `retry_after_form`, `bytes`, `to`.

        Raises:
            ValueError: A member is unknown or wrong.

        Example:
            >>> sandbox.fault(on="refresh", fault="answer", status=429, retry_after=5)
        """
        self.control("fault", **fault)

    def clear_faults(self) -> None:
        """Forgets all faults. Exchanges that are held or delayed stay so."""
        self.control("clear_faults")

    def release(self) -> None:
        """Lets all held exchanges go on."""
        self.control("release")

    def configure(self, **settings: Any) -> None:
        """Changes settings while the sandbox runs, by the keywords of the class.

        Raises:
            ValueError: A setting is unknown or wrong; nothing has changed then.
        """
        try:
            self.control("configure", **settings)
        finally:
            settings.clear()

    def counts(self) -> dict[str, int]:
        """What went over the wire, in numbers: "login", "refresh", "account", "total" and others."""
        counts: dict[str, int] = self.control("counts")
        return counts

    def audit(self) -> list[dict[str, Any]]:
        """What went over the wire, oldest first, without secrets."""
        audit: list[dict[str, Any]] = self.control("audit")
        return audit

    def outbox(self) -> list[dict[str, Any]]:
        """The OTPs that the Synapsewave API has sent, oldest first: `user_id`, `purpose`, `otp`, `at` for each."""
        outbox: list[dict[str, Any]] = self.control("outbox")
        return outbox

    def send_otp(self, *, user_id: str, purpose: str = "login") -> str:
        """Sends an OTP to a Synapsewave user, as if asked for by other means than the API.

        Args:
            user_id: The user.
            purpose: "login", "password", "mpin" or "totp".

        Returns:
            The OTP.

        Raises:
            ValueError: There is no such user or purpose.
        """
        otp: str = self.control("send_otp", user_id=user_id, purpose=purpose)["otp"]
        return otp

    def totp(self, *, user_id: str) -> str:
        """The TOTP that a Synapsewave user would read off now, by the server's clock.

        Args:
            user_id: The user.

        Raises:
            ValueError: There is no such user, or one without an authenticator.
        """
        code: str = self.control("totp", user_id=user_id)["code"]
        return code

    def revoke(self, **revoke: Any) -> None:
        """Invalidates tokens on the server's side.

        Args:
            **revoke: `username`, `what` ("access", "refresh", "session" or "all"), `session` (its number in the order
                of the logins; all sessions unless given). For Synapsewave `system` ("synapsewave") and `user_id`
                instead of `username`.

        Raises:
            ValueError: There is no such account or session.
        """
        self.control("revoke", **revoke)

    def down(self) -> None:
        """Cuts all connections and stops listening: to connect is refused from now on."""
        self.control("down")

    def up(self) -> None:
        """Listens again, on the same port."""
        self.control("up")

    def wait_for(self, what: str, at_least: int, timeout: float = 10.0) -> None:
        """Waits until a count is at least that; blocks with the GIL released, and Ctrl-C works.

        Args:
            what: The name of a count.
            at_least: The number to wait for.
            timeout: Seconds of real time to wait at most.

        Raises:
            TimeoutError: It was not reached, or there is no such count.
        """
        self._wait_for(what, at_least, timeout)

    def control(self, name: str, **body: Any) -> Any:
        """Any call to the sandbox, by its name.

        Args:
            name: What to do.
            **body: What it needs.

        Returns:
            What the sandbox answers.

        Raises:
            ValueError: There is no such call, or the body is wrong.
        """
        [written] = _relatch.hold(json.dumps(body))
        body.clear()
        return json.loads(self._control(name, written))

    def close(self) -> None:
        """Ends everything. Cannot be undone; no error when it is called again."""
        self.control("stop")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Sandbox({self.url!r})"
