"""The end of the process, and what a forked child does about the threads that it lacks."""

from __future__ import annotations

import atexit
import os
import sys

from relatch import _relatch
from relatch._events import _dispatcher as _events
from relatch._question_dispatcher import dispatcher as _questions

# Seconds that the exit of the process waits for callbacks.
_PATIENCE = 1.0


def revive() -> None:
    """Starts the threads again in a forked child that has inherited callbacks; called by the native module."""
    for daemon in (_events, _questions):
        with daemon.lock:
            if daemon.is_needed():
                daemon.start()


def _after_fork() -> None:
    _events.forget()
    _questions.forget()
    _relatch.forked(_events.is_needed() or _questions.is_needed())


def _at_exit() -> None:
    _relatch.shutdown()
    if _events.thread is not None:
        _events.thread.join(_PATIENCE)
    _relatch.abandon_events()
    _events.ended = _questions.ended = True
    if _questions.threads:
        # A callback may be reading from it, and to take it down then is a fatal error to Python.
        _relatch.keep(sys.stdin)


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
