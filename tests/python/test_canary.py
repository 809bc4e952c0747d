"""No secret is ever shown: not in a log at TRACE, an error, a traceback, a repr, an event or a warning."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from relatch.testing import PASSWORD
from scenario_provider import RIGHT
from support import run_program

if TYPE_CHECKING:
    from pathlib import Path

TIME = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+")


def shown(program: str, file: Path) -> tuple[list[str], str, str]:
    """The secrets that a program used, and what it printed and logged, none of which holds one."""
    ended = run_program(program, str(file), RELATCH_LOG="trace", RUST_BACKTRACE="1")
    assert ended.returncode == 0, ended.stderr[-4000:]
    secrets = file.read_text(encoding="utf-8").splitlines()
    # It did log, and the errors were shown.
    assert "TRACE" in ended.stderr
    assert "Traceback" in ended.stderr
    # The digits of a time may be those of a one-time password.
    printed, logged = (TIME.sub("", text) for text in (ended.stdout, ended.stderr))
    assert [secret for secret in secrets if secret in printed or secret in logged] == []
    return secrets, printed, logged


def test_no_secret_is_shown(tmp_path: Path) -> None:
    secrets, printed, _ = shown("canary.py", tmp_path / "secrets")
    assert len(secrets) > 100
    assert PASSWORD in secrets
    assert "refresh_failed" in printed


def test_no_secret_of_synapsewave_is_shown(tmp_path: Path) -> None:
    secrets, printed, logged = shown("canary_synapsewave.py", tmp_path / "secrets")
    assert len(secrets) > 40
    assert set(RIGHT.values()) <= set(secrets)
    assert "SecondFactorRejected" in printed
    # No JWT at all: neither those that are known here, nor the register tokens that are not.
    assert "eyJ" not in printed + logged


def test_logging_is_off_unless_asked_for(tmp_path: Path) -> None:
    ended = run_program("exit.py", "idle", RELATCH_LOG="")
    assert (ended.returncode, ended.stderr) == (0, "")
    loud = run_program("exit.py", "idle", RELATCH_LOG="debug")
    assert "DEBUG" in loud.stderr
    assert "TRACE" not in loud.stderr
    wrong = run_program("exit.py", "idle", RELATCH_LOG="loud")
    assert "RuntimeWarning: RELATCH_LOG" in wrong.stderr
