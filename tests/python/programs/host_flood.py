"""Five processes forked from one warm parent log in at once, each login for a user of its own.

The parent has pooled connections and sessions when it forks. Every token must be the one of the user who logged in.

Usage: host_flood.py threads|asyncio|mixed LOGINS
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import relatch
from children import LIMIT, start_child, status_of
from relatch.testing import PASSWORD, Sandbox

PROCESSES = 5
# How many logins a process has under way at once.
CONCURRENCY = 10
NAME_CLAIM = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"

how, logins = sys.argv[1], int(sys.argv[2])
everybody = [[f"user-{process}-{number}" for number in range(logins)] for process in range(PROCESSES)]
parents = [f"parent{number}" for number in range(CONCURRENCY)]
names = [name for users in (parents, *everybody) for name in users]
sandbox = Sandbox(accounts=[{"username": name, "password": PASSWORD} for name in names])


def is_right(user: str, session: relatch.Session) -> bool:
    return bool(session.claims[NAME_CLAIM] == user)


def by_threads(users: list[str]) -> int:
    def log_in(user: str) -> bool:
        return is_right(user, relatch.login(sandbox.seven_g(username=user)))

    with ThreadPoolExecutor(CONCURRENCY) as pool:
        return sum(pool.map(log_in, users))


def by_asyncio(users: list[str]) -> int:
    async def log_in(user: str, turn: asyncio.Semaphore) -> bool:
        async with turn:
            return is_right(user, await relatch.login_async(sandbox.seven_g(username=user)))

    async def main() -> int:
        turn = asyncio.Semaphore(CONCURRENCY)
        return sum(await asyncio.gather(*(log_in(user, turn) for user in users)))

    return asyncio.run(main())


def by_both(users: list[str]) -> int:
    half = len(users) // 2
    with ThreadPoolExecutor(1) as pool:
        others = pool.submit(by_asyncio, users[:half])
        return by_threads(users[half:]) + others.result()


log_in_all = {"threads": by_threads, "asyncio": by_asyncio, "mixed": by_both}[how]


def log_in_when_told(users: list[str], go: int) -> None:
    os.read(go, 1)
    right = log_in_all(users)
    assert right == len(users), f"only {right} of {len(users)} tokens are right"


def main() -> None:
    # Warm: as many connections as the parent may have at once, and a session for each.
    barrier = threading.Barrier(CONCURRENCY)

    def log_in(user: str) -> relatch.Session:
        barrier.wait(LIMIT)
        return relatch.login(sandbox.seven_g(username=user))

    with ThreadPoolExecutor(CONCURRENCY) as pool:
        sessions = list(pool.map(log_in, parents))
    waiting, go = os.pipe()
    children = [start_child(partial(log_in_when_told, users, waiting)) for users in everybody]
    os.write(go, b"!" * PROCESSES)
    # The parent goes on meanwhile over the connections that all of them have inherited.
    assert all(is_right(user, session) for user, session in zip(parents, sessions, strict=True))
    for session in sessions:
        session.refresh()
    ends = [status_of(child) for child in children]
    assert all(is_right(user, session) for user, session in zip(parents, sessions, strict=True))
    counts = sandbox.counts()
    print("children:", ends)
    print("logins:", counts["login"] - len(parents), "rejected", counts["login_rejected"], "reused", counts["reused"])


main()
