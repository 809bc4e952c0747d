"""Ends with calls in flight, some of which are answered while the interpreter is being taken down.

Usage: exit.py run|loop|daemon|daemon-loop|busy|callback|idle
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time

import relatch
from relatch.testing import Sandbox

sandbox = Sandbox()
session = relatch.login(sandbox.seven_g())


def hold_refresh() -> None:
    """The next refresh will get no answer."""
    sandbox.advance(1210)
    sandbox.fault(on="refresh", fault="hold", times=None)


async def start_calls() -> list[asyncio.Task[str]]:
    """Twenty tasks that wait for a refresh which has reached the server."""
    tasks = [asyncio.create_task(session.token_async()) for _ in range(20)]
    await asyncio.to_thread(sandbox.wait_for, "refresh", 1)
    return tasks


def end_of_asyncio_run() -> None:
    hold_refresh()
    asyncio.run(start_calls())
    sandbox.release()


def loop_that_is_never_closed() -> None:
    hold_refresh()
    loop = asyncio.new_event_loop()
    for task in loop.run_until_complete(start_calls()):
        # Python itself complains of a pending task that is lost; here it is only what relatch adds that counts.
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    globals()["loop"] = loop
    sandbox.release()


def daemon_threads() -> None:
    hold_refresh()
    for _ in range(20):
        threading.Thread(target=session.token, daemon=True).start()
    sandbox.wait_for("refresh", 1)
    sandbox.release()


def loops_in_daemon_threads() -> None:
    async def use() -> None:
        while True:
            await session.refresh_async()

    async def use_often() -> None:
        await asyncio.gather(*(use() for _ in range(5)))

    for _ in range(4):
        threading.Thread(target=lambda: asyncio.run(use_often()), daemon=True).start()
    sandbox.wait_for("refresh", 10)


def busy_daemon_threads() -> None:
    def use() -> None:
        while True:
            session.refresh()

    for _ in range(20):
        threading.Thread(target=use, daemon=True).start()
    sandbox.wait_for("refresh", 10)


def callbacks() -> None:
    """What was announced before the end is told before the end, on a thread that may be slow."""

    def slow(event: relatch.Event) -> None:
        time.sleep(0.01)
        print(event.kind, flush=True)

    session.subscribe(slow)
    session.refresh()
    session.logout()


def idle() -> None:
    """A session with a keep-alive timer and a pooled connection keeps nothing alive."""
    globals()["kept"] = relatch.login(sandbox.seven_g(), keep_alive=True)


{
    "run": end_of_asyncio_run,
    "loop": loop_that_is_never_closed,
    "daemon": daemon_threads,
    "daemon-loop": loops_in_daemon_threads,
    "busy": busy_daemon_threads,
    "callback": callbacks,
    "idle": idle,
}[sys.argv[1]]()
