"""The measurements of calls that are awaited: relatch and aiohttp, with asyncio."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from task import Task, tell

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

# Calls between two looks at the clock.
BATCH = 10_000


class Relatch:
    """relatch under the names that the measurements use."""

    def __init__(self, task: Task) -> None:
        import relatch  # noqa: PLC0415

        self._relatch = relatch
        self._task = task

    async def log_in(self, account: int) -> Any:
        """A session of that account."""
        task = self._task
        provider = self._relatch.SevenG(base_url=task.url, username=task.username(account), password=task.password)
        return await self._relatch.login_async(provider)

    @staticmethod
    async def tokens(session: Any) -> None:
        """Takes a fresh token many times."""
        for _ in range(BATCH):
            await session.token_async()

    @staticmethod
    def token(session: Any) -> Awaitable[str]:
        """A token to wait for."""
        return session.token_async()

    @staticmethod
    def refresh(session: Any) -> Awaitable[object]:
        """New tokens to wait for."""
        return session.refresh_async()


class Aiohttp:
    """The hand-written client under the names that the measurements use."""

    def __init__(self, task: Task, client: Any, http: Any) -> None:
        self._task = task
        self._client = client
        self._http = http

    async def log_in(self, account: int) -> Any:
        """A session of that account."""
        task = self._task
        return await self._client.Session.log_in(self._http, task.url, task.username(account), task.password)

    @staticmethod
    async def tokens(session: Any) -> None:
        """Takes a fresh token many times."""
        for _ in range(BATCH):
            await session.token()

    @staticmethod
    def token(session: Any) -> Awaitable[str]:
        """A token to wait for."""
        return session.token()

    @staticmethod
    def refresh(session: Any) -> Awaitable[object]:
        """New tokens to wait for."""
        return session.refresh()


@asynccontextmanager
async def _opened(task: Task) -> AsyncIterator[Relatch | Aiohttp]:
    """The implementation that is measured; nothing else is imported."""
    if task.implementation == "relatch":
        yield Relatch(task)
        return
    from hand_written import aiohttp_client  # noqa: PLC0415

    async with aiohttp_client.http_client(task.concurrency) as http:
        yield Aiohttp(task, aiohttp_client, http)


async def token(task: Task) -> float:
    """Nanoseconds for one awaited fresh token."""
    async with _opened(task) as client:
        session = await client.log_in(0)
        begun, calls = time.perf_counter(), 0
        while time.perf_counter() - begun < task.seconds:
            await client.tokens(session)
            calls += BATCH
        return (time.perf_counter() - begun) / calls * 1e9


async def login(task: Task) -> float:
    """Microseconds of processor time for one login; each task has an account of its own."""
    async with _opened(task) as client:
        return await _load(task, client, lambda account, _session: client.log_in(account))


async def refresh(task: Task) -> float:
    """Microseconds of processor time for one refresh; each task has a session of its own."""
    async with _opened(task) as client:
        return await _load(task, client, lambda _account, session: client.refresh(session))


async def _load(task: Task, client: Relatch | Aiohttp, exchange: Callable[[int, Any], Awaitable[object]]) -> float:
    # The first logins open the connections; what they cost is not counted.
    sessions = await asyncio.gather(*(client.log_in(account) for account in range(task.concurrency)))
    cpu = time.process_time()
    end = time.monotonic() + task.seconds

    async def work(account: int) -> int:
        done = 0
        while time.monotonic() < end:
            await exchange(account, sessions[account])
            done += 1
        return done

    done = sum(await asyncio.gather(*(work(account) for account in range(task.concurrency))))
    return (time.process_time() - cpu) / done * 1e6


async def waiters(task: Task) -> float:
    """When the last of many waiting tasks had its token. The tokens have expired when the word to begin comes."""
    async with _opened(task) as client:
        session = await client.log_in(0)
        tell("logged in")
        sys.stdin.readline()

        async def wait() -> float:
            await client.token(session)
            return time.monotonic()

        waiting = [asyncio.ensure_future(wait()) for _ in range(task.count)]
        tell("waiting")
        return max(await asyncio.gather(*waiting))
