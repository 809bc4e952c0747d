"""Questions: what a login asks a callback for, each on a daemon thread of its own."""

from __future__ import annotations

import threading

from relatch import _relatch
from relatch._daemon import Daemon
from relatch._errors import InvalidConfig
from relatch._record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable
    from typing import Any, Literal


class Question(Record):
    """What a callback is asked for. It holds no secrets.

    Attributes:
        wanted: "otp" or "sso_token".
        system: The system's short name.
        user: The user who logs in, where one is known.
        methods: The second factors that the server would take, where it said so.
    """

    __slots__ = __match_args__ = ("wanted", "system", "user", "methods")

    wanted: Literal["otp", "sso_token"]
    system: str
    user: str | None
    methods: tuple[str, ...]

    def __init__(self, wanted: str, system: str, user: str | None = None, methods: tuple[str, ...] = ()) -> None:
        self._set(wanted, system, user, methods)


class _Callback:
    """A function of the user's, and the event loop to await its result in."""

    def __init__(self, function: Callable[..., object], takes_question: bool) -> None:
        self.function = function
        self.takes_question = takes_question
        self.event_loop: asyncio.AbstractEventLoop | None = None

    def answer(self, asked: _relatch.Asked) -> None:
        """Calls the function, on the thread that it has for itself."""
        import inspect  # noqa: PLC0415 imported already, when the callback was made

        try:
            result = self.function(*self._arguments(asked))
            if inspect.isawaitable(result):
                self._await(_settle(result, asked))
            else:
                asked.answer(result)
        except BaseException as error:  # whatever it is, it ends that login and nothing else
            asked.fail(error)

    def _arguments(self, asked: _relatch.Asked) -> tuple[Question, ...]:
        if not self.takes_question:
            return ()
        wanted, system, user, methods = asked.question
        return (Question(wanted, system, user, tuple(methods)),)

    def _await(self, settling: Any) -> None:
        import asyncio  # noqa: PLC0415

        event_loop = self.event_loop
        if event_loop is not None and event_loop.is_running():
            try:
                event_loop.call_soon_threadsafe(_start, event_loop, settling)
            except RuntimeError:
                # It was closed in the meantime.
                asyncio.run(settling)
        else:
            asyncio.run(settling)


# An event loop does not keep the tasks that it runs.
_tasks: set[asyncio.Task[None]] = set()


def _start(event_loop: asyncio.AbstractEventLoop, settling: Any) -> None:
    task = event_loop.create_task(settling)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _settle(awaitable: Awaitable[object], asked: _relatch.Asked) -> None:
    try:
        asked.answer(await awaitable)
    except BaseException as error:  # KeyboardInterrupt would end the event loop, which is not this module's
        asked.fail(error)


class _Dispatcher(Daemon):
    """Hands each question to a thread. One for the process, made anew in a forked child."""

    def __init__(self) -> None:
        super().__init__("relatch-questions")
        self.callbacks: dict[int, _Callback] = {}
        # Those that are in a callback.
        self.threads: set[threading.Thread] = set()

    def add(self, callback: _Callback, timeout: float | None) -> _relatch.Callback:
        # The native object tells when it is gone, to a thread that runs from here on.
        native = _relatch.Callback(timeout)
        with self.lock:
            self.callbacks[native.number] = callback
            self.start()
        return native

    def is_needed(self) -> bool:
        return bool(self.callbacks)

    def run(self) -> None:
        while (following := _relatch.next_question()) is not None:
            number, asked = following
            if asked is None:
                with self.lock:
                    self.callbacks.pop(number, None)
            else:
                self.ask(number, asked)
            del following, asked

    def ask(self, number: int, asked: _relatch.Asked) -> None:
        with self.lock:
            callback = self.callbacks.get(number)
        if callback is None:
            return
        thread = threading.Thread(target=self.call, args=(callback, asked), name="relatch-callback", daemon=True)
        self.threads.add(thread)
        try:
            thread.start()
        except RuntimeError as error:  # no more threads, or the process is exiting
            self.threads.discard(thread)
            asked.fail(error)

    def call(self, callback: _Callback, asked: _relatch.Asked) -> None:
        callback.answer(asked)
        self.threads.discard(threading.current_thread())

    def forget(self) -> None:
        super().forget()
        self.threads = set()


_dispatcher = _Dispatcher()


def native(callback: Any, *, field: str, timeout: float | None = None) -> _relatch.Callback:
    """What the native module makes of a callback.

    Args:
        callback: A function of one argument or of none, plain or ``async``.
        field: The argument that it was given as.
        timeout: Seconds that an answer is waited for.

    Raises:
        InvalidConfig: It cannot be called so, or the time limit is wrong; ``field`` says which.
    """
    if not callable(callback):
        raise InvalidConfig(f"{field} must be a function, not {type(callback).__name__}.", field=field)
    return _dispatcher.add(_Callback(callback, _takes_question(callback, field)), timeout)


def called(number: int, awaited: bool) -> None:
    """Notes where the result of a callback is to be awaited; called by the native module before a call that may ask.

    Args:
        number: The callback's.
        awaited: Whether the call is awaited in the event loop that runs here. A blocking call keeps that from running.
    """
    callback = _dispatcher.callbacks.get(number)
    if callback is not None:
        callback.event_loop = _running_loop() if awaited else None


def _running_loop() -> asyncio.AbstractEventLoop:
    import asyncio  # noqa: PLC0415 who awaits has imported it

    return asyncio.get_running_loop()


def _takes_question(callback: Callable[..., object], field: str) -> bool:
    """Whether it has a parameter for the question: one that must be given, or one of that name."""
    import inspect  # noqa: PLC0415

    try:
        parameters = inspect.signature(callback).parameters.values()
    except (TypeError, ValueError):
        # Some functions that are written in C do not tell.
        return False
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    positional = [parameter for parameter in parameters if parameter.kind in kinds]
    needed = [parameter for parameter in positional if parameter.default is parameter.empty]
    keywords = [
        parameter
        for parameter in parameters
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty
    ]
    if len(needed) > 1 or keywords:
        raise InvalidConfig(f"{field} must be a function of one argument or of none.", field=field)
    gathers = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters)
    return bool(needed) or gathers or (bool(positional) and positional[0].name == "question")
