"""The native part of relatch. Private: use the package `relatch`."""

from asyncio import Future
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Generic, Literal, TypeAlias, TypeVar, final

from typing_extensions import Self, disjoint_base

from relatch._errors import RelatchError

__all__ = [
    "CAUSES",
    "ERROR_CODES",
    "EVENT_KINDS",
    "FACTOR_KINDS",
    "RECOVERIES",
    "Asked",
    "Awaitable",
    "Begun",
    "Callback",
    "Challenge",
    "Held",
    "Opened",
    "Provider",
    "Sandbox",
    "SecondFactor",
    "Session",
    "SevenG",
    "Subscription",
    "Synapsewave",
    "SynapsewaveAccount",
    "SynapsewaveDealer",
    "__version__",
    "abandon_events",
    "begin",
    "begin_async",
    "check_limit",
    "connect",
    "forked",
    "hold",
    "keep",
    "login",
    "login_async",
    "next_event",
    "next_question",
    "refresh",
    "refresh_async",
    "report_failure",
    "resume",
    "shutdown",
]

__version__: str
ERROR_CODES: tuple[str, ...]
RECOVERIES: tuple[tuple[str, str], ...]
CAUSES: tuple[str, ...]
EVENT_KINDS: tuple[str, ...]
FACTOR_KINDS: tuple[str, ...]

_Result = TypeVar("_Result")

# The headers of a request, as clients of HTTP have them.
_Headers: TypeAlias = (
    Mapping[str, str] | Mapping[str, str | bytes] | Sequence[tuple[str, str]] | Sequence[tuple[bytes, bytes]]
)

# Access token, refresh token, end in seconds since 1970.
_TokensParts: TypeAlias = tuple[str, str | None, float | None]
# Kind (Event's), time, code, cause, time of the next try, end of the new token, what is waited for, the end of that,
# how many were dropped; times in seconds since 1970.
_EventParts: TypeAlias = tuple[
    Any, float, str | None, str | None, float | None, float | None, str | None, float | None, int | None
]
# What is wanted (Question's), system, user, second factors that would do.
_QuestionParts: TypeAlias = tuple[Any, str, str | None, list[str]]
# Address, token, user.
_FeedParts: TypeAlias = tuple[str | None, str, str | None]
# What may be shown as JSON, and the secrets.
_ProfileParts: TypeAlias = tuple[str, list[tuple[str, str]]]

@final
class Held:
    """An argument of the user's; nothing shows it."""

    @property
    def type_name(self) -> str: ...
    def given(self) -> Any: ...

def hold(*values: object) -> list[Any]: ...

@disjoint_base
class Provider:
    @property
    def system(self) -> str: ...
    @property
    def user(self) -> str | None: ...
    @property
    def base_url(self) -> str: ...
    @property
    def _asks(self) -> int: ...

@disjoint_base
class SevenG(Provider):
    def __new__(
        cls,
        *,
        username: object = None,
        password: object = None,
        environment: object = None,
        base_url: object = None,
        bearer: object = None,
        allow_insecure: object = None,
        sandbox: object = None,
    ) -> Self: ...
    def _health(self, options: Mapping[str, Any]) -> tuple[bool, int, str]: ...
    def _health_async(self, options: Mapping[str, Any]) -> Awaitable[tuple[bool, int, str]]: ...
    def _lookup(self, name: str | None, options: Mapping[str, Any]) -> list[tuple[str, str]]: ...
    def _lookup_async(self, name: str | None, options: Mapping[str, Any]) -> Awaitable[list[tuple[str, str]]]: ...

class Synapsewave(Provider):
    def __new__(
        cls,
        *,
        base_url: object = None,
        user_id: object = None,
        api_key: object = None,
        password: object = None,
        mpin: object = None,
        fingerprint: object = None,
        sso_token: object = None,
        register_token: object = None,
        login_type: object = None,
        second_factor: object = None,
        x_api_key: object = None,
        source: object = None,
        udid: object = None,
        version: object = None,
        build_version: object = None,
        device_info: object = None,
        allow_insecure: object = None,
        sandbox: object = None,
    ) -> Self: ...

class SynapsewaveDealer(Provider):
    def __new__(
        cls,
        *,
        base_url: object = None,
        user_id: object = None,
        password: object = None,
        api_key: object = None,
        x_api_key: object = None,
        version: object = None,
        build_version: object = None,
        allow_insecure: object = None,
        sandbox: object = None,
    ) -> Self: ...

@disjoint_base
class SynapsewaveAccount:
    def __new__(
        cls,
        network: Mapping[str, Any],
        *,
        base_url: object = None,
        user_id: object = None,
        api_key: object = None,
        x_api_key: object = None,
        source: object = None,
        allow_insecure: object = None,
        sandbox: object = None,
    ) -> Self: ...
    @property
    def base_url(self) -> str: ...
    @property
    def user_id(self) -> str: ...
    def _call(self, operation: str, arguments: dict[str, Any], session: object = None) -> dict[str, str | None]: ...
    def _call_async(
        self, operation: str, arguments: dict[str, Any], session: object = None
    ) -> Awaitable[dict[str, str | None]]: ...

