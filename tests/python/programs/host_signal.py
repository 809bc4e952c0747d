"""Gets signals while a call is blocked: each does to the call what its handler says, and nothing to the session.

Usage: host_signal.py terminated|exits|raises|raises-login|returns|reenters|timer|loop|forks|forks-exits|forks-logout
"""

from __future__ import annotations

import asyncio
import atexit
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import relatch
from relatch import _relatch
from relatch.testing import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

LIMIT = 15
# More exits than fit into the limit if each of them waits for a call that is none.
EXITS = 60
TICKS = 10

sandbox = Sandbox()
session = relatch.login(sandbox.seven_g())


class StopError(Exception):
    """What a handler raises here."""


def hold(what: str) -> None:
    """The token has ended; that request will be carried out, and answered only when the sandbox is told to."""
    sandbox.advance(1210)
    sandbox.fault(on=what, fault="hold", when="after")


def send(number: int, what: str = "refresh", count: int = 1) -> None:
    """Sends a signal to this process once the server has got that request."""

    def watch() -> None:
        sandbox.wait_for(what, count)
        os.kill(os.getpid(), number)

    threading.Thread(target=watch, daemon=True).start()


def handle(number: int, act: Callable[[], object]) -> None:
    def handler(_number: int, _frame: FrameType | None) -> None:
        act()

    signal.signal(number, handler)


def stop() -> None:
    raise StopError


def check() -> None:
    """The next call is fine: the one refresh had gone on, or is shared."""
    sandbox.release()
    assert session.token() == session.token()
    assert asyncio.run(session.token_async()) == session.token()
    counts = sandbox.counts()
    assert (counts["reused"], counts["login_rejected"]) == (0, 0)
    print("login", counts["login"], "refresh", counts["refresh"])


def terminated() -> None:
    """No handler: the process ends at once."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    hold("refresh")
    send(signal.SIGTERM)
    session.token()


def exits() -> None:
    """As servers do: the handler ends the program by its exit hooks."""
    handle(signal.SIGTERM, lambda: sys.exit(3))
    hold("refresh")
    for _ in range(5):
        threading.Thread(target=session.token, daemon=True).start()
    send(signal.SIGTERM)
    session.token()


def raises() -> None:
    handle(signal.SIGUSR1, stop)
    for call in (session.token, session.refresh, session.headers):
        before = sandbox.counts()["refresh"]
        hold("refresh")
        send(signal.SIGUSR1, count=before + 1)
        try:
            call()
        except StopError:
            sandbox.release()
            session.token()
        else:
            raise AssertionError("the call was not stopped")
        assert sandbox.counts()["refresh"] == before + 1
    check()


def raises_login() -> None:
    """A login that nobody waits for any more goes on; the next one has its turn when that has ended."""
    handle(signal.SIGUSR1, stop)
    hold("login")
    send(signal.SIGUSR1, "login", 2)
    try:
        relatch.login(sandbox.seven_g())
    except StopError:
        sandbox.release()
    other = relatch.login(sandbox.seven_g())
    assert other.token() != session.token()
    check()


def returns() -> None:
    """The handler returns, so the call goes on, and gets what the handler has released."""
    handle(signal.SIGUSR1, sandbox.release)
    hold("refresh")
    send(signal.SIGUSR1)
    session.token()
    check()


def reenters() -> None:
    """The handler calls the very session that the interrupted call waits for."""
    ends: list[str] = []
    heard = threading.Event()

    def ask() -> None:
        ends.append(session.state)
        try:
            session.token(timeout=0.01)
        except relatch.RequestTimeout:
            ends.append("timeout")
        session.subscribe(lambda _event: heard.set())
        sandbox.release()
        ends.append(session.token())

    handle(signal.SIGUSR1, ask)
    hold("refresh")
    send(signal.SIGUSR1)
    token = session.token()
    assert ends == ["refreshing", "timeout", token]
    assert heard.wait(LIMIT)
    check()


def timer() -> None:
    """A profiler's signals, one every millisecond, do not end the call."""
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        # What is released before it has arrived stays held.
        ticks += sandbox.counts()["refresh"]
        if ticks == TICKS:
            sandbox.release()

    handle(signal.SIGALRM, tick)
    hold("refresh")
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    session.token()
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert ticks >= TICKS
    check()


def loop() -> None:
    """A handler of the event loop, as asyncio servers have one, cancels what waits."""

    async def main() -> None:
        hold("refresh")
        tasks = [asyncio.create_task(session.token_async()) for _ in range(5)]
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, tasks[0].cancel)
        send(signal.SIGTERM)
        try:
            await tasks[0]
        except asyncio.CancelledError:
            sandbox.release()
        assert len(set(await asyncio.gather(*tasks[1:]))) == 1

    asyncio.run(main())
    check()


def fork() -> None:
    """The child goes on where its parent is, and within the limit."""
    if os.fork() == 0:
        signal.alarm(LIMIT)
    else:
        sandbox.release()


def exit_often() -> None:
    for _ in range(EXITS):
        _relatch.shutdown()


def end_of_child() -> int:
    return os.waitstatus_to_exitcode(os.wait()[1])


def forks() -> None:
    """The call goes on in the parent alone; in the child it ends, and the session is of use."""
    parent = os.getpid()
    handle(signal.SIGUSR1, fork)
    hold("refresh")
    send(signal.SIGUSR1)
    try:
        session.token()
    except relatch.ForkedSession:
        assert os.getpid() != parent
        assert session.refresh().access_token == session.token()
        exit_often()
        sys.exit(4)
    assert os.getpid() == parent
    assert end_of_child() == 4
    check()


def forks_exits() -> None:
    """The child ends in the handler, by the exit hooks."""
    parent = os.getpid()

    def fork_and_exit() -> None:
        fork()
        if os.getpid() != parent:
            atexit.register(exit_often)
            sys.exit(4)

    handle(signal.SIGUSR1, fork_and_exit)
    hold("refresh")
    send(signal.SIGUSR1)
    session.token()
    assert end_of_child() == 4
    check()


def forks_logout() -> None:
    """A logout is one in the child too, and is no error there."""
    parent = os.getpid()
    other = relatch.login(sandbox.synapsewave())
    handle(signal.SIGUSR1, fork)
    sandbox.fault(on="logout", fault="hold", when="after")
    send(signal.SIGUSR1, "logout")
    other.logout()
    assert other.state == "closed"
    if os.getpid() != parent:
        sys.exit(4)
    assert end_of_child() == 4
    sandbox.advance(1210)
    check()


{
    "terminated": terminated,
    "exits": exits,
    "raises": raises,
    "raises-login": raises_login,
    "returns": returns,
    "reenters": reenters,
    "timer": timer,
    "loop": loop,
    "forks": forks,
    "forks-exits": forks_exits,
    "forks-logout": forks_logout,
}[sys.argv[1]]()
