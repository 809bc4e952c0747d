"""What `inspect.signature`, notebooks and editors show of the functions that take options as keywords.

The functions themselves take any keywords, so that a slip is refused by an error that lists the options, and so that
no frame of theirs holds what is given.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from typing import Any, Literal

    from relatch._account import SynapsewaveAccount
    from relatch._challenge import Challenge
    from relatch._provider import Health, LookupEntry, SevenG
    from relatch._relatch import Provider
    from relatch._session import Session
    from relatch._tokens import Tokens
    from relatch.testing import Sandbox


def show(signature: Callable[..., object], *functions: Any) -> None:
    """Has functions show the signature of another one, which is never called."""
    for function in functions:
        function.__wrapped__ = signature


def login(
    provider: Provider,
    *,
    relogin: Literal["auto", "never"] = "auto",
    keep_alive: bool = False,
    mandatory_margin: float | None = 30.0,
    advisory_margin: float | None = 300.0,
    timeout: float | None = 30.0,
    exchange_timeout: float | None = 15.0,
    proxy: str | None = None,
    ca_certificates: str | os.PathLike[str] | bytes | None = None,
    client_certificate: str | os.PathLike[str] | bytes | None = None,
    local_address: str | None = None,
    address_family: Literal["ipv4", "ipv6"] | None = None,
    user_agent: str | None = None,
    force: bool = False,
) -> Session:
    """See `relatch.login`."""
    raise NotImplementedError


def begin(
    provider: Provider,
    *,
    relogin: Literal["auto", "never"] = "auto",
    keep_alive: bool = False,
    mandatory_margin: float | None = 30.0,
    advisory_margin: float | None = 300.0,
    timeout: float | None = 30.0,
    exchange_timeout: float | None = 15.0,
    proxy: str | None = None,
    ca_certificates: str | os.PathLike[str] | bytes | None = None,
    client_certificate: str | os.PathLike[str] | bytes | None = None,
    local_address: str | None = None,
    address_family: Literal["ipv4", "ipv6"] | None = None,
    user_agent: str | None = None,
    force: bool = False,
) -> Challenge:
    """See `relatch.begin`."""
    raise NotImplementedError


def resume(
    provider: Provider,
    tokens: Tokens | Mapping[str, Any] | tuple[Any, ...],
    *,
    relogin: Literal["auto", "never"] = "auto",
    keep_alive: bool = False,
    mandatory_margin: float | None = 30.0,
    advisory_margin: float | None = 300.0,
    timeout: float | None = 30.0,
    exchange_timeout: float | None = 15.0,
    proxy: str | None = None,
    ca_certificates: str | os.PathLike[str] | bytes | None = None,
    client_certificate: str | os.PathLike[str] | bytes | None = None,
    local_address: str | None = None,
    address_family: Literal["ipv4", "ipv6"] | None = None,
    user_agent: str | None = None,
    force: bool = False,
) -> Session:
    """See `relatch.resume`."""
    raise NotImplementedError


def refresh(
    provider: Provider,
    tokens: Tokens | Mapping[str, Any] | tuple[Any, ...],
    *,
    relogin: Literal["auto", "never"] = "auto",
    keep_alive: bool = False,
    mandatory_margin: float | None = 30.0,
    advisory_margin: float | None = 300.0,
    timeout: float | None = 30.0,
    exchange_timeout: float | None = 15.0,
    proxy: str | None = None,
    ca_certificates: str | os.PathLike[str] | bytes | None = None,
    client_certificate: str | os.PathLike[str] | bytes | None = None,
    local_address: str | None = None,
    address_family: Literal["ipv4", "ipv6"] | None = None,
    user_agent: str | None = None,
    force: bool = False,
) -> Tokens:
    """See `relatch.refresh`."""
    raise NotImplementedError


def health(
    self: SevenG,
    *,
    exchange_timeout: float | None = 15.0,
    proxy: str | None = None,
    ca_certificates: str | os.PathLike[str] | bytes | None = None,
    client_certificate: str | os.PathLike[str] | bytes | None = None,
    local_address: str | None = None,
    address_family: Literal["ipv4", "ipv6"] | None = None,
    user_agent: str | None = None,
) -> Health:
    """See `relatch.SevenG.health`."""
    raise NotImplementedError


def lookup(
    self: SevenG,
    name: str | None = None,
    *,
    exchange_timeout: float | None = 15.0,
    proxy: str | None = None,
    ca_certificates: str | os.PathLike[str] | bytes | None = None,
    client_certificate: str | os.PathLike[str] | bytes | None = None,
    local_address: str | None = None,
    address_family: Literal["ipv4", "ipv6"] | None = None,
    user_agent: str | None = None,
) -> list[LookupEntry]:
    """See `relatch.SevenG.lookup`."""
    raise NotImplementedError


def account(
    cls: type[SynapsewaveAccount],
    *,
    base_url: str | None = None,
    user_id: str | None = None,
    api_key: str | None = None,
    x_api_key: str | Literal[False] | None = None,
    source: Literal["WEBAPI", "MOBILEAPI"] | None = None,
    allow_insecure: bool = False,
    sandbox: Sandbox | None = None,
    exchange_timeout: float | None = 15.0,
    proxy: str | None = None,
    ca_certificates: str | os.PathLike[str] | bytes | None = None,
    client_certificate: str | os.PathLike[str] | bytes | None = None,
    local_address: str | None = None,
    address_family: Literal["ipv4", "ipv6"] | None = None,
    user_agent: str | None = None,
) -> SynapsewaveAccount:
    """See `relatch.SynapsewaveAccount`."""
    raise NotImplementedError
