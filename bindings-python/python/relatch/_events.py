"""Events: what happened to a session, told to callbacks on one thread that starts when it is needed."""

from __future__ import annotations

from weakref import WeakValueDictionary, ref

from relatch import _once, _parameters, _relatch
from relatch._daemon import Daemon
from relatch._errors import InvalidConfig
from relatch._record import Record
from relatch._time import moment, moment_if

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import Any, Literal

    from typing_extensions import Self

    from relatch._session import Session


class Event(Record):
    """One thing that happened to a session. It holds no secrets.

    Attributes:
        kind: What happened.
        at: When, by the local clock, as an aware datetime.
        code: The code of the error, where one was.
        cause: Why a login is needed, where one is.
        retry_at: When the next try is due.
        expires_at: The end of the new access token.
        reason: What a login waits for: "totp_step" is the next code of an authenticator.
        until: The end of the wait.
        count: How many events were dropped because the callbacks were too slow.
    """

    __slots__ = __match_args__ = ("kind", "at", "code", "cause", "retry_at", "expires_at", "reason", "until", "count")

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
        "waiting",
        "dropped",
        "logged_out",
    ]
    at: datetime
    code: str | None
    cause: str | None
    retry_at: datetime | None
    expires_at: datetime | None
    reason: Literal["totp_step"] | None
    until: datetime | None
    count: int | None

    def __init__(  # noqa: PLR0917 few make one themselves
        self,
        kind: str,
        at: datetime,
        code: str | None = None,
        cause: str | None = None,
        retry_at: datetime | None = None,
        expires_at: datetime | None = None,
        reason: str | None = None,
        until: datetime | None = None,
        count: int | None = None,
    ) -> None:
        self._set(kind, at, code, cause, retry_at, expires_at, reason, until, count)


class Subscription:
    """A callback's subscription to a session's events. As a context manager it is cancelled at the end."""

    __slots__ = ("_number",)

    def __init__(self, number: int) -> None:
        self._number = number

    def cancel(self) -> None:
        """Ends it: no call begins after this one, and one that is under way goes on to its end.

        It does not wait for that, so it may be called while a lock is held that the callback needs. No error when it
        has ended already.
        """
        _dispatcher.remove(self._number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.cancel()


class Listeners:
    """The callbacks of one session, which holds them, for the garbage collector to see what they refer to."""

    __slots__ = ("__weakref__", "by_number", "dispatcher")

    def __init__(self, dispatcher: _Dispatcher) -> None:
        self.by_number: dict[int, _Listener] = {}
        self.dispatcher = dispatcher

    def __del__(self) -> None:
        self.dispatcher.outlive(self)


class _Listener:
    __slots__ = ("__weakref__", "callback", "native", "siblings")

    def __init__(
        self, callback: Callable[[Event], object], native: _relatch.Subscription, siblings: ref[Listeners]
    ) -> None:
        self.callback = callback
        self.native = native
        self.siblings = siblings


class _Dispatcher(Daemon):
    """Calls the callbacks. One for the process, made anew in a forked child."""

    def __init__(self) -> None:
        super().__init__("relatch-events")
        self.listeners: WeakValueDictionary[int, _Listener] = WeakValueDictionary()
        # Listeners whose session is gone, for as long as there may be an event for them in the queue.
        self.bereft: dict[int, _Listener] = {}
        # What each has not been told. While the collector is about to find one it is in neither of the above.
        self.untold: dict[int, list[Event]] = {}
        # The process is exiting and nothing is told any more.
        self.ended = False

    def add(self, session: Session, callback: Callable[[Event], object]) -> int:
        # Under the lock, for the first event may be on its way before the callback is in its place.
        with self.lock:
            self.start()
            if session._listeners is None:
                session._listeners = Listeners(self)
            native = session._subscribe()
            listener = _Listener(callback, native, ref(session._listeners))
            self.untold[native.number] = []
            self.listeners[native.number] = listener
            session._listeners.by_number[native.number] = listener
        return native.number

    def remove(self, number: int) -> None:
        with self.lock:
            self.untold.pop(number, None)
            listener = self.bereft.pop(number, None) or self.listeners.pop(number, None)
            siblings = None if listener is None else listener.siblings()
            if siblings is not None:
                siblings.by_number.pop(number, None)
        if listener is not None:
            listener.native.cancel()

    def outlive(self, listeners: Listeners) -> None:
        """Keeps the callbacks of a session that is gone until they have been told what had happened to it."""
        if self.ended:
            # A daemon thread may have been stopped for ever while it held the lock.
            return
        with self.lock:
            left = list(listeners.by_number.values())
            listeners.by_number.clear()
            self.bereft.update((listener.native.number, listener) for listener in left)
        for listener in left:
            # Puts the end of it into the queue, behind what another thread may still be telling.
            listener.native.finish()

    def is_needed(self) -> bool:
        return bool(self.listeners or self.bereft)

    def forget(self) -> None:
        super().forget()
        self.bereft = {}
        self.untold = {number: [] for number in self.listeners}

    def run(self) -> None:
        while (following := _relatch.next_event()) is not None:
            number, parts = following
            if parts is None:
                self.tell(number)
                self.remove(number)
            else:
                self.call(number, parts)
            del following, parts

    def call(self, number: int, parts: _relatch._EventParts) -> None:
        kind, at, code, cause, retry_at, expires_at, reason, until, count = parts
        times = (moment_if(retry_at), moment_if(expires_at))
        event = Event(kind, moment(at), code, cause, *times, reason, moment_if(until), count)
        with self.lock:
            self.untold.get(number, []).append(event)
        self.tell(number)

    def tell(self, number: int) -> None:
        """Calls the callback with what it has not been told, unless it is cancelled meanwhile."""
        while True:
            # Last of all: a subscription that is cancelled until here gets no call.
            with self.lock:
                listener = self.bereft.get(number) or self.listeners.get(number)
                untold = self.untold.get(number)
                if listener is None or not untold:
                    return
                event = untold.pop(0)
            try:
                listener.callback(event)
            except BaseException as error:  # it ends neither the thread nor the others' events
                _relatch.report_failure(error, listener.callback)
            if event.kind == "logged_out":
                # Nothing follows.
                self.remove(number)


_once.keep_classes(globals())
# A module that is reloaded goes on with the one that it had, whose thread waits.
_dispatcher: _Dispatcher = globals().get("_dispatcher") or _Dispatcher()


def subscribe(session: Session, held: Any) -> Subscription:
    """See `Session.subscribe`; the callback is held by the native module."""
    if held is None or not _is_plain(held.given()):
        raise InvalidConfig("callback must be a plain function of one argument.", field="callback")
    if session.state == "closed":
        # Nothing will happen to it.
        return Subscription(0)
    return Subscription(_dispatcher.add(session, held.given()))


def _is_plain(callback: Any) -> bool:
    """Whether it can be called with an event and has done its work then: nobody would await or iterate it."""
    import inspect  # noqa: PLC0415

    if not callable(callback) or _parameters.is_coroutine(callback) or _parameters.is_generator(callback):
        return False
    try:
        signature = inspect.signature(callback)
    except (TypeError, ValueError):
        # Some functions that are written in C do not tell.
        return True
    try:
        signature.bind(None)
    except TypeError:
        return False
    return True
