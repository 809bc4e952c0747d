"""Providers: which system to log in to, and as whom."""

from __future__ import annotations

from relatch import _known, _once, _relatch, _signatures
from relatch._record import Record
from relatch._relatch import Provider

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from typing_extensions import Self, Unpack

    from relatch._options import Network
    from relatch.testing import Sandbox

__all__ = ["Health", "LookupEntry", "Provider", "SevenG"]


class Health(Record):
    """What the health check answered.

    Attributes:
        healthy: Whether the API says that it works.
        status: The HTTP status.
        body: The body in one printable line, of 4096 characters at most; what is in it is not documented.
    """

    __slots__ = __match_args__ = ("healthy", "status", "body")

    healthy: bool
    status: int
    body: str

    def __init__(self, healthy: bool, status: int, body: str) -> None:
        self._set(healthy, status, body)


class LookupEntry(Record):
    """One entry of a lookup.

    Attributes:
        id: The identifier.
        value: What it stands for.
    """

    __slots__ = __match_args__ = ("id", "value")

    id: str
    value: str

    def __init__(self, id: str, value: str) -> None:  # noqa: A002 the name is the vendor's
        self._set(id, value)


class SevenG(_relatch.SevenG):
    """The 7G API, for one user.

    Args:
        username: 1 to 255 characters. Without user name and password no login is possible, but tokens from elsewhere
            can be used and refreshed.
        password: 1 to 255 characters.
        environment: "production" (the default), "development", "test", "lab" or "demo".
        base_url: An address of your own instead of an environment's: https, or http to this machine.
        bearer: Whether ``Authorization`` says ``Bearer`` before the token. The vendor's examples send the bare token.
        allow_insecure: Let plain http leave this machine.
        sandbox: A `relatch.testing.Sandbox` to log in to, whose clock the sessions follow; `base_url` is its own unless
            given.

    Raises:
        InvalidConfig: An argument is wrong; ``field`` names it.

    Example:
        >>> relatch.SevenG(username="api_user", password="...", environment="test")
        SevenG(username='api_user', base_url='https://test-api.7g.com.au')
    """

    __slots__ = ()

    def __new__(
        cls,
        *,
        username: str | None = None,
        password: str | None = None,
        environment: str | None = None,
        base_url: str | None = None,
        bearer: bool = False,
        allow_insecure: bool = False,
        sandbox: Sandbox | None = None,
    ) -> Self:
        """See the class."""
        username, password, environment, base_url = _relatch.hold(username, password, environment, base_url)
        bearer, allow_insecure, sandbox = _relatch.hold(bearer, allow_insecure, sandbox)
        return super().__new__(
            cls,
            username=username,
            password=password,
            environment=environment,
            base_url=base_url,
            bearer=bearer,
            allow_insecure=allow_insecure,
            sandbox=sandbox,
        )

    def health(self, **options: Unpack[Network]) -> Health:
        """Asks whether the API works. Needs no credentials and counts for no lockout.

        Args:
            **options: How the network is used: see `Network`.

        Returns:
            What the API answered.

        Raises:
            TransportError: No answer was had.

        Example:
            >>> relatch.SevenG(environment="test").health().healthy
            True
        """
        return Health(*self._health(options))

    async def health_async(self, **options: Unpack[Network]) -> Health:
        """Asks whether the API works; `health` for asyncio, with the same arguments, result and errors."""
        return Health(*await self._health_async(options))

    def lookup(self, name: str | None = None, **options: Unpack[Network]) -> list[LookupEntry]:
        """The entries of a lookup. Needs no credentials.

        Args:
            name: Which lookup; case counts, and "info" lists the names. Without one the server chooses.
            **options: How the network is used: see `Network`.

        Returns:
            The entries, in the server's order.

        Raises:
            AccessDenied: The server does not know the name; `server_message` says so in its words.
            ProtocolError: The answer cannot be read.
            TransportError: No answer was had.

        Example:
            >>> relatch.SevenG(environment="test").lookup("info")
        """
        [name] = _relatch.hold(name)
        entries = self._lookup(name, options)
        return [LookupEntry(*entry) for entry in entries]

    async def lookup_async(self, name: str | None = None, **options: Unpack[Network]) -> list[LookupEntry]:
        """The entries of a lookup; `lookup` for asyncio, with the same arguments, result and errors."""
        [name] = _relatch.hold(name)
        entries = await self._lookup_async(name, options)
        return [LookupEntry(*entry) for entry in entries]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(username={self.user!r}, base_url={self.base_url!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} may hold a password and is neither pickled nor copied: "
            "share the object, or make a new one where it is needed"
        )


_signatures.show(_signatures.NETWORK, SevenG.health, SevenG.health_async)
_signatures.show(_signatures.NETWORK, SevenG.lookup, SevenG.lookup_async)


_known.list_keywords(SevenG)
_once.keep_classes(globals())
