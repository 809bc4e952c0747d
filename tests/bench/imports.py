"""What importing costs: processor time and memory over an interpreter that imports nothing."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from programs import NotMeasuredError

if TYPE_CHECKING:
    from figures import Language

# Both end by telling the resident memory in kilobytes; the bare interpreter does so as well.
PYTHON_TAIL = "print(next(line for line in open('/proc/self/smaps_rollup') if line.startswith('Rss:')).split()[1])"
NODE_TAIL = (
    "console.log(/^Rss:\\s+(\\d+)/m.exec(require('node:fs').readFileSync('/proc/self/smaps_rollup', 'utf8'))[1])"
)
NODE = {
    "bare": "",
    # The published package, loaded as `require` loads it.
    "relatch": "require(process.env.RELATCH_NODE.replace(/\\.mjs$/, '.js'));",
    # Node loads its fetch when it is first asked for.
    "fetch": "new Request('http://127.0.0.1/');",
}


@dataclass
class Cost:
    """What one import costs over the bare interpreter, in several rounds."""

    milliseconds: list[float]
    kilobytes: list[float]


def measure(language: Language, rivals: tuple[str, ...], rounds: int) -> dict[str, Cost]:
    """The cost of importing relatch and its rivals; all of them, and the bare interpreter, take turns."""
    names = ("bare", "relatch", *rivals)
    for name in names:
        run(language, name)  # compiles what can be compiled, and warms the disk's cache
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            found[name].append(run(language, name))
    bare = [statistics.median(values) for values in zip(*found["bare"], strict=True)]
    return {
        name: Cost([cpu - bare[0] for cpu, _ in found[name]], [memory - bare[1] for _, memory in found[name]])
        for name in names[1:]
    }


def run(language: Language, name: str) -> tuple[float, float]:
    """Milliseconds of processor time and kilobytes of an interpreter that imports this."""
    if language == "Python":
        text = "pass" if name == "bare" else f"import {name}"
        command = [sys.executable, "-c", f"{text}\n{PYTHON_TAIL}"]
    else:
        command = ["node", "--input-type=commonjs", "--eval", NODE[name] + NODE_TAIL]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent)
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise NotMeasuredError(f"an interpreter that imports {name} ended with status {process.returncode}")
    return (usage.ru_utime + usage.ru_stime) * 1000, float(output)
