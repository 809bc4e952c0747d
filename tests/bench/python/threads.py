"""The measurements of blocking calls: relatch and requests, with threads."""

from __future__ import annotations

import sys
import threading
import time
import timeit
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import process
from task import Task, tell

if TYPE_CHECKING:
    from collections.abc import Callable

# Sessions that are there before the memory of the others is measured.
FIRST = 1000

# A session of one implementation or of the other: both have token(), headers() and refresh().
Session = Any


def opener(task: Task) -> Callable[[int], Session]:
    """What logs in by the number of an account. Only what is measured is imported."""
    if task.implementation == "relatch":
        import relatch  # noqa: PLC0415

        return lambda account: relatch.login(
            relatch.SevenG(base_url=task.url, username=task.username(account), password=task.password)
        )
    from hand_written import requests_client  # noqa: PLC0415

    http = requests_client.http_client(task.concurrency)
    return lambda account: requests_client.Session(http, task.url, task.username(account), task.password)


def token(task: Task) -> float:
    """Nanoseconds for handing out one fresh token."""
    return _nanoseconds("session.token()", task)


def headers(task: Task) -> float:
    """Nanoseconds for the headers of one request, with a fresh token."""
    return _nanoseconds("session.headers()", task)


def _nanoseconds(call: str, task: Task) -> float:
    timer = timeit.Timer(call, globals={"session": opener(task)(0)})
    calls, _ = timer.autorange()
    calls = max(1, int(calls * task.seconds / 0.2))
    return timer.timeit(calls) / calls * 1e9


def login(task: Task) -> float:
    """Microseconds of processor time for one login; each thread has an account of its own."""
    log_in = opener(task)
    return _load(task, log_in, lambda account, _session: log_in(account))


def refresh(task: Task) -> float:
    """Microseconds of processor time for one refresh; each thread has a session of its own."""
    return _load(task, opener(task), lambda _account, session: session.refresh())


def _load(task: Task, log_in: Callable[[int], Session], exchange: Callable[[int, Session], object]) -> float:
    with ThreadPoolExecutor(task.concurrency) as pool:
        # The first logins start the threads and open the connections; what they cost is not counted.
        sessions = list(pool.map(log_in, range(task.concurrency)))
        cpu = time.process_time()
        end = time.monotonic() + task.seconds

        def work(account: int) -> int:
            done = 0
            while time.monotonic() < end:
                exchange(account, sessions[account])
                done += 1
            return done

        done = sum(pool.map(work, range(task.concurrency)))
        return (time.process_time() - cpu) / done * 1e6


def waiters(task: Task) -> float:
    """When the last of many waiting threads had its token. The tokens have expired when the word to begin comes."""
    session = opener(task)(0)
    tell("logged in")
    sys.stdin.readline()
    ended: list[float] = []

    def wait() -> None:
        session.token()
        ended.append(time.monotonic())

    threads = [threading.Thread(target=wait) for _ in range(task.count)]
    for thread in threads:
        thread.start()
    tell("waiting")
    for thread in threads:
        thread.join()
    if len(ended) != task.count:
        raise RuntimeError(f"{task.count - len(ended)} waiters got no token")
    return max(ended)


def memory(task: Task) -> dict[str, float]:
    """Bytes for one session: idle, and idle after its token has been used once."""
    log_in = opener(task)
    first = [log_in(account) for account in range(FIRST)]
    before = process.resident()
    sessions = [log_in(account) for account in range(FIRST, FIRST + task.count)]
    idle = process.resident()
    for session in sessions:
        session.token()
    used = process.resident()
    del first
    return {"idle": (idle - before) / task.count, "used": (used - before) / task.count}
