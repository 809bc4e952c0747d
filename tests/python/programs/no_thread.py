"""Cannot start a thread at first: nothing is left of the try, and the next one does.

Usage: no_thread.py fails|interrupted|interrupted-early
"""

from __future__ import annotations

import sys
import threading

import relatch
from relatch._events import _dispatcher
from relatch.testing import USER_ID, Sandbox

LIMIT = 15
sandbox = Sandbox()
session = relatch.login(sandbox.seven_g())
own_start = threading.Thread.start


def fails(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def interrupted(thread: threading.Thread) -> None:
    """Ctrl-C comes while `start` waits for the thread that it has started."""
    own_start(thread)
    raise KeyboardInterrupt


def interrupted_early(_thread: threading.Thread) -> None:
    raise KeyboardInterrupt


def answer() -> str:
    return sandbox.send_otp(user_id=USER_ID)


threading.Thread.start = {  # type: ignore[method-assign, assignment]
    "fails": fails,
    "interrupted": interrupted,
    "interrupted-early": interrupted_early,
}[sys.argv[1]]
for call in (lambda: session.subscribe(print), lambda: relatch.Otp(answer)):
    try:
        call()
    except (RuntimeError, KeyboardInterrupt):
        continue
    raise AssertionError("a thread was started")
print("listening:", len(_dispatcher.listeners))
threading.Thread.start = own_start  # type: ignore[method-assign]

heard: list[str] = []
told = threading.Event()


def hear(event: relatch.Event) -> None:
    heard.append(event.kind)
    told.set()


session.subscribe(hear)
session.refresh()
assert told.wait(LIMIT)
for thread in threading.enumerate():
    # One whose start was interrupted is the one that runs, or ends.
    if thread.name == "relatch-events" and thread is not _dispatcher.thread:
        thread.join(LIMIT)
running = [thread for thread in threading.enumerate() if thread.name == "relatch-events"]
print("heard:", heard, "on", len(running))
print("asked:", relatch.login(sandbox.synapsewave(second_factor=relatch.Otp(answer)), timeout=LIMIT).state)
