"""Forks with a session, and prints what the child and then the parent saw.

Usage: fork.py used|expired|without-credentials|during-refresh|callback|pool|exit
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import sys
import threading
import urllib.request
from typing import TYPE_CHECKING, Any

import relatch
from children import LIMIT, in_child
from relatch.testing import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

sandbox = Sandbox()
session = relatch.login(sandbox.seven_g())


def account(headers: dict[str, str]) -> int:
    request = urllib.request.Request(f"{sandbox.url}/Account", headers=headers)  # noqa: S310 the sandbox
    with urllib.request.urlopen(request, timeout=LIMIT) as response:  # noqa: S310
        return int(response.status)


def expire() -> None:
    """Lets the token end for this process, and for the server if this is the parent."""
    sandbox.advance(1210)


def outcome(call: Callable[[], Any]) -> str:
    try:
        call()
    except relatch.RelatchError as error:
        return type(error).__name__
    return "ok"


def check_parent(refreshes: int) -> None:
    """The parent goes on as if nothing had been."""
    expire()
    assert account(session.headers()) == 200
    print("parent: refresh", sandbox.counts()["refresh"] - refreshes, "reused", sandbox.counts()["reused"])


def used() -> None:
    token = session.token()

    def child() -> object:
        assert session.token() is token
        assert asyncio.run(session.token_async()) is token
        return account(session.headers())

    in_child(child)
    check_parent(sandbox.counts()["refresh"])


def expired() -> None:
    """Credentials are held: the child logs in for itself, by asyncio as well."""

    def child() -> object:
        expire()
        blocking = outcome(session.token)
        expire()
        by_asyncio = outcome(lambda: asyncio.run(session.token_async()))
        return blocking, by_asyncio, outcome(lambda: relatch.login(sandbox.seven_g()))

    in_child(child)
    print("server: login", sandbox.counts()["login"])
    check_parent(sandbox.counts()["refresh"])


def without_credentials() -> None:
    """No credentials, or not allowed to use them: the child must not spend its parent's refresh token."""
    bare = relatch.resume(sandbox.seven_g(credentials=False), session.tokens or ())
    never = relatch.login(sandbox.seven_g(), relogin="never")

    def child() -> object:
        before = outcome(bare.token), outcome(never.token)
        expire()
        calls = (bare.token, never.token, bare.refresh, lambda: asyncio.run(never.token_async()))
        return before, [outcome(call) for call in calls]

    in_child(child)
    check_parent(sandbox.counts()["refresh"])


def during_refresh() -> None:
    """The parent's refresh is at the server and another thread waits for it while the process forks."""
    expire()
    sandbox.fault(on="refresh", fault="hold", when="after")
    tokens: list[str] = []
    thread = threading.Thread(target=lambda: tokens.append(session.token()))
    thread.start()
    sandbox.wait_for("refresh", 1)
    in_child(lambda: outcome(session.token))
    sandbox.release()
    thread.join(LIMIT)
    assert tokens == [session.token()]
    check_parent(0)


def callback() -> None:
    """Callbacks that were inherited are called in the child, on a thread of its own."""
    heard = threading.Semaphore(0)
    session.subscribe(lambda _event: heard.release())
    session.refresh()
    assert heard.acquire(timeout=LIMIT)

    def child() -> object:
        expire()
        session.token()
        return heard.acquire(timeout=LIMIT)

    in_child(child)
    check_parent(sandbox.counts()["refresh"])


def use_in_pool(_number: int) -> tuple[bool, str]:
    fresh = bool(session.token())
    expire()
    return fresh, outcome(session.token)


def pool() -> None:
    with multiprocessing.get_context("fork").Pool(4) as workers:
        print("children:", set(workers.map_async(use_in_pool, range(4), chunksize=1).get(LIMIT)))
    check_parent(sandbox.counts()["refresh"])


def leave() -> None:
    """A child that ends as any program does, by way of its exit hooks."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        signal.alarm(LIMIT)
        expire()
        session.token()
        print("child:", json.dumps(session.state), flush=True)
        sys.exit(0)
    assert os.waitpid(child, 0)[1] == 0
    check_parent(sandbox.counts()["refresh"])


{
    "used": used,
    "expired": expired,
    "without-credentials": without_credentials,
    "during-refresh": during_refresh,
    "callback": callback,
    "pool": pool,
    "exit": leave,
}[sys.argv[1]]()
