"""What several tests share: sandboxes, programs that run as processes of their own, a plain HTTP call."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from relatch.testing import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    import relatch

PROGRAMS = Path(__file__).parent / "programs"
# Seconds of real time after which something that should happen soon has not.
LIMIT = 20.0
# Seconds for a whole program, of which several may run at once: less than pytest grants a test.
PROGRAM_LIMIT = 50.0
# Monday, nine o'clock in India: the start of a step of TOTP codes, and long before the tokens of the day end.
MORNING = datetime(2026, 1, 5, 3, 30, tzinfo=timezone.utc)

_retired: list[Sandbox] = []


def new_sandbox(settings: dict[str, Any] | None = None) -> Sandbox:
    """A sandbox whose address no other test of this process will get, and whose day is not about to end."""
    return Sandbox({"starts_at": MORNING.timestamp(), **(settings or {})})


def retire(sandbox: Sandbox) -> None:
    """Takes it off the wire and keeps its port: failed logins are remembered by address."""
    sandbox.clear_faults()
    sandbox.release()
    sandbox.down()
    _retired.append(sandbox)


def call_account(sandbox: Sandbox, headers: dict[str, str]) -> int:
    """The status of 7G's protected resource with these headers."""
    return get(f"{sandbox.url}/Account", headers)


def call_balance(sandbox: Sandbox, headers: dict[str, str]) -> int:
    """The status of Synapsewave's protected resource with these headers."""
    return get(f"{sandbox.synapsewave_url}/authentication/v1/user/balance", headers)


def get(url: str, headers: dict[str, str]) -> int:
    """The status of a GET request."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=LIMIT)
    try:
        connection.request("GET", parts.path, headers=headers)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def run_program(name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a program of the folder ``programs`` to its end, which must come within the limit."""
    # Python from 3.12 on warns of each fork in a process with threads; a reader of the standard input waits for ever.
    reading, writing = os.pipe()
    try:
        return subprocess.run(
            [sys.executable, "-W", "ignore::DeprecationWarning", str(PROGRAMS / name), *arguments],
            env={**os.environ, **environment},
            stdin=reading,
            capture_output=True,
            text=True,
            timeout=PROGRAM_LIMIT,
            check=False,
        )
    finally:
        os.close(reading)
        os.close(writing)


def in_threads(count: int, call: Callable[[], Any]) -> list[Any]:
    """What `count` threads get that make the same call at the same time."""
    barrier = threading.Barrier(count)

    def together(_number: int) -> Any:
        barrier.wait(LIMIT)
        return call()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(together, range(count)))


def check_invalid(error: relatch.InvalidConfig, field: str) -> None:
    """Checks that an argument was refused, and that nothing which the exception holds tells a secret."""
    assert error.field == field
    assert error.message
    seen: BaseException | None = error
    while seen is not None:
        assert "secret" not in f"{seen!r} {vars(seen)}"
        seen = seen.__cause__ or seen.__context__
    assert isinstance(error, ValueError)
    assert isinstance(error, TypeError)


class Heard:
    """The events of a session, in order, and the means to wait for more."""

    def __init__(self, session: relatch.Session) -> None:
        self._changed = threading.Condition()
        self._events: list[relatch.Event] = []
        session.subscribe(self._hear)

    def _hear(self, event: relatch.Event) -> None:
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def wait_for(self, count: int, kind: str | None = None) -> list[relatch.Event]:
        """Waits until `count` events have come, of that kind or of any, and returns all of any kind."""

        def reached() -> bool:
            return sum(kind in (None, event.kind) for event in self._events) >= count

        with self._changed:
            assert self._changed.wait_for(reached, LIMIT / 2), f"only {[event.kind for event in self._events]} came"
            return list(self._events)
