"""Uses callbacks where threads have been made greenlets, none of which ever gets a turn.

Usage: greenlets.py events|question
"""

from __future__ import annotations

import _thread
import sys
import threading
from typing import Any

LIMIT = 15
own_ident = _thread.get_ident


def ident() -> int:
    return own_ident()


def start(*_arguments: Any, **_keywords: Any) -> int:
    """What is to run never does: this thread is about to wait in native code."""
    return 1


# As gevent and eventlet do, before anything else is imported.
patched: Any = _thread
patched.get_ident = threading.get_ident = ident
patched.start_new_thread = start
for name in ("_start_new_thread", "_start_joinable_thread"):
    if hasattr(threading, name):
        setattr(threading, name, start)
threading.Thread.start = start  # type: ignore[method-assign, assignment]

import relatch  # noqa: E402
from relatch.testing import USER_ID, Sandbox  # noqa: E402

sandbox = Sandbox()
called = threading.Event()
threads: list[int] = []


def note(_event: relatch.Event) -> None:
    threads.append(own_ident())
    called.set()


def answer() -> str:
    threads.append(own_ident())
    called.set()
    return sandbox.send_otp(user_id=USER_ID)


if sys.argv[1] == "events":
    session = relatch.login(sandbox.seven_g())
    session.subscribe(note)
    session.refresh()
else:
    relatch.login(sandbox.synapsewave(second_factor=relatch.Otp(answer)), timeout=LIMIT)
assert called.wait(LIMIT)
print("called on a thread:", threads[0] != own_ident())
