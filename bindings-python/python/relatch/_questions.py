"""Questions: what a login asks a callback for, each on a daemon thread of its own."""

from __future__ import annotations

import functools
import itertools
import sys
from weakref import WeakValueDictionary

from relatch import _once, _parameters, _relatch, _threads
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


class Callback:
    """A function of the user's. It belongs to the objects whose logins may ask it, and goes with the last of them.

    Args:
        function: The function.
        takes_question: Whether it is given the question.
        native: What the core knows it by.
    """

    def __init__(self, function: Callable[..., object], takes_question: bool, native: _relatch.Callback) -> None:
        self.function = function
        self.takes_question = takes_question
        self.is_coroutine = _parameters.is_coroutine(function)
        self.native = native
        # The calls that wait and may be what it is asked for, the oldest first.
        self.calls: WeakValueDictionary[int, _Call] = WeakValueDictionary()
        # Where the newest call was awaited.
        self.last_loop: asyncio.AbstractEventLoop | None = None

    def answer(self, pending: _Pending, *, here: bool = False) -> None:
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
                _dispatcher.begin(pending, functools.partial(self._await, result, pending))
                return
            else:
                self._await(result, pending)
                return
        except BaseException as error:  # whatever it is, it ends that login and nothing else
            result = None  # a frame that raises shows it
            pending.asked.fail(error)
            if here and isinstance(error, KeyboardInterrupt):
                _dispatcher.end(pending)
                raise
        _dispatcher.end(pending)

    def _await(self, result: Any, pending: _Pending) -> None:
        """Has the result awaited, in an event loop of the user's or in one of its own on this thread."""
        import asyncio  # noqa: PLC0415

        try:
            if self._hand_over(result, pending):
                return
            asyncio.run(_settle(result, pending))
        except BaseException as error:  # as above
            pending.asked.fail(error)
        _dispatcher.end(pending)

    def _arguments(self, asked: _relatch.Asked) -> tuple[Question, ...]:
        if not self.takes_question:
            return ()
        wanted, system, user, methods = asked.question
        return (Question(wanted, system, user, tuple(methods)),)

    def _hand_over(self, result: Awaitable[object], pending: _Pending) -> bool:
        """Has the result awaited in an event loop of the user's, if there is one for it."""
        with _dispatcher.lock:
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


class _Call:
    """A call that waits and may cause a question; the native module holds it for as long as it waits.

    Args:
        callback: What may be asked.
        event_loop: The event loop that runs where the call was made, if one does.
        blocks: Whether the call keeps that from running.
        here: Whether the callback is to be called where the call waits.
    """

    __slots__ = ("__weakref__", "blocks", "callback", "event_loop", "here", "number")

    def __init__(
        self, callback: Callback, event_loop: asyncio.AbstractEventLoop | None, blocks: bool, here: bool
    ) -> None:
        self.callback = callback
        self.event_loop = event_loop
        self.blocks = blocks
        self.here = here
        self.number = next(_numbers)

    def __del__(self) -> None:
        if not _dispatcher.ended:
            _dispatcher.leave(self)


class _Pending:
    """A question that a callback is at."""

    def __init__(self, callback: Callback, asked: _relatch.Asked) -> None:
        self.callback = callback
        self.asked = asked
        # Where the answer is awaited, if it is, and by which task once that has started.
        self.event_loop: asyncio.AbstractEventLoop | None = None
        self.task: asyncio.Task[None] | None = None
        self.withdrawn = False
        # Where the function runs, if it has a thread for itself.
        self.thread: _threads.Thread | None = None


def _start(event_loop: asyncio.AbstractEventLoop, result: Awaitable[object], pending: _Pending) -> None:
    task = event_loop.create_task(_settle(result, pending))

    def ended(_task: asyncio.Task[None]) -> None:
        try:
            # Looked at, so that the event loop does not report it: it was raised there already.
            task.exception()
        except BaseException as error:  # it was cancelled before its first step
            pending.asked.fail(error)
            _discard(result)
        _dispatcher.end(pending)

    # An event loop does not keep the tasks that it runs: the dispatcher does.
    pending.task = task
    task.add_done_callback(ended)


async def _settle(result: Awaitable[object], pending: _Pending) -> None:
    import asyncio  # noqa: PLC0415

    with _dispatcher.lock:
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


