"""Daemon threads that start when they are needed, and again in a forked child."""

from __future__ import annotations

from abc import ABC, abstractmethod

from relatch import _once, _threads


class Daemon(ABC):
    """One daemon thread of the process, and the lock for what it works on.

    Args:
        name: The thread's name.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        # The collector may run a user's code while it is held, and that may come back here.
        self.lock = _threads.new_lock()
        self.thread: _threads.Thread | None = None

    def start(self) -> None:
        """Starts the thread unless it runs; the caller holds the lock, and has registered nothing yet.

        Raises:
            RuntimeError: There can be no more threads. The next call tries again.
        """
        if self.thread is None:
            thread = _threads.new_thread(lambda: self._begin(thread), self.name)
            thread.start()
            self.thread = thread

    def _begin(self, thread: _threads.Thread) -> None:
        with self.lock:
            # Ctrl-C may end `start` when the thread is there already: then it is the one that runs, unless another is.
            if self.thread is None:
                self.thread = thread
            if self.thread is not thread:
                return
        self.run()

    def forget(self) -> None:
        """In a forked child the lock may be held for ever, and the thread is missing."""
        self.lock = _threads.new_lock()
        self.thread = None

    @abstractmethod
    def is_needed(self) -> bool:
        """Whether there is anything for the thread to do, now or later."""

    @abstractmethod
    def run(self) -> None:
        """What the thread does."""


_once.keep_classes(globals())
