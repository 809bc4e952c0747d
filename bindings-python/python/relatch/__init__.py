"""Logs in to a trading or registry API once and keeps the session valid.

Example:
    >>> import relatch
    >>> session = relatch.login(relatch.SevenG(username="api_user", password="...", environment="test"))
    >>> session.headers()
    {'Authorization': '...', 'Version': '2.0'}

Every call that may wait has a twin for asyncio whose name ends in ``_async``. A session serves all threads and event
loops of a process. Every error is a ``RelatchError``.

Set the environment variable ``RELATCH_LOG`` to ``trace``, ``debug``, ``info``, ``warn`` or ``error`` to see on stderr
what happens; no secret is ever logged.
"""

from relatch import _errors, _events, _relatch, _wake
from relatch._errors import (
    AccessDenied,
    AccountLocked,
    ClosedError,
    ForkedSession,
    InvalidConfig,
    InvalidCredentials,
    LockoutGuard,
    ProtocolError,
    ProxyError,
    RateLimited,
    RelatchError,
    ReloginRequired,
    RequestTimeout,
    SecondFactorRejected,
    SecondFactorRequired,
    StoreError,
    TlsError,
    TransportError,
)
from relatch._events import Event, Subscription
from relatch._login import login, login_async, refresh, refresh_async, resume
from relatch._provider import Health, LookupEntry, Provider, SevenG
from relatch._relatch import __version__
from relatch._session import Session
from relatch._tokens import Tokens

TYPE_CHECKING = False  # the name that type checkers know, without `typing`, which takes long to import
if TYPE_CHECKING:
    from relatch._options import Options

__all__ = [
    "AccessDenied",
    "AccountLocked",
    "ClosedError",
    "Event",
    "ForkedSession",
    "Health",
    "InvalidConfig",
    "InvalidCredentials",
    "LockoutGuard",
    "LookupEntry",
    "Options",
    "ProtocolError",
    "Provider",
    "ProxyError",
    "RateLimited",
    "RelatchError",
    "ReloginRequired",
    "RequestTimeout",
    "SecondFactorRejected",
    "SecondFactorRequired",
    "Session",
    "SevenG",
    "StoreError",
    "Subscription",
    "TlsError",
    "Tokens",
    "TransportError",
    "__version__",
    "login",
    "login_async",
    "refresh",
    "refresh_async",
    "resume",
]

_relatch.connect(_errors.from_native, _events.revive, _wake.set_futures)


def __getattr__(name: str) -> object:
    if name == "Options":
        from relatch._options import Options  # noqa: PLC0415 only type checkers and their users need it

        return Options
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
