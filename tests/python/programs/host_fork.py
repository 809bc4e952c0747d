"""Forks from where a session is in use, and prints what the children and then the parent saw.

Usage: host_fork.py during-login|busy|own-login|logout|grandchild|loop|awaited|thread|together|callback
"""

from __future__ import annotations

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import relatch
from children import LIMIT, in_child, start_child, status_of
from relatch.testing import PASSWORD, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

CHILDREN = 20
USERS = ["api_user", *(f"user{number}" for number in range(CHILDREN))]

sandbox = Sandbox(accounts=[{"username": user, "password": PASSWORD} for user in USERS])
session = relatch.login(sandbox.seven_g())


def expire() -> None:
    """Lets the token end for this process, and for the server if this is the parent."""
    sandbox.advance(1210)


def user_of(session: relatch.Session) -> str:
    """The user that the server has issued the token for."""
    return str(next(value for name, value in session.claims.items() if name.endswith("/nameidentifier")))


def log_in(user: str) -> str:
    own = relatch.login(sandbox.seven_g(username=user))
    own.refresh()
    return user_of(own)


def outcome(call: Callable[[], Any]) -> str:
    try:
        call()
    except (relatch.RelatchError, RuntimeError) as error:
        return type(error).__name__
    return "ok"


def check_parent() -> None:
    """The parent goes on as if nothing had been: one refresh, nothing lost on the server's side."""
    before = sandbox.counts()["refresh"]
    expire()
    session.token()
    session.refresh()
    counts = sandbox.counts()
    lost = {name: counts[name] for name in ("reused", "refresh_rejected", "login_rejected")}
    assert not any(lost.values()), lost
    print("parent: login", counts["login"], "refresh", counts["refresh"] - before)


def during_login() -> None:
    """The parent's login is at the server, and has the account's turn, while the process forks."""
    sandbox.fault(on="login", fault="hold", when="after")
    users: list[str] = []
    thread = threading.Thread(target=lambda: users.append(log_in("user0")))
    thread.start()
    sandbox.wait_for("login", 2)
    in_child(lambda: [log_in(user) for user in ("user0", "user1")])
    assert users == []
    sandbox.release()
    thread.join(LIMIT)
    assert users == ["user0"]
    check_parent()


