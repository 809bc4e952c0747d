"""One of the programs that use relatch for a long time."""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
from typing import Any

# Seconds that an answer may take; a program that takes longer hangs.
LIMIT = 60.0
# Seconds after which a program must have ended that has nothing more to do than to wait for its last calls.
LINGERS = 100.0


class Member:
    """A program under way: it answers each line of its input with a line of JSON, and ends with its input."""

    def __init__(self, name: str, command: list[str], task: dict[str, Any]) -> None:
        self.name = name
        self.readings: list[tuple[float, dict[str, Any]]] = []
        self._stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115  # closed by kill
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [*command, json.dumps(task)], stdin=pipe, stdout=pipe, stderr=self._stderr, text=True
        )

    def read(self) -> dict[str, Any]:
        """Asks what it has done since the beginning, which errors it had since it was asked last, and its memory.

        Raises:
            RuntimeError: It has ended, or hangs.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError(f"{self.name}: it has no pipes")
        guard = threading.Timer(LIMIT, self._process.kill)
        guard.start()
        try:
            self._process.stdin.write("read\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            guard.cancel()
        if not line:
            raise RuntimeError(f"{self.name}: ended with {self._process.wait()}\n{self._written()}")
        reading: dict[str, Any] = json.loads(line)
        return reading

    def end(self) -> list[str]:
        """Lets it end. Returns what is wrong with how it ended."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            status = self._process.wait(LINGERS)
        except subprocess.TimeoutExpired:
            return [f"{self.name}: it does not end"]
        written = self._written()
        wrong = [f"{self.name}: it ended with {status}"] if status else []
        return [*wrong, *([f"{self.name}: it wrote to stderr: {written}"] if written else [])]

    def kill(self) -> None:
        """Ends it, if it has not ended by itself."""
        self._process.kill()
        self._process.wait()
        self._stderr.close()

    def _written(self) -> str:
        self._stderr.seek(0)
        return self._stderr.read()[-4000:]
