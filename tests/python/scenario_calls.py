"""The two ways to make the calls of a scenario: as asyncio tasks, and as blocking calls in threads."""

from __future__ import annotations

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

import relatch

if TYPE_CHECKING:
    from collections.abc import Callable

Options = dict[str, Any]


class Calls(Protocol):
    """What a scenario calls; each returns when the call has returned."""

    async def login(self, provider: relatch.Provider, options: Options) -> relatch.Session: ...
    async def refresh_tokens(self, provider: relatch.Provider, tokens: Any, options: Options) -> relatch.Tokens: ...
    async def token(self, session: relatch.Session, timeout: float | None) -> str: ...
    async def headers(self, session: relatch.Session) -> dict[str, str]: ...
    async def refresh(self, session: relatch.Session) -> relatch.Tokens: ...
    async def report_unauthorized(self, session: relatch.Session, token: str) -> str: ...
    async def logout(self, session: relatch.Session) -> None: ...
    def close(self) -> None: ...


class TaskCalls:
    """The calls whose names end in ``_async``."""

    async def login(self, provider: relatch.Provider, options: Options) -> relatch.Session:
        return await relatch.login_async(provider, **options)

    async def refresh_tokens(self, provider: relatch.Provider, tokens: Any, options: Options) -> relatch.Tokens:
        return await relatch.refresh_async(provider, tokens, **options)

    async def token(self, session: relatch.Session, timeout: float | None) -> str:
        return await session.token_async(timeout=timeout)

    async def headers(self, session: relatch.Session) -> dict[str, str]:
        return await session.headers_async()

    async def refresh(self, session: relatch.Session) -> relatch.Tokens:
        return await session.refresh_async()

    async def report_unauthorized(self, session: relatch.Session, token: str) -> str:
        return await session.report_unauthorized_async(token)

    async def logout(self, session: relatch.Session) -> None:
        await session.logout_async()

    def close(self) -> None:
        """Nothing is left."""


class ThreadCalls:
    """The blocking calls, each in a thread of its own."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(128)

    async def _run(self, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, functools.partial(call, *arguments, **options))

    async def login(self, provider: relatch.Provider, options: Options) -> relatch.Session:
        session: relatch.Session = await self._run(relatch.login, provider, **options)
        return session

    async def refresh_tokens(self, provider: relatch.Provider, tokens: Any, options: Options) -> relatch.Tokens:
        refreshed: relatch.Tokens = await self._run(relatch.refresh, provider, tokens, **options)
        return refreshed

    async def token(self, session: relatch.Session, timeout: float | None) -> str:
        token: str = await self._run(session.token, timeout=timeout)
        return token

    async def headers(self, session: relatch.Session) -> dict[str, str]:
        headers: dict[str, str] = await self._run(session.headers)
        return headers

    async def refresh(self, session: relatch.Session) -> relatch.Tokens:
        tokens: relatch.Tokens = await self._run(session.refresh)
        return tokens

    async def report_unauthorized(self, session: relatch.Session, token: str) -> str:
        current: str = await self._run(session.report_unauthorized, token)
        return current

    async def logout(self, session: relatch.Session) -> None:
        await self._run(session.logout)

    def close(self) -> None:
        self._pool.shutdown()
