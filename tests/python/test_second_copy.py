"""A process has one relatch, however often and from wherever it is imported."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import relatch
from support import run_program

if TYPE_CHECKING:
    import subprocess


def imported(how: str, folder: Path) -> subprocess.CompletedProcess[str]:
    ended = run_program("imports_again.py", how, str(folder))
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr[-3000:]
    return ended


@pytest.mark.parametrize("how", ["deleted", "reloaded", "copied"])
def test_an_import_that_comes_again_is_the_first_one(how: str, tmp_path: Path) -> None:
    """The errors that are raised are those that are caught, the ledger is one, and sessions and callbacks go on."""
    assert imported(how, tmp_path).stdout == "the same\n"


def test_a_copy_of_another_version_is_refused(tmp_path: Path) -> None:
    first, second, same = imported("other-version", tmp_path).stdout.splitlines()
    assert first == second
    there, here = Path(relatch.__file__).parent, tmp_path / "relatch"
    assert first.startswith(f"relatch 0.0.9 is in use in this process, from {there}; this is relatch ")
    assert f"relatch {relatch.__version__}, in {here}. Two copies" in first
    assert same == "the same"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process does not tell what it has loaded")
def test_a_copy_in_another_interpreter_is_refused(tmp_path: Path) -> None:
    first, second, same = imported("interpreter", tmp_path).stdout.splitlines()
    assert first == second
    there, here = Path(relatch.__file__).parent, tmp_path / "relatch"
    assert first.startswith(f"relatch is in use in this process, from {there}, by another interpreter; ")
    assert f"the copy in {here}. Two copies" in first
    assert same == "the same"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_package_that_is_made_of_links_is_one_copy(tmp_path: Path) -> None:
    assert imported("linked", tmp_path).stdout == "active\n"
