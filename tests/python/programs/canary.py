"""Goes through every flow and every error with logging at its loudest, and prints all that can be printed.

Usage: canary.py FILE; the secrets that were used are written to FILE, a line each.
"""

from __future__ import annotations

import asyncio
import pathlib
import sys
from typing import TYPE_CHECKING, Any

import relatch
from failing import failing
from relatch import _errors
from relatch.testing import PASSWORD, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

WRONG = "wrong-password-of-the-canary"
secrets: set[str] = {PASSWORD, WRONG}
sandboxes: list[Sandbox] = []


def remember(session: relatch.Session) -> None:
    """Notes what must not be seen, and shows all else."""
    tokens = session.tokens
    if tokens is not None:
        signature = tokens.access_token.rsplit(".", 1)[-1]
        secrets.update(filter(None, (tokens.access_token, tokens.refresh_token, signature)))
    print(repr(session), str(session), repr(tokens), session.profile, session.expires_at)


def fresh(**settings: Any) -> tuple[Sandbox, relatch.Session]:
    """A session of its own sandbox, whose events are shown."""
    sandbox = Sandbox(settings)
    sandboxes.append(sandbox)
    session = relatch.login(sandbox.seven_g(), exchange_timeout=5)
    session.subscribe(print)
    remember(session)
    return sandbox, session


def ordinary() -> None:
    variants: list[dict[str, Any]] = [{}, {"opaque_access_tokens": True}, {"rotate": False}, {"pascal_case": True}]
    for settings in variants:
        sandbox, session = fresh(**settings)
        token = session.token()
        sandbox.advance(1210)
        session.headers()
        remember(session)
        session.refresh()
        remember(session)
        session.report_unauthorized(session.token())
        session.report_unauthorized(token)
        remember(session)
        print(repr(sandbox.seven_g()), sandbox.seven_g().health(), sandbox.audit())
        session.logout()
        with failing(relatch.ClosedError):
            session.token()


def anonymous() -> None:
    provider = fresh()[0].seven_g()
    print(repr(provider), provider.lookup())
    with failing(relatch.AccessDenied):
        provider.lookup("none such")


async def by_asyncio() -> None:
    sandbox = Sandbox()
    sandboxes.append(sandbox)
    session = await relatch.login_async(sandbox.seven_g(bearer=True))
    remember(session)
    sandbox.advance(1210)
    await asyncio.gather(*(session.token_async() for _ in range(10)))
    remember(session)
    with failing(relatch.InvalidCredentials):
        await relatch.login_async(sandbox.seven_g(password=WRONG))
    sandbox.fault(on="refresh", fault="half")
    remember(session)
    await session.report_unauthorized_async(session.token())
    remember(session)


def faults(on: str, call: Callable[[relatch.Session, Sandbox], object]) -> None:
    """Every fault there is, before and after the server has acted."""
    kinds: list[dict[str, Any]] = [
        {"fault": "drop"},
        {"fault": "half"},
        {"fault": "garbage"},
        {"fault": "oversize", "bytes": 2 * 1024 * 1024},
        {"fault": "redirect", "to": "https://api.example.com/"},
        {"fault": "answer", "status": 401, "body": '{"accessToken": "not-a-good-one"}'},
        {"fault": "answer", "status": 403},
        {"fault": "answer", "status": 429, "retry_after": 900},
        {"fault": "answer", "status": 500, "body": "<html>"},
    ]
    for kind in kinds:
        for when in ("before", "after"):
            sandbox, held = fresh()
            owner = relatch.resume(sandbox.seven_g(credentials=False), held.tokens or (), timeout=5)
            owner.subscribe(print)
            sandbox.fault(on=on, when=when, **kind)
            with failing(relatch.RelatchError):
                call(owner, sandbox)
            remember(owner)


def login(_session: relatch.Session, sandbox: Sandbox) -> object:
    return relatch.login(sandbox.seven_g(), timeout=5)


def refresh(session: relatch.Session, _sandbox: Sandbox) -> object:
    return session.refresh()


def refusals() -> None:
    sandbox, session = fresh()
    for _ in range(2):
        with failing(relatch.InvalidCredentials, relatch.LockoutGuard):
            relatch.login(sandbox.seven_g(password=WRONG))
    with failing(relatch.LockoutGuard, relatch.InvalidCredentials):
        relatch.login(sandbox.seven_g(password=WRONG + "2"))
    with failing(relatch.InvalidCredentials, relatch.AccountLocked):
        relatch.login(sandbox.seven_g(password=WRONG + "3"), force=True)
    sandbox.configure(blocked=True)
    with failing(relatch.RelatchError):
        session.refresh()
    with failing(relatch.InvalidConfig):
        relatch.SevenG(username="u", password=WRONG * 20)
    with failing(relatch.InvalidConfig):
        relatch.SevenG(base_url=f"https://u:{WRONG}@api.example.com")
    with failing(relatch.InvalidConfig):
        relatch.resume(sandbox.seven_g(), {"access_token": WRONG + "\n"})
    with failing(relatch.InvalidConfig):
        relatch.login(sandbox.seven_g(), proxy=f"http://u:{WRONG}@[", timeout=5)


def no_connection() -> None:
    sandbox, _session = fresh()
    sandbox.down()
    with failing(relatch.TransportError):
        relatch.login(sandbox.seven_g(), timeout=0.2)
    with failing(relatch.ProxyError, relatch.TransportError):
        relatch.login(relatch.SevenG(username="u", password=WRONG), proxy=sandbox.url, timeout=0.2)
    with failing(relatch.TransportError):
        relatch.SevenG(base_url=sandbox.url.replace("http", "https")).health(exchange_timeout=2)


ordinary()
anonymous()
asyncio.run(by_asyncio())
faults("login", login)
faults("refresh", refresh)
refusals()
no_connection()
print("codes:", *sorted(_errors.CLASSES))
pathlib.Path(sys.argv[1]).write_text("\n".join(sorted(secrets)), encoding="utf-8")
