"""Daemon threads that start when they are needed, and again in a forked child."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod


class Daemon(ABC):
    """One daemon thread of the process, and the lock for what it works on.

    Args:
        name: The thread's name.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        # The collector may run a user's code while it is held, and that may come back here.
        self.lock = threading.RLock()
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        """Starts the thread unless it runs; the caller holds the lock."""
        if self.thread is None:
            self.thread = threading.Thread(target=self.run, name=self.name, daemon=True)
            self.thread.start()

    def forget(self) -> None:
        """In a forked child the lock may be held for ever, and the thread is missing."""
        self.lock = threading.RLock()
        self.thread = None

    @abstractmethod
    def is_needed(self) -> bool:
        """Whether there is anything for the thread to do, now or later."""

    @abstractmethod
    def run(self) -> None:
        """What the thread does."""
