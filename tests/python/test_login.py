"""What login, resume, refresh and a session give, by blocking calls and by asyncio."""

from __future__ import annotations

import asyncio
import copy
import pickle
import sys
import weakref
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

import relatch
from relatch.testing import PASSWORD, USERNAME
from support import MORNING, call_account, new_sandbox, retire

if TYPE_CHECKING:
    from relatch.testing import Sandbox


def test_login_and_use(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.seven_g())
    assert session.state == "active"
    assert session.headers() == {"Authorization": session.token(), "Version": "2.0"}
    assert call_account(sandbox, session.headers()) == 200
    assert session.claims["UserID"] == session.profile["user_id"]
    assert session.profile["username"] == USERNAME
    assert (session.system, session.user) == ("7g", USERNAME)
    assert session.expires_at is not None
    assert timedelta(minutes=20) <= session.expires_at - MORNING < timedelta(minutes=21)


async def test_login_and_use_by_asyncio(sandbox: Sandbox) -> None:
    session = await relatch.login_async(sandbox.seven_g(bearer=True))
    token = await session.token_async()
    assert await session.headers_async() == {"Authorization": f"Bearer {token}", "Version": "2.0"}
    assert token == session.token()
    tokens = await session.refresh_async()
    assert tokens == session.tokens
    assert await session.report_unauthorized_async(token) == tokens.access_token
    assert sandbox.counts()["refresh"] == 1
    await session.logout_async()
    assert session.state == "closed"


def test_the_same_text_and_a_new_dict_are_handed_out(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.seven_g())
    assert session.token() is session.token()
    headers = session.headers()
    headers["Authorization"] = "changed"
    assert session.headers()["Authorization"] == session.token()
    before = session.token()
    session.refresh()
    assert session.token() != before
    assert session.headers()["Authorization"] == session.token()


def test_refresh_and_resume(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.seven_g())
    tokens = session.refresh()
    assert tokens == session.tokens
    assert tokens.expires_at == session.expires_at
    bare = sandbox.seven_g(credentials=False)
    stored = {"access_token": tokens.access_token, "refresh_token": tokens.refresh_token}
    for given in (tokens, stored, (tokens.access_token, tokens.refresh_token, tokens.expires_at)):
        assert relatch.resume(bare, given).token() == tokens.access_token
    rotated = relatch.refresh(bare, tokens)
    assert rotated.access_token != tokens.access_token
    assert sandbox.counts() | {"total": 3, "login": 1, "refresh": 2} == sandbox.counts()


def test_a_given_end_is_used_where_the_token_does_not_say() -> None:
    provider = relatch.SevenG(environment="test")
    end = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(seconds=100)
    for given in (end, end.timestamp(), end.astimezone(timezone(timedelta(hours=5)))):
        session = relatch.resume(provider, {"access_token": "opaque", "expires_at": given})
        assert session.expires_at == end


async def test_stateless_refresh_by_asyncio(sandbox: Sandbox) -> None:
    tokens = relatch.login(sandbox.seven_g()).tokens
    assert tokens is not None
    rotated = await relatch.refresh_async(sandbox.seven_g(credentials=False), tokens)
    assert rotated.access_token != tokens.access_token


async def test_leaving_a_session_logs_out(sandbox: Sandbox) -> None:
    with relatch.login(sandbox.seven_g()) as session:
        states = [session.state]
    async with await relatch.login_async(sandbox.seven_g()) as other:
        states += [other.state]
    assert [*states, session.state, other.state] == ["active", "active", "closed", "closed"]
    assert (other.tokens, other.expires_at, other.claims, dict(other.profile)) == (None, None, {}, {})
    with pytest.raises(relatch.ClosedError):
        await other.token_async()
    with pytest.raises(relatch.ClosedError):
        session.headers()
    session.logout()


async def test_anonymous_endpoints(sandbox: Sandbox) -> None:
    provider = sandbox.seven_g(credentials=False)
    health = provider.health()
    assert health == await provider.health_async()
    assert (health.healthy, health.status) == (True, 200)
    entries = provider.lookup("info")
    assert entries == await provider.lookup_async("info")
    assert entries[0].id == "accountStatusID"
    with pytest.raises(relatch.AccessDenied) as denied:
        provider.lookup("Info")
    assert denied.value.server_message
    sandbox.fault(on="health", fault="answer", status=500)
    assert not provider.health(exchange_timeout=5).healthy


def test_nothing_printed_holds_a_secret(sandbox: Sandbox) -> None:
    provider = sandbox.seven_g()
    session = relatch.login(provider)
    tokens = session.tokens
    assert tokens is not None
    shown = repr(provider) + repr(session) + repr(tokens) + str(tokens) + f"{session}{provider}"
    for secret in (PASSWORD, tokens.access_token, tokens.refresh_token):
        assert secret is not None
        assert secret not in shown
    assert repr(provider) == f"SevenG(username='{USERNAME}', base_url='{sandbox.url}')"
    assert repr(session) == f"Session(system='7g', user='{USERNAME}', state='active')"


def test_sessions_and_providers_refuse_to_be_copied(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.seven_g())
    for action in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="log in again"):
            action(session)
        with pytest.raises(TypeError, match="make a new one"):
            action(sandbox.seven_g())


def test_tokens_are_values() -> None:
    tokens = relatch.Tokens("a", "r", datetime(2030, 1, 1, tzinfo=timezone.utc))
    assert tokens == pickle.loads(pickle.dumps(tokens))  # noqa: S301 its own
    assert tokens == copy.copy(tokens)
    assert tokens != relatch.Tokens("a", "r")
    assert len({tokens, copy.deepcopy(tokens)}) == 1
    with pytest.raises(AttributeError):
        tokens.access_token = "b"
    match tokens:
        case relatch.Tokens(access, refresh, _):
            assert (access, refresh) == ("a", "r")


def test_a_session_is_small_and_can_be_referred_to_weakly(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.seven_g())
    assert not hasattr(session, "__dict__")
    assert sys.getsizeof(session) <= 80
    reference = weakref.ref(session)
    del session
    assert reference() is None


def test_sandboxes_forget_their_failed_logins_with_their_address() -> None:
    for _ in range(3):
        fresh = new_sandbox()
        with pytest.raises(relatch.InvalidCredentials):
            relatch.login(fresh.seven_g(password="wrong"))
        retire(fresh)


def test_a_session_that_is_logged_out_lets_go_of_its_token(sandbox: Sandbox) -> None:
    async def log_out(session: relatch.Session) -> None:
        await session.logout_async()

    for end in (relatch.Session.logout, lambda session: asyncio.run(log_out(session))):
        session = relatch.login(sandbox.seven_g())
        token = session.token()
        headers = session.headers()
        before = [sys.getrefcount(text) for text in (token, headers["Authorization"])]
        end(session)
        # The session held each: what `token` hands out, and what `headers` copies.
        assert [sys.getrefcount(text) + 1 for text in (token, headers["Authorization"])] == before