def busy() -> None:
    """Other threads may hold any lock there is at the moment of a fork."""
    stop = threading.Event()

    def work(call: Callable[[], Any]) -> None:
        while not stop.is_set():
            call()

    other = relatch.login(sandbox.seven_g(username="user0"))
    calls: list[Callable[[], Any]] = [
        other.token,
        other.refresh,
        lambda: asyncio.run(other.refresh_async()),
        lambda: other.subscribe(lambda _event: None).cancel(),
        lambda: relatch.login(sandbox.seven_g(username="user0")).logout(),
        lambda: (sandbox.seven_g(), other.state, other.claims, other.headers()),
    ]
    threads = [threading.Thread(target=work, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    sandbox.wait_for("refresh", 2)

    def child(user: str) -> None:
        assert session.token()
        assert other.token()
        assert log_in(user) == user
        assert asyncio.run(session.token_async())
        session.subscribe(lambda _event: None).cancel()
        expire()
        assert outcome(session.token) == "ok"

    for user in USERS[1:9]:
        in_child(partial(child, user))
    stop.set()
    for thread in threads:
        thread.join(LIMIT)
        assert not thread.is_alive()
    other.token()
    lost = sandbox.counts()["reused"] + sandbox.counts()["refresh_rejected"] + sandbox.counts()["login_rejected"]
    print("parent: lost", lost)


def own_login() -> None:
    """Children that never touch what they inherited, all at once."""

    def child(user: str) -> None:
        assert log_in(user) == user

    for started in [start_child(partial(child, user)) for user in USERS[1:]]:
        assert status_of(started) == 0
    check_parent()


def logout() -> None:
    """A child that closes what it inherited does not end its parent's session."""
    kept = relatch.login(sandbox.synapsewave(second_factor=relatch.Pan("ABCDE1234F")))

    def child() -> object:
        kept.logout()
        with session:
            session.token()
        return kept.state, session.state, outcome(kept.token)

    in_child(child)
    print("parent:", kept.state, kept.validate(), sandbox.counts()["logout"])
    check_parent()


def grandchild() -> None:
    """Each generation uses the token, then logs in for itself, and so does the next with what it inherits then."""
    token = session.token()

    def child() -> object:
        assert session.token() == token
        expire()
        own = session.token()
        assert own != token

        def grandchild() -> object:
            assert session.token() == own
            expire()
            return session.token() not in (token, own), session.refresh().access_token == session.token()

        in_child(grandchild)
        expire()
        return session.token() != own, user_of(session)

    in_child(child)
    check_parent()


def loop() -> None:
    """A fork inside a running event loop, in which tasks wait for a refresh."""

    def child() -> object:
        # The parent's loop is of no use here, and a new one runs in a thread of its own as anywhere.
        ends: list[str] = []
        thread = threading.Thread(target=lambda: ends.append(outcome(lambda: asyncio.run(session.token_async()))))
        thread.start()
        thread.join(LIMIT)
        return ends, outcome(session.token)

    async def main() -> None:
        expire()
        sandbox.fault(on="refresh", fault="hold", when="after")
        tasks = [asyncio.create_task(session.token_async()) for _ in range(20)]
        await asyncio.to_thread(sandbox.wait_for, "refresh", 1)
        in_child(child)
        sandbox.release()
        assert len(set(await asyncio.gather(*tasks))) == 1

    asyncio.run(main())
    check_parent()


def awaited() -> None:
    """A child goes on with coroutines that waited in its parent, and lets go of others."""

    async def main() -> None:
        expire()
        sandbox.fault(on="refresh", fault="hold", when="after")
        tasks = [asyncio.create_task(session.token_async()) for _ in range(20)]
        await asyncio.to_thread(sandbox.wait_for, "refresh", 1)

        def child() -> object:
            first, *others = [task.get_coro() for task in tasks]
            assert first is not None
            ends = [outcome(lambda: first.send(None)) for _ in range(2)]
            for other in others:
                assert other is not None
                other.close()
            return ends

        in_child(child)
        sandbox.release()
        assert len(set(await asyncio.gather(*tasks))) == 1

    asyncio.run(main())
    check_parent()


def thread() -> None:
    """A fork in a thread that is not the main one, in whose child it is."""

    def child() -> object:
        expire()
        return outcome(session.token), outcome(lambda: asyncio.run(session.refresh_async()))

    forking = threading.Thread(target=in_child, args=(child,))
    forking.start()
    forking.join()
    check_parent()


def together() -> None:
    """Threads of a child use what it has inherited for the first time, all at once; so one of them makes all anew."""
    expire()

    def child() -> object:
        callers = 8
        barrier = threading.Barrier(callers)

        def ask(_number: int) -> str:
            barrier.wait(LIMIT)
            return outcome(session.token)

        with ThreadPoolExecutor(callers) as pool:
            return set(pool.map(ask, range(callers)))

    for _ in range(CHILDREN):
        in_child(child)
    session.token()
    check_parent()


def callback() -> None:
    """A fork in a callback, on the thread that calls all of them."""
    done = threading.Event()

    def fork(event: relatch.Event) -> None:
        if event.kind == "refreshed":
            in_child(lambda: (outcome(session.token), log_in("user0")))
            done.set()

    with session.subscribe(fork):
        session.refresh()
        assert done.wait(LIMIT)
    check_parent()


{
    "during-login": during_login,
    "busy": busy,
    "own-login": own_login,
    "logout": logout,
    "grandchild": grandchild,
    "loop": loop,
    "awaited": awaited,
    "thread": thread,
    "together": together,
    "callback": callback,
}[sys.argv[1]]()
