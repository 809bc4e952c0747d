"""Ends, or forks, while a callback is asked for an OTP.

Usage: question.py sleeps|reads|awaits|awaits-here|raises-exit|daemon|fork|fork-asked|interrupted
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import relatch
from relatch.testing import SSO_TOKEN, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds of real time after which a child that hangs is killed.
LIMIT = 15

sandbox = Sandbox()
asked = threading.Event()


def log_in(callback: Callable[[], Any]) -> relatch.Session:
    return relatch.login(sandbox.synapsewave(second_factor=relatch.Otp(callback)))


def give_up(callback: Callable[[], Any]) -> None:
    """Leaves the callback hanging, in a login that has been given up."""

    def let_time_pass() -> None:
        if asked.wait(LIMIT):
            sandbox.advance(121)

    def give_up_after_that() -> None:
        try:
            log_in(callback)
        except relatch.SecondFactorRequired:
            print("given up", flush=True)

    threading.Thread(target=let_time_pass).start()
    # In the main thread the callback would run where the call waits, and keep it from giving up.
    thread = threading.Thread(target=give_up_after_that)
    thread.start()
    thread.join()


def sleeps() -> None:
    def callback() -> str:
        asked.set()
        while True:
            time.sleep(0.001)

    give_up(callback)


def reads() -> None:
    """A human who is asked and does not answer."""

    def callback() -> str:
        asked.set()
        return input()

    give_up(callback)


async def never() -> str:
    asked.set()
    return str(await asyncio.Event().wait())


def awaits() -> None:
    give_up(never)


def awaits_here() -> None:
    """The callback hangs in the event loop of the caller, which ends first."""

    async def main() -> None:
        provider = sandbox.synapsewave(second_factor=relatch.Otp(never))
        task = asyncio.create_task(relatch.login_async(provider))
        await asyncio.to_thread(asked.wait, LIMIT)
        task.cancel()

    asyncio.run(main())
    print("given up", flush=True)


def raises_exit() -> None:
    def callback() -> str:
        asked.set()
        sys.exit("not the end of the process")

    give_up(callback)


def daemon() -> None:
    """The login waits in a daemon thread, and its callback with it."""

    def callback() -> str:
        asked.set()
        while True:
            time.sleep(0.001)

    threading.Thread(target=log_in, args=(callback,), daemon=True).start()
    assert asked.wait(LIMIT)
    print("given up", flush=True)


def newest() -> str:
    asked.set()
    return str(sandbox.outbox()[-1]["otp"])


def in_child(act: Callable[[], object]) -> None:
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        signal.alarm(LIMIT)
        print("child:", act(), flush=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def fork() -> None:
    """A provider and a session that were inherited ask their callbacks in the child, on threads of its own."""
    provider = sandbox.synapsewave(second_factor=relatch.Otp(newest_by_wire))
    session = relatch.login(provider)

    def child() -> object:
        renewed = session.refresh(timeout=LIMIT).access_token != first
        return renewed, relatch.login(provider).state

    first = session.token()
    in_child(child)
    print("parent:", relatch.login(provider).state, session.refresh().access_token != first)


def newest_by_wire() -> str:
    """In a child the sandbox is out of reach but for its control port."""
    import json  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415

    request = urllib.request.Request(f"{sandbox.url}/sandbox/outbox", data=b"{}")  # noqa: S310 the sandbox
    with urllib.request.urlopen(request, timeout=LIMIT) as answer:  # noqa: S310
        return str(json.load(answer)[-1]["otp"])


def fork_asked() -> None:
    """A fork while a callback is asked: the child knows nothing of the question, and the parent goes on."""
    go_on = threading.Event()

    def callback() -> str:
        asked.set()
        assert go_on.wait(LIMIT)
        return newest()

    states: list[str] = []
    thread = threading.Thread(target=lambda: states.append(log_in(callback).state))
    thread.start()
    assert asked.wait(LIMIT)
    in_child(lambda: relatch.login(sandbox.synapsewave(sso_token=lambda: SSO_TOKEN)).state)
    go_on.set()
    thread.join(LIMIT)
    print("parent:", states)


def interrupted() -> None:
    """Ctrl-C while a human is asked ends the prompt with the call, and the next call asks anew."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    go_on, threads = threading.Event(), []

    def callback() -> str:
        threads.append(threading.current_thread() is threading.main_thread())
        if not go_on.is_set():
            os.kill(os.getpid(), signal.SIGINT)
            assert not go_on.wait(LIMIT)
        return newest()

    provider = sandbox.synapsewave(second_factor=relatch.Otp(callback))
    try:
        relatch.login(provider)
    except KeyboardInterrupt:
        print("interrupted")
        go_on.set()
    relatch.login(provider).refresh()
    print(all(threads), len(threads) == 3)
    print(sandbox.counts()["login"], sandbox.counts()["login_rejected"])


{
    "sleeps": sleeps,
    "reads": reads,
    "awaits": awaits,
    "awaits-here": awaits_here,
    "raises-exit": raises_exit,
    "daemon": daemon,
    "fork": fork,
    "fork-asked": fork_asked,
    "interrupted": interrupted,
}[sys.argv[1]]()
