"""Whole programs in the hosts that people run them in: forks, process pools, loops, exits and signals.

Each is a process of its own that must end in time, with the status it ought to have, and say nothing on standard
error. It prints what it saw and what the sandbox counted. The programs of this file run side by side.
"""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from support import run_program

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    Ended = subprocess.CompletedProcess[str]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")

# What a parent prints whose children have logged in that often, all in all, besides its own login.
UNHARMED = "parent: login {logins} refresh 2"

FORKS: dict[str, list[str]] = {
    "during-login": ["child: ['user0', 'user1']", UNHARMED.format(logins=4)],
    "busy": ["parent: lost 0"],
    "own-login": [UNHARMED.format(logins=21)],
    "logout": ["child: ('closed', 'closed', 'ClosedError')", "parent: active True 0", UNHARMED.format(logins=2)],
    "grandchild": ["child: (True, True)", "child: (True, 'api_user')", UNHARMED.format(logins=3)],
    "loop": ["child: (['ok'], 'ok')", UNHARMED.format(logins=2)],
    "awaited": ["child: ['ForkedSession', 'RuntimeError']", UNHARMED.format(logins=1)],
    "thread": ["child: ('ok', 'ok')", UNHARMED.format(logins=2)],
    "together": [*["child: {'ok'}"] * 20, UNHARMED.format(logins=21)],
    "callback": ["child: ('ok', 'user0')", UNHARMED.format(logins=2)],
}
PROCESSES = [
    "pool: True",
    "executor: True",
    "processes: [0, 0, 0]",
    "a Session is neither pickled nor copied",
    "parent: refresh 1 reused 0 login 19",
]
LOOPS = {
    "twice": "login 2 refresh 3",
    **dict.fromkeys(("closed", "cancelled", "timeouts", "group", "interrupted", "threads"), "login 1 refresh 1"),
}
# The exit status of each, and what it prints.
EXITS: dict[str, tuple[int, list[str]]] = {
    "sys-exit": (3, []),
    "sys-exit-loop": (3, []),
    "os-exit": (3, []),
    "unhandled": (1, ["LookupError"]),
    "executor": (0, ["['RequestTimeout', 'ok'] 20"]),
    "threads": (0, ["token: True ok", "login: ok"]),
    "atexit": (0, ["token: ok ok", "logout: ok closed 1"]),
    "atexit-after": (
        0,
        [
            "token: ok ok",
            "expired: ok ClosedError ClosedError",
            "expired, asyncio: ClosedError",
            "login: ClosedError",
            "logout: ok closed",
        ],
    ),
    "global": (0, []),
    "delete": (0, ["token: True"]),
    "delete-logout": (0, ["logout: closed"]),
    "finalize": (0, ["logout: closed 1"]),
    "subinterpreter": (0, ["subinterpreter: None", "token: ok"]),
}
SIGNALS: dict[str, tuple[int, list[str]]] = {
    "terminated": (-signal.SIGTERM, []),
    "exits": (3, []),
    "raises": (0, ["login 1 refresh 3"]),
    "raises-login": (0, ["login 3 refresh 1"]),
    "returns": (0, ["login 1 refresh 1"]),
    "reenters": (0, ["login 1 refresh 1"]),
    "timer": (0, ["login 1 refresh 1"]),
    "loop": (0, ["login 1 refresh 1"]),
    "forks": (0, ["login 2 refresh 1"]),
    "forks-exits": (0, ["login 1 refresh 1"]),
    "forks-logout": (0, ["login 2 refresh 1"]),
}
FLOODS = {("threads", "250"): 1250, ("asyncio", "50"): 250, ("mixed", "50"): 250}


def programs() -> Iterator[tuple[tuple[str, ...], int, list[str]]]:
    """Every program with its arguments, the status it ends with, and the lines it prints."""
    for kind, lines in FORKS.items():
        yield ("host_fork.py", kind), 0, lines
    for method in ("fork", "forkserver", "spawn"):
        yield ("host_multiprocessing.py", method), 0, PROCESSES
    for (how, logins), total in FLOODS.items():
        lines = ["children: [0, 0, 0, 0, 0]", f"logins: {total} rejected 0 reused 0"]
        yield ("host_flood.py", how, logins), 0, lines
    for loop in ("asyncio", "uvloop", "debug"):
        for kind, line in LOOPS.items():
            yield ("host_loop.py", loop, kind), 0, [line]
    for kind, (status, lines) in EXITS.items():
        yield ("host_exit.py", kind), status, lines
    for kind, (status, lines) in SIGNALS.items():
        yield ("host_signal.py", kind), status, lines


def parameters() -> Iterator[object]:
    for command, status, lines in programs():
        yield pytest.param(command, status, lines, id="-".join(command).replace(".py", ""))


@pytest.fixture(scope="module")
def end_of(request: pytest.FixtureRequest) -> Iterator[Callable[[tuple[str, ...]], Ended]]:
    """Starts the programs of all tests that were chosen, as many at once as there are processors."""
    items = [item for item in request.session.items if isinstance(item, pytest.Function) and item.path == request.path]
    chosen: list[tuple[str, ...]] = [item.callspec.params["command"] for item in items]  # type: ignore[misc]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        ends: dict[tuple[str, ...], Future[Ended]] = {command: pool.submit(run_program, *command) for command in chosen}
        yield lambda command: ends[command].result()


@pytest.mark.parametrize(("command", "status", "lines"), list(parameters()))
def test_a_program_in_its_host(
    end_of: Callable[[tuple[str, ...]], Ended], command: tuple[str, ...], status: int, lines: list[str]
) -> None:
    ended = end_of(command)
    assert (ended.returncode, ended.stderr, ended.stdout.splitlines()) == (status, "", lines)