class _Dispatcher(Daemon):
    """Hands each question to a thread. One for the process, made anew in a forked child."""

    def __init__(self) -> None:
        super().__init__("relatch-questions")
        self.callbacks: WeakValueDictionary[int, Callback] = WeakValueDictionary()
        # Those that a callback is at, by the question's number.
        self.pending: dict[int, _Pending] = {}
        # Those that are in a callback.
        self.threads: set[_threads.Thread] = set()
        # The process is exiting: a daemon thread may have been stopped for ever while it held the lock.
        self.ended = False

    def add(self, callback: Callback) -> None:
        with self.lock:
            self.start()
            self.callbacks[callback.native.number] = callback

    def is_needed(self) -> bool:
        return bool(self.callbacks)

    def run(self) -> None:
        while (following := _relatch.next_question()) is not None:
            number, asked = following
            if asked is None:
                self.withdraw(number)
            else:
                self.ask(number, asked)
            del following, asked

    def ask(self, number: int, asked: _relatch.Asked) -> None:
        callback = self.callbacks.get(number)
        if callback is None or not callback.calls:
            # The program has let go of all that the answer could be for, or nobody waits for it any more.
            return
        pending = self.add_pending(callback, asked)
        self.begin(pending, lambda: callback.answer(pending))

    def add_pending(self, callback: Callback, asked: _relatch.Asked) -> _Pending:
        pending = _Pending(callback, asked)
        with self.lock:
            self.pending[asked.number] = pending
        return pending

    def begin(self, pending: _Pending, act: Callable[[], object]) -> None:
        """Does something for a question, on a thread of its own."""
        thread = pending.thread = _threads.new_thread(lambda: self.call(act, thread), "relatch-callback")
        self.threads.add(thread)
        try:
            thread.start()
        except RuntimeError as error:  # no more threads, or the process is exiting
            self.threads.discard(thread)
            pending.asked.fail(error)
            self.end(pending)

    def call(self, act: Callable[[], object], thread: _threads.Thread) -> None:
        act()
        self.threads.discard(thread)

    def leave(self, call: _Call) -> None:
        """Gives up the questions to a callback when the last call that waits for the answers has gone."""
        callback = call.callback
        with self.lock:
            callback.calls.pop(call.number, None)
            left = (
                [] if callback.calls else [pending for pending in self.pending.values() if pending.callback is callback]
            )
        for pending in left:
            # Whatever it answers now is void: the next call asks anew.
            pending.asked.fail(RuntimeError(_GIVEN_UP))
            self.withdraw(pending.asked.number)

    def end(self, pending: _Pending) -> None:
        with self.lock:
            ended = self.pending.pop(pending.asked.number, None)
        # Outside of the lock, for what goes with it is the user's.
        del ended

    def withdraw(self, number: int) -> None:
        """Ends what a question is answered by that nobody waits for any more."""
        with self.lock:
            pending = self.pending.get(number)
            if pending is None:
                return
            pending.withdrawn = True
            event_loop, task, thread = pending.event_loop, pending.task, pending.thread
        if event_loop is not None and task is not None:
            try:
                event_loop.call_soon_threadsafe(task.cancel)
            except RuntimeError:
                # It was closed, and took the task with it.
                self.end(pending)
        elif thread is not None and thread in self.threads and hasattr(sys, "ps1"):
            # Where a human types into Python itself, a prompt that is left over would take what is meant for the next.
            _threads.end(thread)

    def unblock(self, callback: Callback, event_loop: asyncio.AbstractEventLoop) -> None:
        """Fails the questions that wait for an event loop which a call of the same callback keeps from running."""
        with self.lock:
            stuck = [
                pending
                for pending in self.pending.values()
                if pending.callback is callback and pending.event_loop is event_loop
            ]
        for pending in stuck:
            pending.asked.fail(RuntimeError(_BLOCKED))
            self.withdraw(pending.asked.number)

    def forget(self) -> None:
        super().forget()
        self.pending = {}
        self.threads = set()


_GIVEN_UP = "the calls that waited for the answer were given up"
_BLOCKED = (
    "a blocking call was made in the event loop that the callback's coroutine runs in, which it keeps from running: "
    "use the call whose name ends in _async there"
)
_once.keep_classes(globals())
# A module that is reloaded goes on with the one that it had, whose thread waits.
_dispatcher: _Dispatcher = globals().get("_dispatcher") or _Dispatcher()
_numbers = itertools.count()


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
    _dispatcher.add(callback)
    return callback


def held(number: int) -> Callback | None:
    """The callback of that number, for an object whose logins may ask it to hold; None for 0."""
    return _dispatcher.callbacks.get(number)


def called(number: int, awaited: bool) -> object:
    """Notes a call that may ask a callback; called by the native module, which keeps the result while the call waits.

    Args:
        number: The callback's.
        awaited: Whether the call is awaited in the event loop that runs here. A blocking call keeps that from running.
    """
    callback = _dispatcher.callbacks.get(number)
    if callback is None:
        return None
    event_loop = _running_loop()
    here = not awaited and not callback.is_coroutine and _threads.is_main()
    call = _Call(callback, event_loop, not awaited, here)
    with _dispatcher.lock:
        callback.calls[call.number] = call
        if awaited:
            callback.last_loop = event_loop
    if event_loop is not None and not awaited:
        _dispatcher.unblock(callback, event_loop)
    return call


def answer_here(number: int, asked: _relatch.Asked) -> None:
    """Answers a question on this thread, where a call waits for the answer; called by the native module.

    Raises:
        KeyboardInterrupt: The callback was interrupted, and so is the call.
    """
    callback = _dispatcher.callbacks.get(number)
    if callback is not None:
        callback.answer(_dispatcher.add_pending(callback, asked), here=True)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    if "asyncio" not in sys.modules:
        return None
    import asyncio  # noqa: PLC0415 it is there

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
