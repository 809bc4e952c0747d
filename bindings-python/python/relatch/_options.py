"""The options of a session, for type checkers: at run time any keyword arguments do."""

from __future__ import annotations

import os  # noqa: TC003 get_type_hints looks for it here
from typing import Literal, TypedDict


class Network(TypedDict, total=False):
    """The keyword arguments that say how the network is used, of calls that make one request.

    Attributes:
        exchange_timeout: How long one request may take in seconds, connecting included. Default 15.
        proxy: The URL of a proxy, instead of the environment's (``HTTPS_PROXY``, ``NO_PROXY``).
        ca_certificates: Certificates to trust besides the platform's: the path of a PEM file, or PEM itself.
        client_certificate: What to show to servers that want to know the program (mutual TLS): its certificate, those
            between that and its authority, and its private key, in one PEM; a path, or PEM itself.
        local_address: The IP address of this machine to connect from, for servers that know their clients by address.
        address_family: "ipv4" or "ipv6": connect by that alone.
        user_agent: What the header ``User-Agent`` says. Default "relatch/" and the version.
    """

    exchange_timeout: float | None
    proxy: str | None
    ca_certificates: str | os.PathLike[str] | bytes | None
    client_certificate: str | os.PathLike[str] | bytes | None
    local_address: str | None
    address_family: Literal["ipv4", "ipv6"] | None
    user_agent: str | None


class Options(Network, total=False):
    """The keyword arguments that `login`, `begin`, `resume` and `refresh` share, besides those of `Network`.

    All times are in seconds.

    Attributes:
        relogin: "auto" (the default): a session that holds credentials may log in again by itself, within what the
            lockout guard allows. "never": it raises `ReloginRequired` instead.
        keep_alive: Refresh in the background even while nobody uses the session. Default False.
        mandatory_margin: How long before its end a token is replaced while callers wait. Default 30.
        advisory_margin: How long before its end a token is replaced in the background. Default 300.
        timeout: How long a call waits unless it says otherwise. Default 30.
        force: Send the login even if the lockout guard refuses it. Only for a human who knows that the account can
            bear it. Default False.
    """

    relogin: Literal["auto", "never"]
    keep_alive: bool
    mandatory_margin: float | None
    advisory_margin: float | None
    timeout: float | None
    force: bool
