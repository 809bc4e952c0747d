"""Measures what relatch costs, beside clients that are written by hand in the same language in the same run.

Every measurement is a process of its own; relatch and the hand-written client take turns, and medians are compared.
Nothing absolute is a pass mark: the exit status tells only whether everything could be measured.
Needs Linux, and what `make bench` builds and passes in RELATCH_SANDBOX and RELATCH_NODE.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import figures
import imports
import server
import table
import waiters
from programs import NotMeasuredError, Programs

if TYPE_CHECKING:
    from collections.abc import Callable

    from figures import Figure, Language

# Accounts of the sessions whose memory is measured, and of those before them.
ACCOUNTS = 11_000
IMPORTS: tuple[tuple[Language, tuple[str, ...]], ...] = (("Python", ("requests", "aiohttp")), ("Node", ("fetch",)))


class Bench:
    """One run: what it talks to, and what it has found."""

    def __init__(self, sandbox: server.Server, options: argparse.Namespace) -> None:
        self._sandbox = sandbox
        self._options = options
        self._programs = Programs()
        self.rows: list[table.Row] = []
        self.failed: list[str] = []

    def run(self) -> None:
        """Measures everything that was asked for."""
        everything = [*figures.fresh_tokens(), *figures.exchanges(), *figures.waiters(), *figures.sessions()]
        for figure in filter(lambda figure: self._wanted(figure.name), everything):
            self._attempt(figure.name, lambda figure=figure: self._compare(figure))
        for language, rivals in IMPORTS:
            name = f"{language}: import"
            if self._wanted(name):
                self._attempt(name, lambda language=language, rivals=rivals: self._imports(language, rivals))

    def _wanted(self, name: str) -> bool:
        return self._options.only.lower() in name.lower()

    def _attempt(self, name: str, measure: Callable[[], None]) -> None:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        try:
            measure()
        except (NotMeasuredError, TimeoutError, OSError, ValueError) as error:
            self.failed.append(f"{name}: {error}")

    def _compare(self, figure: Figure) -> None:
        if self._options.quick:
            figure = replace(figure, rounds=1, seconds=0.05, count=min(figure.count, 200))
        task: dict[str, object] = {
            "measure": figure.measure,
            "url": self._sandbox.url,
            "password": server.PASSWORD,
            "seconds": figure.seconds,
            "concurrency": figure.concurrency,
            "count": figure.count,
        }
        if figure.measure.endswith("waiters"):
            self._add(figure, waiters.compare(figure, task, self._sandbox, self._programs))
            return
        found: dict[str, list[Any]] = {"relatch": [], figure.rival: []}
        for _ in range(figure.rounds):
            for implementation, values in found.items():
                with self._programs.start(figure.language, {**task, "implementation": implementation}) as program:
                    values.append(program.hear())
        self._add(figure, found)

    def _add(self, figure: Figure, found: dict[str, list[Any]]) -> None:
        """Adds a figure to the table; one that has parts is as many rows."""
        first = found["relatch"][0]
        for part in first if isinstance(first, dict) else ("",):
            ours, theirs = ([value[part] if part else value for value in values] for values in found.values())
            name = f"{figure.name}{part and ', '}{part}"
            self.rows.append(table.Row(name, figure.unit, ours, theirs, figure.rival, figure.goal))

    def _imports(self, language: Language, rivals: tuple[str, ...]) -> None:
        costs = imports.measure(language, rivals, rounds=2 if self._options.quick else 15)
        goal = figures.Goal(20, relative=False)
        for rival in rivals:
            time_row = (costs["relatch"].milliseconds, costs[rival].milliseconds, rival, goal)
            self.rows.append(table.Row(f"{language}: import, time", "ms CPU", *time_row))
            memory_row = (costs["relatch"].kilobytes, costs[rival].kilobytes, rival, None)
            self.rows.append(table.Row(f"{language}: import, memory", "kB", *memory_row))


def machine() -> str:
    """What this was measured on."""
    text = Path("/proc/cpuinfo").read_text()
    model = next((line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name")), "?")
    node, rust = (
        subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        for program in ("node", "rustc")
    )
    load = os.getloadavg()[0]
    return (
        f"{model}, {os.cpu_count()} processors, Linux {platform.release()}, load {load:.1f} at the start; "
        f"{rust.split(' (')[0]}, Python {platform.python_version()}, Node {node}"
    )


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one short round of each: shows that it works, no more")
    parser.add_argument("--only", default="", metavar="TEXT", help="figures whose name holds TEXT, such as 'Rust:'")
    return parser.parse_args()


def main() -> int:
    """Measures, and prints the table."""
    options = arguments()
    program = os.environ.get("RELATCH_SANDBOX")
    if not program or not os.environ.get("RELATCH_NODE"):
        sys.exit("RELATCH_SANDBOX and RELATCH_NODE say what to measure: use `make bench`")
    begun, where = time.monotonic(), machine()
    with server.running(program) as sandbox:
        sandbox.add_accounts(ACCOUNTS)
        bench = Bench(sandbox, options)
        bench.run()
    print(f"\n{where}")
    print("Medians. CPU is the client's process alone. Import is over the bare interpreter. Beside relatch, in turns,")
    print("the clients of tests/bench/hand_written.\n")
    if options.quick:
        print("QUICK: one short round of each, with a few sessions and waiters. These figures mean nothing.\n")
    print("\n".join(table.lines(bench.rows)))
    print(f"\n{time.monotonic() - begun:.0f} seconds")
    for failure in bench.failed:
        print(f"NOT MEASURED  {failure}")
    return 1 if bench.failed else 0


if __name__ == "__main__":
    sys.exit(main())
