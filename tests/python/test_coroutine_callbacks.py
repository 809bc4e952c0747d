"""Callbacks that are coroutines: in which event loop each runs, and what ends it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Any

import pytest

import relatch
from relatch.testing import MPIN, SSO_TOKEN, UDID, USER_ID
from scenario_provider import newest_otp
from support import LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from relatch.testing import Sandbox

DAY = 24 * 3600


def provider(sandbox: Sandbox, callback: Callable[..., Any]) -> relatch.Synapsewave:
    return sandbox.synapsewave(second_factor=relatch.Otp(callback))


async def test_a_coroutine_runs_in_the_loop_that_called(sandbox: Sandbox) -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    async def callback() -> str:
        loops.append(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return newest_otp(sandbox)

    here = asyncio.get_running_loop()
    session = await relatch.login_async(provider(sandbox, callback))
    await session.refresh_async()
    assert loops == [here, here]
    # A blocking call keeps this loop from running: the callback gets one of its own.
    session.refresh()
    assert loops[2] is not here


def test_a_coroutine_runs_where_no_loop_does(sandbox: Sandbox) -> None:
    async def callback() -> str:
        await asyncio.sleep(0)
        return newest_otp(sandbox)

    session = asyncio.run(relatch.login_async(provider(sandbox, callback)))
    # The loop of the login is gone.
    assert session.refresh().access_token == session.token()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)])
def test_what_ends_a_program_ends_the_event_loop_too(sandbox: Sandbox, error: BaseException) -> None:
    async def callback() -> str:
        await asyncio.sleep(0)
        raise error

    with pytest.raises(type(error)) as ended:
        asyncio.run(relatch.login_async(provider(sandbox, callback)))
    assert ended.value is error
    assert sandbox.counts()["login"] == 0


async def test_the_last_caller_that_gives_up_takes_the_question_with_it(sandbox: Sandbox) -> None:
    asked, cancelled, go_on = asyncio.Semaphore(0), asyncio.Event(), asyncio.Event()

    async def callback() -> str:
        asked.release()
        try:
            await go_on.wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return newest_otp(sandbox)

    held = provider(sandbox, callback)
    task = asyncio.create_task(relatch.login_async(held))
    await asked.acquire()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(cancelled.wait(), LIMIT)
    task = asyncio.create_task(relatch.login_async(held))
    await asked.acquire()
    go_on.set()
    assert (await task).state == "active"
    assert (sandbox.counts()["login"], sandbox.counts()["login_rejected"]) == (1, 0)


def test_a_coroutine_that_nobody_waits_for_is_cancelled(sandbox: Sandbox) -> None:
    asked, cancelled = threading.Event(), threading.Event()

    async def callback() -> str:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return ""

    def let_time_pass() -> None:
        assert asked.wait(LIMIT)
        sandbox.advance(121)

    # In a loop of its own, then in the caller's.
    for log_in in (relatch.login, lambda held: asyncio.run(in_a_loop_that_goes_on(held))):
        asked.clear()
        cancelled.clear()
        thread = threading.Thread(target=let_time_pass)
        thread.start()
        with pytest.raises(relatch.SecondFactorRequired):
            log_in(provider(sandbox, callback))
        thread.join(LIMIT)
        assert cancelled.wait(LIMIT)

    assert sandbox.counts()["login"] == 0


async def in_a_loop_that_goes_on(held: relatch.Synapsewave) -> None:
    """Logs in; if that fails, lets the loop run until no task is left."""
    try:
        await relatch.login_async(held)
    finally:
        while len(asyncio.all_tasks()) > 1:
            await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})


async def test_another_call_does_not_change_where_a_coroutine_runs(sandbox: Sandbox) -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    async def callback() -> str:
        loops.append(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return newest_otp(sandbox)

    held = provider(sandbox, callback)
    other = relatch.resume(held, {"access_token": "made.up.token"})
    sandbox.fault(on="register", fault="hold")
    sandbox.fault(on="validate", fault="hold")
    login = asyncio.create_task(relatch.login_async(held))
    await asyncio.to_thread(sandbox.wait_for, "register", 1)
    validation = asyncio.create_task(asyncio.to_thread(other.validate))
    await asyncio.to_thread(sandbox.wait_for, "validate", 1)
    sandbox.release()
    assert (await login).state == "active"
    await asyncio.wait([validation])
    assert isinstance(validation.exception(), relatch.RelatchError | None)
    assert loops[0] is asyncio.get_running_loop()


async def test_a_blocking_call_in_the_loop_of_a_coroutine_fails_at_once(sandbox: Sandbox) -> None:
    session = relatch.login(provider(sandbox, lambda: newest_otp(sandbox)))
    asked = asyncio.Event()

    async def callback() -> str:
        if not asked.is_set():
            asked.set()
            await asyncio.Event().wait()
        return newest_otp(sandbox)

    session = relatch.resume(provider(sandbox, callback), session.tokens or ())
    refresh = asyncio.create_task(session.refresh_async())
    await asked.wait()
    # It shares the failure, or comes after it and asks again, in a loop that runs.
    with contextlib.suppress(relatch.SecondFactorRequired):
        session.refresh()
    with pytest.raises(relatch.SecondFactorRequired) as required:
        await refresh
    assert isinstance(required.value.__cause__, RuntimeError)
    assert "_async" in str(required.value.__cause__)


async def test_an_account_asks_a_coroutine_where_it_can_run(sandbox: Sandbox) -> None:
    sandbox.configure(synapsewave={"sso_single_use": False})
    loops: list[asyncio.AbstractEventLoop] = []

    async def callback() -> str:
        loops.append(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return SSO_TOKEN

    here = asyncio.get_running_loop()
    session = await relatch.login_async(sandbox.synapsewave(sso_token=callback))
    account = relatch.SynapsewaveAccount(sandbox=sandbox, user_id=USER_ID)
    sandbox.advance(DAY)
    assert account.delete_totp(session)
    sandbox.advance(DAY)
    await account.register_mpin_async(session, MPIN, udid=UDID)
    assert [loop is here for loop in loops] == [True, False, True]
