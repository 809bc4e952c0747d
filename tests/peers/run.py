"""Puts relatch and its peers into the same situations, before one server, and writes docs/peers.md.

Needs what `make peers` builds and passes in RELATCH_NODE. The exit status tells whether everything could be measured
and relatch did what it promises: one refresh, no failed caller, a living session.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clients import CLIENTS, HERE, LANGUAGES, NODE, ROOT
from situations import LEFT_OF_RELATCH, NEARLY, NEARLY_OF_RELATCH, SITUATIONS
from table import Outcome, document, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clients import Client
    from situations import Situation

ROUNDS = 3
# Seconds for one measurement; one that takes longer hangs.
LIMIT = 30
# Measurements at a time: most of their time they wait.
JOBS = 3
PAGE = ROOT / "docs" / "peers.md"


class NotMeasuredError(Exception):
    """A client could not be measured."""


@contextmanager
def server() -> Iterator[str]:
    """The address of the server, for as long as it is needed."""
    process = subprocess.Popen([sys.executable, str(HERE / "server.py")], stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        yield json.loads(line)["url"]
    finally:
        process.kill()
        process.communicate()


def ask(url: str, body: dict[str, object] | None = None) -> Any:
    """A control call; with a body it is a POST."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data)) as answer:  # noqa: S310  # http to this machine
        return json.load(answer)


class Programs:
    """How the programs of the three languages are started."""

    def __init__(self) -> None:
        self._rust: str | None = None

    def command(self, client: Client, task: dict[str, object]) -> list[str]:
        """What puts this client into a situation."""
        text = json.dumps(task)
        if client.kind == "rust":
            return [self._rust_program(), text]
        if client.kind == "node":
            return [str(NODE), str(HERE / "node" / "main.mjs"), text]
        return [sys.executable, str(HERE / "python" / "main.py"), text, client.kind]

    def _rust_program(self) -> str:
        """Where cargo has it; it is built if need be."""
        if self._rust is None:
            command = ["cargo", "build", "--package", "relatch", "--bench", "peers"]
            command.append("--message-format=json-render-diagnostics")
            built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
            messages = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
            paths = [message["executable"] for message in messages if message.get("executable")]
            if built.returncode != 0 or not paths:
                raise NotMeasuredError("the Rust program does not build")
            self._rust = paths[-1]
        return self._rust

    def build(self) -> None:
        """Does beforehand what takes time."""
        self._rust_program()


class Bench:
    """One run: what it talks to, and what it has found."""

    def __init__(self, url: str, rounds: int, *, verbose: bool) -> None:
        self._url = url
        self._rounds = rounds
        self._verbose = verbose
        self._programs = Programs()
        # For the hand-written clients, and for relatch as it was built here.
        paths = [ROOT / "tests" / "bench", ROOT / "bindings-python" / "python"]
        self._environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
        self.outcomes: dict[tuple[Client, Situation], Outcome] = {}
        self.failures: list[str] = []

    def run(self, cells: Iterable[tuple[Client, Situation]]) -> None:
        """Fills these cells, as far as they apply."""
        applicable = [cell for cell in cells if cell[0].kind in cell[1].kinds]
        if any(client.kind == "rust" for client, _ in applicable):
            self._programs.build()
        with ThreadPoolExecutor(JOBS) as pool:
            for done in [pool.submit(self._measure, *cell) for cell in applicable]:
                done.result()

    def _measure(self, client: Client, situation: Situation) -> None:
        """Fills one cell with the worst of some rounds."""
        name = f"{LANGUAGES[client.kind]}: {client.function}: {situation.name}"
        try:
            found = [self._round(client, situation) for _ in range(self._rounds)]
        except NotMeasuredError as error:
            self.failures.append(f"NOT MEASURED  {name}: {error}")
            return
        self.outcomes[client, situation] = worst = max(found)
        print(f"{name}: {worst.cell()}", file=sys.stderr, flush=True)
        if client.function == "relatch" and not worst.is_as_expected(situation):
            self.failures.append(f"RELATCH BREAKS ITS PROMISE  {name}: {worst.cell()}")

    def _round(self, client: Client, situation: Situation) -> Outcome:
        ends_soon = client.function == "relatch" and situation.lifetimes[0] == NEARLY
        settings = {
            "lifetimes": [NEARLY_OF_RELATCH, *situation.lifetimes[1:]] if ends_soon else list(situation.lifetimes),
            "fault": situation.fault,
            "times": situation.times,
            "hold": situation.hold,
            "holds_tokens": client.holds_tokens,
        }
        account = ask(f"{self._url}/control/accounts", settings)
        task = {
            "client": client.function,
            "situation": situation.name,
            "url": self._url,
            "callers": situation.callers,
            "in_sequence": situation.in_sequence,
            "until_left": LEFT_OF_RELATCH if ends_soon else 0,
            **account,
        }
        command = self._programs.command(client, task)
        try:
            program = subprocess.run(
                command, env=self._environment, capture_output=True, text=True, timeout=LIMIT, check=False
            )
        except subprocess.TimeoutExpired:
            counts = ask(f"{self._url}/control/{account['username']}")
            return Outcome.of(-1, counts["refreshes"], counts["logins"], f"over {LIMIT} s")
        if program.returncode != 0 or not program.stdout.strip():
            raise NotMeasuredError(f"status {program.returncode}: {program.stderr[-500:]}")
        if self._verbose:
            errors = "".join(f"    {line}\n" for line in dict.fromkeys(program.stderr.splitlines()))
            print(f"{client.kind}: {client.function}: {situation.name}\n{errors}", end="")
        return Outcome.of(**json.loads(program.stdout.splitlines()[-1]))


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one round of each")
    parser.add_argument("--only", default="", metavar="TEXT", help="clients whose kind and name hold TEXT: 'node:'")
    parser.add_argument("--situation", default="", metavar="TEXT", help="situations whose name holds TEXT")
    parser.add_argument("--verbose", action="store_true", help="what the clients said when their callers failed")
    return parser.parse_args()


def main() -> int:
    """Measures; a whole run writes the page, a part of one prints its rows."""
    options = arguments()
    if not os.environ.get("RELATCH_NODE"):
        sys.exit("RELATCH_NODE says what to measure: use `make peers`")
    rounds = 1 if options.quick else ROUNDS
    with server() as url:
        bench = Bench(url, rounds, verbose=options.verbose)
        bench.run(
            (client, situation)
            for client in CLIENTS
            for situation in SITUATIONS
            if options.only in f"{client.kind}:{client.function}" and options.situation in situation.name
        )
    if options.quick or options.only or options.situation:
        print("\n".join(rows(bench.outcomes)))
    elif not bench.failures:
        Path(PAGE).write_text(document(bench.outcomes, rounds, LIMIT))
        print(f"{PAGE.relative_to(ROOT)} is written")
    print("\n".join(bench.failures))
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
