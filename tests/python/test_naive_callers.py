"""Callers as programs write them: ask, call, and after a 401 report whatever token the session holds by then."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

import pytest

import relatch
from relatch.testing import PASSWORD, USERNAME
from support import LIMIT, call_account

if TYPE_CHECKING:
    from relatch.testing import Sandbox

# Seconds over which the answers to one burst of requests are spread.
SPREAD = 0.3
TRIES = 3


def provider_of(sandbox: Sandbox) -> relatch.SevenG:
    """One whose clock runs, as a program's does: tokens grow old."""
    return relatch.SevenG(username=USERNAME, password=PASSWORD, base_url=sandbox.url)


def check_all_through(statuses: list[int], callers: int, sandbox: Sandbox) -> None:
    assert statuses == [200] * callers
    counts = sandbox.counts()
    assert (counts["refresh"], counts["login"]) == (1, 1)


@pytest.mark.parametrize("callers", [2, 4, 8, 50, 200])
def test_threads_that_find_one_revocation_all_get_through(sandbox: Sandbox, callers: int) -> None:
    session = relatch.login(provider_of(sandbox))
    sandbox.revoke(username=USERNAME, what="access")
    barrier, statuses = threading.Barrier(callers), []

    def call(number: int) -> None:
        barrier.wait(LIMIT)
        token = session.token()
        for attempt in range(TRIES):
            status = call_account(sandbox, {"Authorization": token, "Version": "2.0"})
            if status != 401:
                break
            if attempt == 0:
                time.sleep(SPREAD * number / callers)  # the network's share of it
            token = session.report_unauthorized(session.token())
        statuses.append(status)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    check_all_through(statuses, callers, sandbox)


@pytest.mark.parametrize("callers", [2, 4, 8, 50, 200])
async def test_tasks_that_find_one_revocation_all_get_through(sandbox: Sandbox, callers: int) -> None:
    session = await relatch.login_async(provider_of(sandbox))
    sandbox.revoke(username=USERNAME, what="access")

    async def call(number: int) -> int:
        token = await session.token_async()
        for attempt in range(TRIES):
            status = await asyncio.to_thread(call_account, sandbox, {"Authorization": token, "Version": "2.0"})
            if status != 401:
                break
            if attempt == 0:
                await asyncio.sleep(SPREAD * number / callers)
            token = await session.report_unauthorized_async(await session.token_async())
        return status

    statuses = await asyncio.gather(*(call(number) for number in range(callers)))
    check_all_through(statuses, callers, sandbox)


def test_a_server_that_refuses_all_it_issues_gives_two_tokens_a_minute(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.seven_g())
    refused, refreshed_at = [], []
    for second in range(300):
        before = sandbox.counts()["refresh"]
        refused += [error for error in (refusal(session) for _ in range(TRIES)) if error]
        refreshed_at += [second] * (sandbox.counts()["refresh"] - before)
        sandbox.advance(1)
    assert all(third - first >= 60 for first, third in zip(refreshed_at, refreshed_at[2:], strict=False))
    assert len(refused) > 100
    assert {error.cause for error in refused} == {"token_refused"}
    assert all(error.retry_at for error in refused)


def refusal(session: relatch.Session) -> relatch.ReloginRequired | None:
    """Reports the token that the session has; returns the error, if there is one."""
    try:
        session.report_unauthorized(session.token())
    except relatch.ReloginRequired as error:
        return error
    return None
