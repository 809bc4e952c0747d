"""One session in event loops of every kind, one after the other and side by side.

Usage: host_loop.py asyncio|uvloop|debug twice|closed|cancelled|timeouts|group|interrupted|threads
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any

import uvloop

import relatch
from relatch.testing import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

LIMIT = 15
TASKS = 20

sandbox = Sandbox()
session = relatch.login(sandbox.seven_g())
kind = sys.argv[1]


def new_loop() -> asyncio.AbstractEventLoop:
    loop = uvloop.new_event_loop() if kind == "uvloop" else asyncio.new_event_loop()
    # On a busy machine anything may take a tenth of a second; what is never allowed is to block until an answer comes.
    loop.slow_callback_duration = 5
    loop.set_debug(kind == "debug")
    return loop


def run(main: Coroutine[Any, Any, Any]) -> Any:
    """What `asyncio.run` does, with the loop that was asked for."""
    if sys.version_info >= (3, 11):
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(main)
    return uvloop.run(main) if kind == "uvloop" else asyncio.run(main, debug=kind == "debug")


def expire_held() -> None:
    """The token ends, and the server will answer the refresh only when it is told to."""
    sandbox.advance(1210)
    sandbox.fault(on="refresh", fault="hold", when="after")


async def start_tasks() -> list[asyncio.Task[str]]:
    """Tasks that wait for a refresh which the server has carried out and not yet answered."""
    tasks = [asyncio.create_task(session.token_async()) for _ in range(TASKS)]
    await asyncio.to_thread(sandbox.wait_for, "refresh", 1)
    return tasks


async def all_tokens() -> set[str]:
    return set(await asyncio.gather(*(session.token_async() for _ in range(TASKS))))


def twice() -> None:
    """The second loop needs a refresh again, and the third has a session that the second opened."""
    for _ in range(2):
        sandbox.advance(1210)
        assert run(all_tokens()) == {session.token()}
    other = run(relatch.login_async(sandbox.seven_g()))
    sandbox.advance(1210)
    assert run(other.token_async()) == other.token()
    run(other.logout_async())


def closed() -> None:
    """A loop is closed while calls are pending, and is never told how they ended; the next one is."""
    expire_held()
    loop = new_loop()
    for task in loop.run_until_complete(start_tasks()):
        # Python itself complains of a pending task that is lost; here it is only what relatch adds that counts.
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()
    answer_and_go_on()


def cancelled() -> None:
    """The loop ends with tasks that wait, which cancels them."""
    expire_held()

    async def leave_behind() -> None:
        await start_tasks()

    run(leave_behind())
    answer_and_go_on()


def answer_and_go_on() -> None:
    sandbox.release()
    assert run(all_tokens()) == {session.token()}


def timeouts() -> None:
    """Every caller gives up by itself, at a time of its own; the callers that stay get the token."""
    expire_held()

    async def main() -> None:
        patient = await start_tasks()
        hasty = [asyncio.wait_for(session.token_async(), 0.001 * number) for number in range(100)]
        impatient = [session.token_async(timeout=0.001 * number) for number in range(1, 100)]
        ends = await asyncio.gather(*hasty, *impatient, return_exceptions=True)
        assert all(isinstance(end, TimeoutError | asyncio.TimeoutError) for end in ends)
        sandbox.release()
        assert len(set(await asyncio.gather(*patient))) == 1

    run(main())


def group() -> None:
    """One task of a group fails: those that wait for a token are cancelled, and the refresh is not."""
    expire_held()

    async def fail() -> None:
        await asyncio.to_thread(sandbox.wait_for, "refresh", 1)
        raise LookupError("something else went wrong")

    async def main() -> None:
        if sys.version_info >= (3, 11):
            async with asyncio.TaskGroup() as tasks:
                waiting = [tasks.create_task(session.token_async()) for _ in range(TASKS)]
                tasks.create_task(fail())
            assert waiting
        else:
            await asyncio.gather(*(session.token_async() for _ in range(TASKS)), fail())

    try:
        run(main())
    except Exception as error:
        failures = getattr(error, "exceptions", (error,))
        assert [type(failure) for failure in failures] == [LookupError]
    else:
        raise AssertionError("the group did not fail")
    answer_and_go_on()


def interrupted() -> None:
    """Ctrl-C while the loop waits."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    expire_held()

    async def main() -> None:
        tasks = await start_tasks()
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.gather(*tasks)

    try:
        run(main())
    except KeyboardInterrupt:
        answer_and_go_on()
    else:
        raise AssertionError("the loop was not interrupted")


def threads() -> None:
    """Threads with loops of each kind, and threads without, wait for one refresh."""
    sandbox.advance(1210)
    barrier = threading.Barrier(9)
    tokens: list[str] = []

    def by(call: Callable[[], Any]) -> None:
        barrier.wait(LIMIT)
        tokens.extend(call())

    ways: list[Callable[[], Any]] = [
        lambda: run(all_tokens()),
        lambda: uvloop.run(all_tokens()),
        lambda: [session.token()],
    ]
    together = [threading.Thread(target=by, args=(way,)) for way in ways * 3]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join(LIMIT)
    assert (len(tokens), len(set(tokens))) == (9, 1)


def main(what: str) -> None:
    # What asyncio has to complain of goes to standard error, and a warning ends the program.
    logging.basicConfig(level=logging.WARNING)
    warnings.simplefilter("error")
    {
        "twice": twice,
        "closed": closed,
        "cancelled": cancelled,
        "timeouts": timeouts,
        "group": group,
        "interrupted": interrupted,
        "threads": threads,
    }[what]()
    counts = sandbox.counts()
    assert (counts["reused"], counts["refresh_rejected"], counts["login_rejected"]) == (0, 0, 0)
    print("login", counts["login"], "refresh", counts["refresh"])


main(sys.argv[2])
