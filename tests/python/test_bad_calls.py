"""Calls that cannot be right, or not where they are made: each is refused before any traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import relatch
from support import check_invalid

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from relatch.testing import Sandbox


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (-1, "negative"),
        pytest.param(-(10**400), "number of seconds", id="huge-negative"),
        ("soon", "number of seconds"),
        (True, "number of seconds"),
        (float("nan"), "number of seconds"),
        (1e300, "too large"),
        pytest.param(10**400, "too large", id="huge"),
    ],
)
async def test_time_limits_of_calls(sandbox: Sandbox, limit: Any, said: str) -> None:
    session = relatch.login(sandbox.seven_g())
    # A fresh token would be had at once, whatever the limit.
    for call in (session.refresh, session.token, session.headers):
        with pytest.raises(relatch.InvalidConfig, match=said) as refused:
            call(timeout=limit)
        check_invalid(refused.value, "timeout")
    for call_async in (session.refresh_async, session.token_async, session.headers_async):
        with pytest.raises(relatch.InvalidConfig, match=said) as refused:
            await call_async(timeout=limit)
        check_invalid(refused.value, "timeout")
    assert session.token(timeout=0) == session.token(timeout=5) == await session.token_async(timeout=5)
    assert sandbox.counts()["total"] == 1


@pytest.mark.parametrize("token", [5, None, b"secret", "secret\ud800"])
async def test_tokens_that_are_reported(sandbox: Sandbox, token: Any) -> None:
    session = relatch.login(sandbox.seven_g())
    with pytest.raises(relatch.InvalidConfig) as refused:
        session.report_unauthorized(token)
    check_invalid(refused.value, "token")
    with pytest.raises(relatch.InvalidConfig) as refused:
        await session.report_unauthorized_async(token)
    check_invalid(refused.value, "token")
    assert sandbox.counts()["total"] == 1


@pytest.mark.parametrize("provider", [{}, None, "secret", relatch.SevenG])
async def test_what_is_no_provider(provider: Any) -> None:
    tokens = ("access", "refresh")
    for call in (
        lambda: relatch.login(provider),
        lambda: relatch.begin(provider),
        lambda: relatch.resume(provider, tokens),
        lambda: relatch.refresh(provider, tokens),
    ):
        with pytest.raises(relatch.InvalidConfig) as refused:
            call()
        check_invalid(refused.value, "provider")
    for awaitable in (
        relatch.login_async(provider),
        relatch.begin_async(provider),
        relatch.refresh_async(provider, tokens),
    ):
        with pytest.raises(relatch.InvalidConfig) as refused:
            await awaitable
        check_invalid(refused.value, "provider")


def test_the_name_of_a_lookup(sandbox: Sandbox) -> None:
    for name in (5, "secret\ud800"):
        with pytest.raises(relatch.InvalidConfig) as refused:
            sandbox.seven_g().lookup(name)  # type: ignore[arg-type]
        check_invalid(refused.value, "name")
    assert sandbox.counts()["total"] == 0


def step(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine does where no event loop of asyncio runs, as under trio."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    raise AssertionError("it waits for somebody who is not there")


def test_without_an_event_loop_nothing_is_sent(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.seven_g())
    assert step(session.token_async()) == session.token()
    for call in (
        relatch.login_async(sandbox.seven_g()),
        relatch.begin_async(sandbox.synapsewave()),
        session.refresh_async(),
        session.logout_async(),
    ):
        with pytest.raises(relatch.InvalidConfig, match="trio") as refused:
            step(call)
        assert refused.value.field == "event_loop"
        assert isinstance(refused.value.__cause__, RuntimeError)
    assert session.state == "active"
    assert sandbox.counts()["total"] == 1
