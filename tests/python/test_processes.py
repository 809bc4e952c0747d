"""Whole processes: Ctrl-C, exits with calls in flight, what an import brings, forks."""

from __future__ import annotations

import os
import platform
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import relatch
from relatch.testing import Sandbox
from support import run_program

EXITS = 25
EXITS_WITH_CALLBACKS = 6
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")


def output_of(name: str, *arguments: str) -> list[str]:
    """The lines that a program printed, which must have ended well and silently."""
    ended = run_program(name, *arguments)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.splitlines()


@pytest.mark.parametrize("call", ["login", "token", "wait_for"])
def test_ctrl_c_ends_a_blocking_call_and_nothing_else(call: str) -> None:
    assert output_of("interrupt.py", call) == ["interrupted"]


@pytest.mark.parametrize("kind", ["run", "loop", "daemon", "daemon-loop", "busy"])
def test_exits_with_calls_in_flight_are_silent(kind: str) -> None:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        ends = list(pool.map(lambda _number: run_program("exit.py", kind), range(EXITS)))
    assert [(end.returncode, end.stdout, end.stderr) for end in ends] == [(0, "", "")] * EXITS


@pytest.mark.parametrize("kind", ["sleeps", "reads", "awaits", "awaits-here", "raises-exit", "daemon"])
def test_exits_with_a_callback_that_hangs_are_silent(kind: str) -> None:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        ends = list(pool.map(lambda _number: run_program("question.py", kind), range(EXITS_WITH_CALLBACKS)))
    assert [(end.returncode, end.stdout, end.stderr) for end in ends] == [(0, "given up\n", "")] * len(ends)


def test_ctrl_c_while_a_human_is_asked_ends_that_call_and_nothing_else() -> None:
    prompted = ["interrupted", "True True", "2 0"]
    assert output_of("question.py", "interrupted") == prompted


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
@pytest.mark.parametrize("how", ["input", "getpass", "session", "early"])
def test_a_prompt_that_was_interrupted_takes_no_answer(how: str) -> None:
    """In a terminal: Ctrl-C, the same line again, the code. It goes to the prompt that is seen; nothing is rejected."""
    sent = 2 if how == "session" else 1
    assert output_of("terminal.py", how) == [f"sent {sent} rejected 0 active", "0"]


def test_what_was_announced_before_the_end_is_told() -> None:
    assert output_of("exit.py", "callback") == ["refreshed", "logged_out"]


def test_an_idle_session_keeps_no_process_alive() -> None:
    assert output_of("exit.py", "idle") == []


def test_an_import_starts_no_thread_and_brings_nothing_slow() -> None:
    assert output_of("imports.py") == ["1"]


@pytest.mark.parametrize("kind", ["events", "question"])
def test_threads_that_are_made_greenlets_are_not_used(kind: str) -> None:
    assert output_of("greenlets.py", kind) == ["called on a thread: True"]


@pytest.mark.parametrize("kind", ["fails", "interrupted", "interrupted-early"])
def test_a_thread_that_cannot_be_started_is_started_by_the_next_call(kind: str) -> None:
    assert output_of("no_thread.py", kind) == ["listening: 0", "heard: ['refreshed'] on 1", "asked: active"]


@pytest.mark.skipif(sys.platform != "linux", reason="takes the room for threads away as Linux lets it")
def test_a_process_without_room_for_a_thread_spends_no_refresh_token() -> None:
    sandbox = Sandbox()
    tokens = relatch.login(sandbox.seven_g()).tokens
    assert tokens is not None
    assert tokens.refresh_token is not None
    assert output_of("no_runtime.py", sandbox.url, tokens.access_token, tokens.refresh_token) == [
        "no room: {('no', True)}",
        "open files: 0",
        "refreshed: True",
    ]
    assert (sandbox.counts()["refresh"], sandbox.counts()["reused"]) == (1, 0)


@needs_fork
class TestForks:
    """Children use the inherited token while it lasts, and never spend their parent's refresh token."""

    # What a parent prints that has not been harmed: the one refresh that it needs, and no session lost.
    UNHARMED = "parent: refresh 1 reused 0"

    def test_a_child_uses_the_token_of_its_parent(self) -> None:
        assert output_of("fork.py", "used") == ["child: 200", self.UNHARMED]

    def test_a_child_with_credentials_logs_in_for_itself(self) -> None:
        child, server, parent = output_of("fork.py", "expired")
        assert child == "child: ('ok', 'ok', 'ok')"
        assert server == "server: login 3"
        assert parent == self.UNHARMED

    def test_a_child_without_credentials_raises_forked_session(self) -> None:
        refused = ["ForkedSession"] * 4
        assert output_of("fork.py", "without-credentials") == [f"child: (('ok', 'ok'), {refused})", self.UNHARMED]

    def test_a_fork_during_a_refresh(self) -> None:
        assert output_of("fork.py", "during-refresh") == ["child: ok", "parent: refresh 2 reused 0"]

    def test_inherited_callbacks_are_called_in_the_child(self) -> None:
        assert output_of("fork.py", "callback") == ["child: True", self.UNHARMED]

    @pytest.mark.skipif(sys.platform != "linux" or platform.machine() != "x86_64", reason="the calls are Linux's")
    @pytest.mark.parametrize("how", ["clone", "_Fork"])
    def test_a_child_that_no_handler_of_forks_is_told_of(self, how: str) -> None:
        assert output_of("raw_fork.py", how) == ["child 0 reused 0", "parent active"]

    def test_a_pool_of_forked_workers(self) -> None:
        assert output_of("fork.py", "pool") == ["children: {(True, 'ok')}", self.UNHARMED]

    def test_a_child_that_ends_by_itself(self) -> None:
        assert output_of("fork.py", "exit") == ['child: "active"', self.UNHARMED]

    def test_inherited_questions_are_answered_in_the_child(self) -> None:
        assert output_of("question.py", "fork") == ["child: (True, 'active')", "parent: active True"]

    def test_a_fork_while_a_callback_is_asked(self) -> None:
        assert output_of("question.py", "fork-asked") == ["child: active", "parent: ['active']"]
