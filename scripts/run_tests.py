"""Runs the tests of the three languages, shows what they print, and ends with one line each of what ran.

Fails when a test failed, when a runner failed, or when a language ran no test at all.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "target" / "test-reports"
# Seconds for one language, building included; a run that takes longer hangs.
LIMIT = 1800


@dataclass(frozen=True)
class Counts:
    """How many tests ended how."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        """The line that ends a run."""
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


@dataclass(frozen=True)
class Suite:
    """The tests of one language."""

    language: str
    command: list[str]
    # Reads the counts from the command's output.
    count: Callable[[str], Counts]


def run(suite: Suite) -> tuple[Counts, str]:
    """Runs a suite, showing its output as it comes.

    Returns:
        The counts, and what went wrong ("" when nothing did).
    """
    print(f"\n=== {suite.language}: {' '.join(suite.command)}", flush=True)
    process = subprocess.Popen(
        suite.command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    # The whole group: what a hanging test has started must not outlive it.
    guard = threading.Timer(LIMIT, os.killpg, (process.pid, signal.SIGKILL))
    guard.start()
    lines = []
    try:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
        status = process.wait()
    except KeyboardInterrupt:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    finally:
        guard.cancel()
    counts = suite.count("".join(lines))
    if status < 0:
        return counts, f"ended by {signal.Signals(-status).name}"
    if status > 0 or counts.failed > 0:
        return counts, f"exit status {status}"
    return counts, "" if counts.passed > 0 else "no test ran"


def rust_counts(output: str) -> Counts:
    """Adds up the result lines of cargo's test programs."""
    results = re.findall(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored", output, re.MULTILINE)
    passed, failed, skipped = (sum(int(result[column]) for result in results) for column in range(3))
    return Counts(passed, failed, skipped)


def python_counts(_output: str) -> Counts:
    """Reads pytest's report; none when pytest did not come to write one."""
    report = REPORTS / "python.xml"
    if not report.exists():
        return Counts()
    # The file is the one that pytest has just written.
    suites = list(ElementTree.parse(report).iter("testsuite"))  # noqa: S314
    total, failures, errors, skipped = (
        sum(int(suite.get(name, "0")) for suite in suites) for name in ("tests", "failures", "errors", "skipped")
    )
    return Counts(total - failures - errors - skipped, failures + errors, skipped)


def node_counts(_output: str) -> Counts:
    """Reads the totals at the end of Node's report; none when Node did not come to write them."""
    report = REPORTS / "node.tap"
    text = report.read_text(encoding="utf-8") if report.exists() else ""
    totals = {name: int(number) for name, number in re.findall(r"^# (\w+) (\d+)$", text, re.MULTILINE)}
    failed = totals.get("fail", 0) + totals.get("cancelled", 0)
    return Counts(totals.get("pass", 0), failed, totals.get("skipped", 0) + totals.get("todo", 0))


def suites() -> list[Suite]:
    """The three languages, and how their tests are run."""
    node_files = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("tests/node/*.test.mjs"))
    node_reporters = [
        *("--test-reporter=spec", "--test-reporter-destination=stdout"),
        *("--test-reporter=tap", f"--test-reporter-destination={REPORTS / 'node.tap'}"),
    ]
    python = [sys.executable, "-m", "pytest", f"--junitxml={REPORTS / 'python.xml'}"]
    return [
        Suite("rust", ["cargo", "test", "--no-fail-fast"], rust_counts),
        Suite("python", python, python_counts),
        Suite("node", ["node", "--test", *node_reporters, *(node_files or ["tests/node"])], node_counts),
    ]


def main() -> int:
    """Runs every language, whatever happened to the one before."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    for report in REPORTS.iterdir():
        report.unlink()
    results = [(suite.language, *run(suite)) for suite in suites()]
    print()
    for language, _counts, problem in results:
        if problem:
            print(f"{language} did not pass: {problem}")
    for language, counts, _problem in results:
        print(f"{language}: {counts}")
    return 1 if any(problem for _language, _counts, problem in results) else 0


if __name__ == "__main__":
    sys.exit(main())
