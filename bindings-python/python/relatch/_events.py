"""Events: what happened to a session, told to callbacks on one thread that starts when it is needed."""

from __future__ import annotations

from relatch import _relatch
from relatch._daemon import Daemon
from relatch._errors import InvalidConfig
from relatch._record import Record
from relatch._time import moment, moment_if

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import Literal

    from typing_extensions import Self


class Event(Record):
    """One thing that happened to a session. It holds no secrets.

    Attributes:
        kind: What happened.
        at: When, by the local clock, as an aware datetime.
        code: The code of the error, where one was.
        cause: Why a login is needed, where one is.
        retry_at: When the next try is due.
        expires_at: The end of the new access token.
    """

    __slots__ = __match_args__ = ("kind", "at", "code", "cause", "retry_at", "expires_at")

    kind: Literal[
        "logged_in",
        "login_failed",
        "challenged",
        "refreshed",
        "refresh_failed",
        "unauthorized",
        "relogin_required",
        "feed_changed",
        "lockout_guard",
        "login_forced",
        "store_failed",
        "logged_out",
    ]
    at: datetime
    code: str | None
    cause: str | None
    retry_at: datetime | None
    expires_at: datetime | None

    def __init__(  # noqa: PLR0917 few make one themselves
        self,
        kind: str,
        at: datetime,
        code: str | None = None,
        cause: str | None = None,
        retry_at: datetime | None = None,
        expires_at: datetime | None = None,
    ) -> None:
        self._set(kind, at, code, cause, retry_at, expires_at)


class Subscription:
    """A callback's subscription to a session's events. As a context manager it is cancelled at the end."""

    __slots__ = ("_number",)

    def __init__(self, number: int) -> None:
        self._number = number

    def cancel(self) -> None:
        """Ends it: no call begins after this one. No error when it has ended already."""
        _dispatcher.remove(self._number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.cancel()


class _Dispatcher(Daemon):
    """Calls the callbacks. One for the process, made anew in a forked child."""

    def __init__(self) -> None:
        super().__init__("relatch-events")
        self.listeners: dict[int, tuple[_relatch.Subscription, Callable[[Event], object]]] = {}

    def add(self, session: _relatch.Session, callback: Callable[[Event], object]) -> int:
        # Under the lock, for the first event may be on its way before the callback is in its place.
        with self.lock:
            subscription = session._subscribe()
            self.listeners[subscription.number] = (subscription, callback)
            self.start()
        return subscription.number

    def remove(self, number: int) -> None:
        with self.lock:
            listener = self.listeners.pop(number, None)
        if listener is not None:
            listener[0].cancel()

    def is_needed(self) -> bool:
        return bool(self.listeners)

    def run(self) -> None:
        while (following := _relatch.next_event()) is not None:
            number, parts = following
            if parts is None:
                self.remove(number)
            else:
                self.call(number, parts)
            del following, parts

    def call(self, number: int, parts: _relatch._EventParts) -> None:
        with self.lock:
            listener = self.listeners.get(number)
        if listener is None:
            return
        kind, at, code, cause, retry_at, expires_at = parts
        event = Event(kind, moment(at), code, cause, moment_if(retry_at), moment_if(expires_at))
        try:
            listener[1](event)
        except BaseException as error:  # it ends neither the thread nor the others' events
            _relatch.report_failure(error, listener[1])
        if kind == "logged_out":
            # Nothing follows; and a callback that holds its session would keep it for ever.
            self.remove(number)


_dispatcher = _Dispatcher()


def subscribe(session: _relatch.Session, callback: Callable[[Event], object]) -> Subscription:
    """See `Session.subscribe`."""
    import inspect  # noqa: PLC0415

    if inspect.iscoroutinefunction(callback) or not callable(callback):
        raise InvalidConfig("callback must be a plain function of one argument.", field="callback")
    return Subscription(_dispatcher.add(session, callback))
