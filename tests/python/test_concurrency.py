"""Many callers of one session: one refresh, one token for all, no errors, whichever caller gives up."""

from __future__ import annotations

import asyncio
import inspect
import threading
from typing import TYPE_CHECKING, Any

import pytest

import relatch
from support import LIMIT, Heard, call_account, in_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from relatch.testing import Sandbox


async def test_thousand_tasks_on_an_expired_token(sandbox: Sandbox) -> None:
    session = await relatch.login_async(sandbox.seven_g())
    old = session.token()
    sandbox.advance(1210)
    tokens = await asyncio.gather(*(session.token_async() for _ in range(1000)))
    assert len(set(tokens)) == 1
    assert tokens[0] != old
    assert sandbox.counts()["refresh"] == 1


def test_hundred_threads_on_an_expired_token(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.seven_g())
    old = session.token()
    sandbox.advance(1210)
    tokens = in_threads(100, session.token)
    assert len(set(tokens)) == 1
    assert tokens[0] != old
    assert sandbox.counts()["refresh"] == 1


async def start_while_held(sandbox: Sandbox, session: relatch.Session) -> list[asyncio.Task[str]]:
    """A thousand callers of an expired token, whose one refresh the server has carried out and not yet answered."""
    sandbox.advance(1210)
    sandbox.fault(on="refresh", fault="hold", when="after")
    tasks = [asyncio.create_task(session.token_async()) for _ in range(1000)]
    await asyncio.to_thread(sandbox.wait_for, "refresh", 1)
    return tasks


async def test_the_first_of_a_thousand_gives_up(sandbox: Sandbox) -> None:
    session = await relatch.login_async(sandbox.seven_g())
    first, *others = await start_while_held(sandbox, session)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    sandbox.release()
    assert len(set(await asyncio.gather(*others))) == 1
    assert sandbox.counts()["refresh"] == 1


async def test_all_of_a_thousand_give_up(sandbox: Sandbox) -> None:
    session = await relatch.login_async(sandbox.seven_g())
    heard = Heard(session)
    tasks = await start_while_held(sandbox, session)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    sandbox.release()
    await asyncio.to_thread(heard.wait_for, 1)
    # The rotated pair was kept: no more traffic, and the server knows the token.
    assert await asyncio.to_thread(call_account, sandbox, session.headers()) == 200
    assert sandbox.counts()["refresh"] == 1


async def test_a_time_limit_of_asyncio_ends_the_wait_and_nothing_else(sandbox: Sandbox) -> None:
    session = await relatch.login_async(sandbox.seven_g())
    heard = Heard(session)
    sandbox.advance(1210)
    sandbox.fault(on="refresh", fault="hold", when="after")
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(session.token_async(), 0.05)
    await asyncio.to_thread(sandbox.wait_for, "refresh", 1)
    sandbox.release()
    await asyncio.to_thread(heard.wait_for, 1)
    await session.token_async()
    assert sandbox.counts()["refresh"] == 1


async def test_other_tasks_run_while_one_waits(sandbox: Sandbox) -> None:
    session = await relatch.login_async(sandbox.seven_g())
    sandbox.advance(1210)
    sandbox.fault(on="refresh", fault="hold")
    task = asyncio.create_task(session.token_async())
    await asyncio.to_thread(sandbox.wait_for, "refresh", 1)
    turns = 0
    for _ in range(100):
        await asyncio.sleep(0)
        turns += 1
    assert not task.done()
    sandbox.release()
    assert await task == session.token()
    assert turns == 100


def test_threads_run_while_one_blocks(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.seven_g())
    sandbox.advance(1210)
    sandbox.fault(on="refresh", fault="hold")
    thread = threading.Thread(target=session.token)
    thread.start()
    # This thread gets on although the other one is inside a native call.
    sandbox.wait_for("refresh", 1)
    assert thread.is_alive()
    sandbox.release()
    thread.join(LIMIT)
    assert not thread.is_alive()
    assert sandbox.counts()["refresh"] == 1


async def test_blocking_calls_work_inside_a_running_loop(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.seven_g())
    sandbox.advance(1210)
    token = session.token()
    assert await session.token_async() == token
    assert await asyncio.to_thread(session.refresh) == session.tokens


def test_one_session_serves_several_loops_and_threads(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.seven_g())

    async def several() -> set[str]:
        return set(await asyncio.gather(*(session.token_async() for _ in range(20))))

    sandbox.advance(1210)
    ways: list[Callable[[], Any]] = [lambda: asyncio.run(several()), lambda: {session.token()}] * 5
    lock, remaining = threading.Lock(), list(ways)

    def next_way() -> Any:
        with lock:
            way = remaining.pop()
        return way()

    results = in_threads(len(ways), next_way)
    assert len(set.union(*results)) == 1
    assert sandbox.counts()["refresh"] == 1
    sandbox.advance(1210)
    assert asyncio.run(several()) == asyncio.run(several()) == {session.token()}
    assert sandbox.counts()["refresh"] == 2


def test_a_loop_may_close_while_a_call_is_waiting(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.seven_g())
    heard = Heard(session)
    sandbox.advance(1210)
    sandbox.fault(on="refresh", fault="hold", when="after")

    async def leave_behind() -> None:
        tasks = [asyncio.create_task(session.token_async()) for _ in range(10)]
        await asyncio.to_thread(sandbox.wait_for, "refresh", 1)
        assert not any(task.done() for task in tasks)

    asyncio.run(leave_behind())
    sandbox.release()
    heard.wait_for(1)
    assert asyncio.run(session.token_async()) == session.token()
    assert sandbox.counts()["refresh"] == 1


async def test_thousand_reports_of_one_token(sandbox: Sandbox) -> None:
    session = await relatch.login_async(sandbox.seven_g())
    old = session.token()
    tokens = await asyncio.gather(*(session.report_unauthorized_async(old) for _ in range(1000)))
    assert len(set(tokens)) == 1
    assert tokens[0] != old
    assert sandbox.counts()["refresh"] == 1


def test_asyncio_calls_are_coroutine_functions() -> None:
    for owner in (relatch, relatch.Session, relatch.SevenG, relatch.Challenge, relatch.SynapsewaveAccount):
        for name in vars(owner):
            if name.endswith("_async") and not name.startswith("_"):
                assert inspect.iscoroutinefunction(getattr(owner, name)), name
