"""Sends Ctrl-C to a blocking call once its request has reached the server, and shows what is left of it.

Usage: interrupt.py login|token|wait_for
"""

from __future__ import annotations

import os
import signal
import sys
import threading

import relatch
from relatch.testing import Sandbox

# Seconds that each of the calls would take, which is longer than this program may live.
LIMIT = 60


def interrupt_when(sandbox: Sandbox, what: str) -> None:
    """Interrupts this process when the sandbox has got that request, or at once if it is none."""

    def watch() -> None:
        if what:
            sandbox.wait_for(what, 1)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=watch, daemon=True).start()


def main(call: str) -> None:
    # Who starts the tests in the background may have switched Ctrl-C off for all that they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sandbox = Sandbox()
    session = relatch.login(sandbox.seven_g(), exchange_timeout=LIMIT)
    heard = threading.Event()
    session.subscribe(lambda _event: heard.set())
    if call == "login":
        sandbox = Sandbox()
    requested = {"login": "login", "token": "refresh", "wait_for": ""}[call]
    if requested:
        sandbox.fault(on=requested, fault="hold", when="after")
    sandbox.advance(1210)
    try:
        interrupt_when(sandbox, requested)
        if call == "login":
            relatch.login(sandbox.seven_g(), timeout=LIMIT, exchange_timeout=LIMIT)
        elif call == "token":
            session.token(timeout=LIMIT)
        else:
            sandbox.wait_for("account", 1, timeout=LIMIT)
    except KeyboardInterrupt:
        pass
    else:
        raise AssertionError("the call was not interrupted")
    sandbox.release()
    if call == "token":
        # The refresh went on without its caller: its result is there, and no other is needed.
        assert heard.wait(10)
        session.token()
        assert sandbox.counts()["refresh"] == 1
    print("interrupted")


main(sys.argv[1])
