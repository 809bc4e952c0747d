"""The dispatcher of questions: which thread each is answered on, and when nobody waits for the answer any more."""

from __future__ import annotations

import itertools
import sys
from abc import ABC, abstractmethod
from weakref import WeakValueDictionary

from relatch import _once, _relatch, _threads
from relatch._daemon import Daemon

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable


class Handler(ABC):
    """What questions are handed to. It belongs to the objects whose logins may ask it, and goes with the last of them.

    Args:
        is_coroutine: Whether its answer is awaited.
        native: What the core knows it by.
    """

    def __init__(self, is_coroutine: bool, native: _relatch.Callback) -> None:
        self.is_coroutine = is_coroutine
        self.native = native
        # The calls that wait and may be what it is asked for, the oldest first.
        self.calls: WeakValueDictionary[int, Call] = WeakValueDictionary()
        # Where the newest call was awaited.
        self.last_loop: asyncio.AbstractEventLoop | None = None

    @abstractmethod
    def answer(self, pending: Pending, *, here: bool = False) -> None:
        """Ends the question or leaves that to a task.

        Args:
            pending: The question.
            here: Whether this is the thread of a call that waits for the answer, and not one that is for this alone.

        Raises:
            KeyboardInterrupt: The call that waits here was interrupted.
        """


class Call:
    """A call that waits and may cause a question; the native module holds it for as long as it waits.

    Args:
        callback: What may be asked.
        event_loop: The event loop that runs where the call was made, if one does.
        blocks: Whether the call keeps that from running.
        here: Whether the callback is to be called where the call waits.
    """

    __slots__ = ("__weakref__", "blocks", "callback", "event_loop", "here", "number")

    def __init__(
        self, callback: Handler, event_loop: asyncio.AbstractEventLoop | None, blocks: bool, here: bool
    ) -> None:
        self.callback = callback
        self.event_loop = event_loop
        self.blocks = blocks
        self.here = here
        self.number = next(_numbers)

    def __del__(self) -> None:
        if not dispatcher.ended:
            dispatcher.leave(self)


class Pending:
    """A question that a callback is at."""

    def __init__(self, callback: Handler, asked: _relatch.Asked) -> None:
        self.callback = callback
        self.asked = asked
        # Where the answer is awaited, if it is, and by which task once that has started.
        self.event_loop: asyncio.AbstractEventLoop | None = None
        self.task: asyncio.Task[None] | None = None
        self.withdrawn = False
        # Where the function runs, if it has a thread for itself.
        self.thread: _threads.Thread | None = None


class Dispatcher(Daemon):
    """Hands each question to a thread. One for the process, made anew in a forked child."""

    def __init__(self) -> None:
        super().__init__("relatch-questions")
        self.callbacks: WeakValueDictionary[int, Handler] = WeakValueDictionary()
        # Those that a callback is at, by the question's number.
        self.pending: dict[int, Pending] = {}
        # Those that are in a callback.
        self.threads: set[_threads.Thread] = set()
        # The process is exiting: a daemon thread may have been stopped for ever while it held the lock.
        self.ended = False

    def add(self, callback: Handler) -> None:
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

    def add_pending(self, callback: Handler, asked: _relatch.Asked) -> Pending:
        pending = Pending(callback, asked)
        with self.lock:
            self.pending[asked.number] = pending
        return pending

    def begin(self, pending: Pending, act: Callable[[], object]) -> None:
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

    def leave(self, call: Call) -> None:
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

    def end(self, pending: Pending) -> None:
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

    def unblock(self, callback: Handler, event_loop: asyncio.AbstractEventLoop) -> None:
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
dispatcher: Dispatcher = globals().get("dispatcher") or Dispatcher()
_numbers = itertools.count()
