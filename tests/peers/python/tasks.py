"""The situations, for asyncio: callers are tasks."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import awaited
from task import Task, after, tell
from threads import ADMITTED, wait_for_expiry

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Call = Callable[[], Awaitable[int]]


def measure(task: Task) -> None:
    """Puts the client into the situation and tells how it fared."""
    if task.situation == "second_run":
        second_run(task)
    else:
        asyncio.run(in_one_run(task))


async def in_one_run(task: Task) -> None:
    """Everything but the second event loop."""
    call: Call = await getattr(awaited, task.client)(task)
    task.wait_for_last_seconds()
    if task.situation == "cancelled":
        failed = await first_cancelled(task, call)
    elif task.situation == "second_refresh":
        failed = await in_sequence(call, 1)
        wait_for_expiry()
        failed += await in_sequence(call, 1)
    elif task.in_sequence:
        failed = await in_sequence(call, task.callers)
    else:
        failed = await at_once(call, task.callers)
    counts = task.control()
    if task.situation == "limited":
        # The server still refuses, so what tells is whether it still knows the session.
        tell(failed, counts, "alive" if counts["alive"] else "dead")
        return
    task.control("/mend", "POST")
    tell(failed, counts, after(task, works=await admitted(call)))


async def admitted(call: Call) -> bool:
    """Whether a caller gets what it wants."""
    try:
        return await call() == ADMITTED
    # Whatever a client raises is a caller that failed.
    except Exception as error:
        print(f"{type(error).__name__}: {error}"[:300], file=sys.stderr)
        return False


async def in_sequence(call: Call, callers: int) -> int:
    """How many of so many callers fail, one after the other."""
    return sum([not await admitted(call) for _ in range(callers)])


async def at_once(call: Call, callers: int) -> int:
    """How many of so many callers fail that come in the same moment."""
    return sum(not good for good in await asyncio.gather(*(admitted(call) for _ in range(callers))))


async def first_cancelled(task: Task, call: Call) -> int:
    """How many of the others fail when the first caller is cancelled while its refresh is at the server."""
    callers = [asyncio.ensure_future(admitted(call)) for _ in range(task.callers)]
    await asyncio.to_thread(task.control, "/arrived")
    callers[0].cancel()
    # The cancelled caller has gone before the answer comes.
    await asyncio.wait(callers[:1])
    await asyncio.to_thread(task.control, "/release", "POST")
    return sum(not good for good in await asyncio.gather(*callers[1:]))


def second_run(task: Task) -> None:
    """One client in two event loops, one after the other, with several callers in each."""
    call: Call = asyncio.run(opened_and_used(task))
    failed = asyncio.run(at_once(call, task.callers))
    counts = task.control()
    tell(failed, counts, after(task, works=asyncio.run(admitted(call))))


async def opened_and_used(task: Task) -> Call:
    """A client that has refreshed once."""
    call: Call = await getattr(awaited, task.client)(task)
    await at_once(call, task.callers)
    return call
