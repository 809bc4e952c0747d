"""Questions: what a login asks a callback for, and how the user's function answers."""

from __future__ import annotations

import functools
import sys

from relatch import _once, _parameters, _relatch, _threads
from relatch._errors import InvalidConfig
from relatch._question_dispatcher import Call, Handler, dispatcher
from relatch._record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable
    from typing import Any, Literal

    from relatch._question_dispatcher import Pending


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


class Callback(Handler):
    """A function of the user's.

    Args:
        function: The function.
        takes_question: Whether it is given the question.
        native: What the core knows it by.
    """

    def __init__(self, function: Callable[..., object], takes_question: bool, native: _relatch.Callback) -> None:
        super().__init__(_parameters.is_coroutine(function), native)
        self.function = function
        self.takes_question = takes_question

    def answer(self, pending: Pending, *, here: bool = False) -> None:
        """Calls the function, and ends the question or leaves that to a task.

        Args:
            pending: The question.
            here: Whether this is the thread of a call that waits for the answer, and not one that is for this alone.

        Raises:
            KeyboardInterrupt: The call that waits here was interrupted.
        """
        import inspect  # noqa: PLC0415 for callbacks alone

        result = None
        try:
            result = self.function(*self._arguments(pending.asked))
            if not inspect.isawaitable(result):
                pending.asked.answer(result)
            elif here:
                dispatcher.begin(pending, functools.partial(self._await, result, pending))
                return
            else:
                self._await(result, pending)
                return
        except BaseException as error:  # whatever it is, it ends that login and nothing else
            result = None  # a frame that raises shows it
            pending.asked.fail(error)
            if here and isinstance(error, KeyboardInterrupt):
                dispatcher.end(pending)
                raise
        dispatcher.end(pending)

    def _await(self, result: Any, pending: Pending) -> None:
        """Has the result awaited, in an event loop of the user's or in one of its own on this thread."""
        import asyncio  # noqa: PLC0415

        try:
            if self._hand_over(result, pending):
                return
            asyncio.run(_settle(result, pending))
        except BaseException as error:  # as above
            pending.asked.fail(error)
        dispatcher.end(pending)

    def _arguments(self, asked: _relatch.Asked) -> tuple[Question, ...]:
        if not self.takes_question:
            return ()
        wanted, system, user, methods = asked.question
        return (Question(wanted, system, user, tuple(methods)),)

    def _hand_over(self, result: Awaitable[object], pending: Pending) -> bool:
        """Has the result awaited in an event loop of the user's, if there is one for it."""
        with dispatcher.lock:
            event_loop = pending.event_loop = self._event_loop()
        if event_loop is None:
            return False
        try:
            event_loop.call_soon_threadsafe(_start, event_loop, result, pending)
        except RuntimeError:
            # It was closed in the meantime.
            return False
        return True

    def _event_loop(self) -> asyncio.AbstractEventLoop | None:
        """Where to await: a loop that a call is awaited in and that no blocking call keeps from running."""
        calls = list(self.calls.values())
        blocked = [call.event_loop for call in calls if call.blocks]
        awaited = [call.event_loop for call in calls if not call.blocks]
        # Nobody waits for a login in the background: it goes where the last call came from.
        for event_loop in awaited if calls else [self.last_loop]:
            if event_loop is not None and event_loop not in blocked and event_loop.is_running():
                return event_loop
        return None


def _start(event_loop: asyncio.AbstractEventLoop, result: Awaitable[object], pending: Pending) -> None:
    task = event_loop.create_task(_settle(result, pending))

    def ended(_task: asyncio.Task[None]) -> None:
        try:
            # Looked at, so that the event loop does not report it: it was raised there already.
            task.exception()
        except BaseException as error:  # it was cancelled before its first step
            pending.asked.fail(error)
            _discard(result)
        dispatcher.end(pending)

    # An event loop does not keep the tasks that it runs: the dispatcher does.
    pending.task = task
    task.add_done_callback(ended)


async def _settle(result: Awaitable[object], pending: Pending) -> None:
    import asyncio  # noqa: PLC0415

    with dispatcher.lock:
        pending.event_loop, pending.task = asyncio.get_running_loop(), asyncio.current_task()
        withdrawn = pending.withdrawn
    if withdrawn:
        _discard(result)
        return
    try:
        pending.asked.answer(await result)
    except BaseException as error:
        pending.asked.fail(error)
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            # The end of the program, as from any other task.
            raise


def _discard(result: Any) -> None:
    """Lets go of what will not be awaited: a coroutine, or a future."""
    discard = getattr(result, "close", None) or getattr(result, "cancel", None)
    if discard is not None:
        discard()


_once.keep_classes(globals())


def callback_of(held: Any, *, field: str, timeout: float, timeout_field: str) -> Callback:
    """What is made of a user's function.

    Args:
        held: A function of one argument or of none, plain or ``async``, as `_relatch.hold` gives it.
        field: The argument that it was given as.
        timeout: Seconds that an answer is waited for.
        timeout_field: The argument that this was given as.

    Raises:
        InvalidConfig: It cannot be called so, or the time limit is wrong; ``field`` says which.
    """
    callback = callback_if(held, field=field, timeout=timeout, timeout_field=timeout_field)
    if callback is None:
        found = "None" if held is None else held.type_name
        raise InvalidConfig(f"{field} must be a function, not {found}.", field=field)
    return callback


def callback_if(held: Any, *, field: str, timeout: float, timeout_field: str) -> Callback | None:
    """What is made of a user's function, as `callback_of` says; None for what is no function."""
    if held is None or not callable(held.given()):
        return None
    # A frame that raises shows a function, and that may show what it holds: functools.partial does.
    takes_question = _parameters.takes_question(held, field)
    native = _relatch.Callback(timeout_field, timeout)
    callback = Callback(held.given(), takes_question, native)
    dispatcher.add(callback)
    return callback


def held(number: int) -> Handler | None:
    """The callback of that number, for an object whose logins may ask it to hold; None for 0."""
    return dispatcher.callbacks.get(number)


def called(number: int, awaited: bool) -> object:
    """Notes a call that may ask a callback; called by the native module, which keeps the result while the call waits.

    Args:
        number: The callback's.
        awaited: Whether the call is awaited in the event loop that runs here. A blocking call keeps that from running.
    """
    callback = dispatcher.callbacks.get(number)
    if callback is None:
        return None
    event_loop = _running_loop()
    here = not awaited and not callback.is_coroutine and _threads.is_main()
    call = Call(callback, event_loop, not awaited, here)
    with dispatcher.lock:
        callback.calls[call.number] = call
        if awaited:
            callback.last_loop = event_loop
    if event_loop is not None and not awaited:
        dispatcher.unblock(callback, event_loop)
    return call


def answer_here(number: int, asked: _relatch.Asked) -> None:
    """Answers a question on this thread, where a call waits for the answer; called by the native module.

    Raises:
        KeyboardInterrupt: The callback was interrupted, and so is the call.
    """
    callback = dispatcher.callbacks.get(number)
    if callback is not None:
        callback.answer(dispatcher.add_pending(callback, asked), here=True)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    if "asyncio" not in sys.modules:
        return None
    import asyncio  # noqa: PLC0415 it is there

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
