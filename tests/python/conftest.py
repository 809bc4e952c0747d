"""What every test may use, and what no test may leave behind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from support import new_sandbox, retire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relatch.testing import Sandbox


@pytest.fixture(autouse=True)
def _no_unhandled_loop_exception(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails the test when an event loop was left with an exception that nobody handled."""
    unhandled: list[dict[str, Any]] = []
    monkeypatch.setattr(
        asyncio.BaseEventLoop, "call_exception_handler", lambda _loop, context: unhandled.append(context)
    )
    yield
    assert unhandled == []


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with one account and nothing unusual about it."""
    sandbox = new_sandbox()
    yield sandbox
    retire(sandbox)