@disjoint_base
class SecondFactor:
    def __new__(cls, kind: str, argument: str, value: object) -> Self: ...
    @property
    def kind(self) -> Literal["totp", "otp", "fingerprint", "pan"]: ...

@final
class Callback:
    def __new__(cls, field: str, timeout: object) -> Self: ...
    @property
    def number(self) -> int: ...

@final
class Asked:
    @property
    def number(self) -> int: ...
    @property
    def question(self) -> _QuestionParts: ...
    def answer(self, value: object) -> None: ...
    def fail(self, error: BaseException) -> None: ...

def next_question() -> tuple[int, Asked | None] | None: ...

@final
class Awaitable(Generic[_Result]):
    def __await__(self) -> Generator[Any, Any, _Result]: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> Any: ...

@final
class Opened:
    @property
    def asks(self) -> int: ...

def login(provider: object, options: Mapping[str, Any]) -> Opened: ...
def login_async(provider: object, options: Mapping[str, Any]) -> Awaitable[Opened]: ...
def begin(provider: object, options: Mapping[str, Any]) -> Begun: ...
def begin_async(provider: object, options: Mapping[str, Any]) -> Awaitable[Begun]: ...
def resume(provider: object, tokens: object, options: Mapping[str, Any]) -> Opened: ...
def refresh(provider: object, tokens: object, options: Mapping[str, Any]) -> _TokensParts: ...
def refresh_async(provider: object, tokens: object, options: Mapping[str, Any]) -> Awaitable[_TokensParts]: ...

@final
class Begun:
    @property
    def asks(self) -> int: ...

@disjoint_base
class Challenge:
    def __new__(cls, begun: Begun) -> Self: ...
    def _methods(self) -> list[str]: ...
    def _expires_at(self) -> float: ...
    def _details(self) -> str: ...
    def _complete(self, kind: str, value: object) -> Opened: ...
    def _complete_async(self, kind: str, value: object) -> Awaitable[Opened]: ...

@disjoint_base
class Session:
    def __new__(cls, opened: Opened) -> Self: ...
    def token(self, *, timeout: float | None = None) -> str: ...
    def headers(self, *, timeout: float | None = None) -> dict[str, str]: ...
    def report_unauthorized(self, sent: str | _Headers, *, timeout: float | None = None) -> str: ...
    def logout(self) -> None: ...
    def validate(self) -> bool: ...
    @property
    def system(self) -> str: ...
    @property
    def user(self) -> str | None: ...
    @property
    def state(
        self,
    ) -> Literal["new", "logging_in", "active", "refreshing", "challenged", "needs_login", "closed"]: ...
    def _fresh_token(self) -> str | None: ...
    def _fresh_headers(self) -> dict[str, str] | None: ...
    def _token_async(self, timeout: float | None) -> Awaitable[str]: ...
    def _headers_async(self, timeout: float | None) -> Awaitable[dict[str, str]]: ...
    def _refresh(self, timeout: float | None) -> _TokensParts: ...
    def _refresh_async(self, timeout: float | None) -> Awaitable[_TokensParts]: ...
    def _report_unauthorized_async(self, sent: object, timeout: float | None) -> Awaitable[str]: ...
    def _logout_async(self) -> Awaitable[None]: ...
    def _validate_async(self) -> Awaitable[bool]: ...
    def _feed(self, timeout: float | None) -> _FeedParts: ...
    def _feed_async(self, timeout: float | None) -> Awaitable[_FeedParts]: ...
    def _subscribe(self) -> Subscription: ...
    def _challenge(self) -> Begun | None: ...
    def _tokens(self) -> _TokensParts | None: ...
    def _expires_at(self) -> float | None: ...
    def _claims(self) -> str: ...
    def _profile(self) -> _ProfileParts: ...

@final
class Subscription:
    @property
    def number(self) -> int: ...
    def cancel(self) -> None: ...
    def finish(self) -> None: ...

def check_limit(timeout: object) -> None: ...
def next_event() -> tuple[int, _EventParts | None] | None: ...
def abandon_events() -> None: ...
def report_failure(error: BaseException, callback: object) -> None: ...
def connect(
    error: Callable[..., RelatchError],
    revive: Callable[[], None],
    set_futures: Callable[[list[Future[None]]], None],
    called: Callable[[int, bool], object],
    answer: Callable[[int, Asked], None],
) -> None: ...
def forked(has_callbacks: bool) -> None: ...
def keep(kept: object) -> None: ...
def shutdown() -> None: ...

@disjoint_base
class Sandbox:
    def __new__(cls, settings: object) -> Self: ...
    @property
    def url(self) -> str: ...
    @property
    def synapsewave_url(self) -> str: ...
    def _control(self, name: str, body: object) -> str: ...
    def _wait_for(self, what: str, at_least: int, seconds: float) -> None: ...
