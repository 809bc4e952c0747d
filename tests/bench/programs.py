"""The programs that measure: one for each language, a process for each measurement."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from figures import Language

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Seconds for one measurement; one that takes longer hangs.
LIMIT = 120


class NotMeasuredError(Exception):
    """A figure could not be had."""


class Program:
    """A process that measures one thing and tells it in lines of JSON."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
        )
        self._guard = threading.Timer(LIMIT, self._process.kill)
        self._guard.start()

    def hear(self) -> Any:
        """The next thing that it tells."""
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise NotMeasuredError(f"the measuring program ended early, with status {self._process.wait()}")
        return json.loads(line)

    def begin(self) -> None:
        """Gives the word that it waits for."""
        if self._process.stdin:
            self._process.stdin.write("\n")
            self._process.stdin.flush()

    def close(self) -> None:
        """Ends it, if it has not ended by itself."""
        self._guard.cancel()
        self._process.kill()
        self._process.communicate()


class Programs:
    """How the programs of the three languages are started."""

    def __init__(self) -> None:
        self._rust: str | None = None

    @contextmanager
    def start(self, language: Language, task: dict[str, object]) -> Iterator[Program]:
        """A process with this task."""
        environment = {}
        if language == "Rust":
            command = [self._rust_program()]
        elif language == "Python":
            command = [sys.executable, str(HERE / "python" / "main.py")]
            environment["PYTHONPATH"] = str(HERE)  # for `hand_written`
        else:
            command = ["node", "--expose-gc", str(HERE / "node" / "measure.mjs")]
        program = Program([*command, json.dumps(task)], environment)
        try:
            yield program
        finally:
            program.close()

    def _rust_program(self) -> str:
        """Where cargo has the benchmark; it is built if need be."""
        if self._rust is None:
            profile = os.environ.get("RELATCH_BENCH_PROFILE", "bench")
            command = ["cargo", "bench", "--no-run", "--profile", profile, "--package", "relatch", "--bench", "cost"]
            command.append("--message-format=json-render-diagnostics")
            built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
            messages = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
            paths = [message["executable"] for message in messages if message.get("executable")]
            if built.returncode != 0 or not paths:
                raise NotMeasuredError("the Rust benchmark does not build")
            self._rust = paths[-1]
        return self._rust
