"""The two ways to make the calls of a scenario: as asyncio tasks, and as blocking calls in threads."""

from __future__ import annotations

import asyncio
import functools
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Calls(Protocol):
    """How a scenario calls, and how its callbacks answer."""

    async def call(self, owner: Any, name: str, *arguments: Any, **options: Any) -> Any: ...
    def callback(self, answer: Callable[[], Any]) -> Callable[[], Any]: ...
    def close(self) -> None: ...


class HangsError(Exception):
    """An answer that never comes."""


class TaskCalls:
    """The calls whose names end in ``_async``, and callbacks that are coroutine functions."""

    async def call(self, owner: Any, name: str, *arguments: Any, **options: Any) -> Any:
        return await getattr(owner, f"{name}_async")(*arguments, **options)

    def callback(self, answer: Callable[[], Any]) -> Callable[[], Any]:
        async def callback() -> Any:
            try:
                return answer()
            except HangsError:
                return await asyncio.Event().wait()

        return callback

    def close(self) -> None:
        """Nothing is left."""


class ThreadCalls:
    """The blocking calls, each in a thread of its own, and callbacks that are plain functions."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(128)
        self._closed = threading.Event()

    async def call(self, owner: Any, name: str, *arguments: Any, **options: Any) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, functools.partial(getattr(owner, name), *arguments, **options))

    def callback(self, answer: Callable[[], Any]) -> Callable[[], Any]:
        def callback() -> Any:
            try:
                return answer()
            except HangsError:
                return self._closed.wait()

        return callback

    def close(self) -> None:
        self._closed.set()
        self._pool.shutdown()
