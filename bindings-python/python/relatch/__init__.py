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

# ruff: noqa: E402 (first of all it is found out whether another copy is in use)
import sys

from relatch import _once

_once.take_up(__file__)

from relatch import _process, _questions, _raising, _relatch, _wake
from relatch._account import SynapsewaveAccount, TotpRegistration
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
from relatch._factors import Fingerprint, Otp, Pan, SecondFactor, Totp
from relatch._feed import Feed
from relatch._login import begin, begin_async, login, login_async, refresh, refresh_async, resume
from relatch._profile import Profile
from relatch._provider import Health, LookupEntry, Provider, SevenG
from relatch._questions import Question
from relatch._relatch import __version__
from relatch._session import Challenge, Session
from relatch._synapsewave import Synapsewave, SynapsewaveDealer
from relatch._tokens import Tokens

TYPE_CHECKING = False  # the name that type checkers know, without `typing`, which takes long to import
if TYPE_CHECKING:
    from relatch._options import Options

__all__ = [
    "AccessDenied",
    "AccountLocked",
    "Challenge",
    "ClosedError",
    "Event",
    "Feed",
    "Fingerprint",
    "ForkedSession",
    "Health",
    "InvalidConfig",
    "InvalidCredentials",
    "LockoutGuard",
    "LookupEntry",
    "Options",
    "Otp",
    "Pan",
    "Profile",
    "ProtocolError",
    "Provider",
    "ProxyError",
    "Question",
    "RateLimited",
    "RelatchError",
    "ReloginRequired",
    "RequestTimeout",
    "SecondFactor",
    "SecondFactorRejected",
    "SecondFactorRequired",
    "Session",
    "SevenG",
    "StoreError",
    "Subscription",
    "Synapsewave",
    "SynapsewaveAccount",
    "SynapsewaveDealer",
    "TlsError",
    "Tokens",
    "Totp",
    "TotpRegistration",
    "TransportError",
    "__version__",
    "begin",
    "begin_async",
    "login",
    "login_async",
    "refresh",
    "refresh_async",
    "resume",
]

_relatch.connect(_raising.from_native, _process.revive, _wake.set_futures, _questions.called, _questions.answer_here)
_once.keep(sys.modules["relatch"])


def __getattr__(name: str) -> object:
    if name == "Options":
        from relatch._options import Options  # noqa: PLC0415 only type checkers and their users need it

        return Options
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
