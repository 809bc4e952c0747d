"""Two programs use relatch for a long time while the server misbehaves: one in Python and one in Node, at once.

Fails for an error that nothing explains, a refresh token that went on the wire twice, an account that was locked, a
login that was refused, and memory that grows. Needs Linux, and what `make soak` passes in RELATCH_SANDBOX and
RELATCH_NODE. SOAK_SECONDS says for how long, SOAK_SEED which trouble there is.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import served
import verdict
from errors import Judge
from member import Member
from weather import Weather

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).resolve().parent
# Seconds between two readings; fewer in a short run.
PERIOD = 10.0
READINGS = 30
# In a run of fewer seconds memory is still warming up: it is not looked at.
LONG_ENOUGH = 180.0
SESSIONS = 20
# What the kernel counts as a process's own: its heaps and stacks. Pages of files come and go as code is used.
OWN = "Anonymous"
# What the server must not have seen: every login has the right password, and a code that is new.
NEVER = ("reused", "totp_reused", "login_rejected", "register_rejected")


def task(server: served.Server, language: str, seed: int) -> dict[str, Any]:
    """What one of the programs is to do: who its users are, and where the server is."""
    return {
        "url": server.url,
        "synapsewave": server.synapsewave,
        "password": served.PASSWORD,
        "apiKey": served.API_KEY,
        "totpSecret": served.TOTP_SECRET,
        "names": names(language),
        "shared": f"{language}_shared",
        "users": users(language),
        "seed": seed,
    }


def names(language: str) -> list[str]:
    """The users of the 7G API that have a session each."""
    return [f"{language}_{number}" for number in range(SESSIONS)]


def users(language: str) -> list[str]:
    """The users of the Synapsewave API."""
    return [f"{language.upper()}{number}" for number in range(4)]


class Soak:
    """One run."""

    def __init__(self, server: served.Server, weather: Weather, members: Sequence[Member]) -> None:
        self._server = server
        self._weather = weather
        self._members = members
        self._judge = Judge(server, weather)
        self._begun = time.monotonic()

    def run(self, seconds: float) -> list[str]:
        """Lets the programs run.

        Returns:
            What is wrong.
        """
        self._weather.begin()
        period = min(PERIOD, seconds / READINGS)
        while (at := time.monotonic() - self._begun) < seconds:
            time.sleep(max(0.0, min(period, seconds - at)))
            self._read()
        self._weather.stop()
        self._read()
        self._summarise(time.monotonic() - self._begun)
        return self._wrong(time.monotonic() - self._begun)

    def _read(self) -> None:
        for member in self._members:
            reading = member.read()
            at = time.monotonic() - self._begun
            member.readings.append((at, reading))
            for text in self._judge.hear(member.name, reading["errors"]):
                print(f"UNEXPECTED  {text}", flush=True)
            own, resident, proportional = (reading["memory"][key] / 1024 for key in (OWN, "Rss", "Pss"))
            print(
                f"{at:6.0f} s  {member.name:6}  calls {reading['calls']:8}  refreshed {reading['refreshed']:6}"
                f"  healed {reading['healed']:5}  errors expected {self._judge.expected[member.name]:5}"
                f" unexpected {self._judge.unexpected[member.name]:3}"
                f"  MiB own {own:6.2f} resident {resident:6.2f} proportional {proportional:6.2f}{_extra(reading)}",
                flush=True,
            )

    def _summarise(self, seconds: float) -> None:
        print(f"\n{seconds:.0f} seconds; trouble: {dict(sorted(self._weather.counts.items()))}")
        print(f"server: { {key: value for key, value in self._server.control('counts').items() if value} }")
        for name, kinds in self._judge.kinds.items():
            print(f"{name}, expected errors: {dict(sorted(kinds.items()))}")
        for kind, text in sorted(self._judge.examples.items()):
            print(f"for example {kind}: {text}")
        if seconds < LONG_ENOUGH:
            print("\nmemory is not judged: it is still warming up\n")
            return
        print("\n| process | memory | after warm-up | at the end | highest | grown by | slope an hour |")
        print("|---|---|---:|---:|---:|---:|---:|")
        for member in self._members:
            for key in (OWN, "Pss", "Rss"):
                found = verdict.memory(member.readings, seconds, key)
                values = (found.begin, found.end, found.highest, found.drift, found.slope)
                cells = " | ".join(f"{value / verdict.MEBIBYTE:.2f} MiB" for value in values)
                print(f"| {member.name} | {key} | {cells} |")
        print()

    def _wrong(self, seconds: float) -> list[str]:
        wrong = [
            f"{member.name}: {count} unexpected errors"
            for member in self._members
            if (count := self._judge.unexpected[member.name])
        ]
        counts = self._server.control("counts")
        wrong += [f"the server counted {counts[name]} {name}" for name in NEVER if counts[name]]
        for member in self._members:
            if seconds >= LONG_ENOUGH:
                drift = verdict.memory(member.readings, seconds, OWN).drift
                if drift > verdict.MOST_DRIFT:
                    wrong.append(f"{member.name}: its memory has grown by {drift / verdict.MEBIBYTE:.2f} MiB")
            idle = member.readings[-1][1]["calls"] <= member.readings[len(member.readings) // 2][1]["calls"]
            if idle:
                wrong.append(f"{member.name}: it makes no calls any more")
        return wrong


def _extra(reading: dict[str, Any]) -> str:
    return "".join(f"  {key} {value}" for key, value in reading.get("extra", {}).items())


def main() -> int:
    """Runs it, and says what is wrong."""
    sandbox, node = os.environ.get("RELATCH_SANDBOX"), os.environ.get("RELATCH_NODE")
    if not sandbox or not node:
        sys.exit("RELATCH_SANDBOX and RELATCH_NODE say what to run: use `make soak`")
    seconds, seed = float(os.environ.get("SOAK_SECONDS", "1800")), int(os.environ.get("SOAK_SEED", "1"))
    commands = {
        "python": [sys.executable, str(HERE / "python" / "main.py")],
        # With a young generation that stays small: what V8 keeps for itself would hide what the package keeps.
        "node": ["node", "--expose-gc", "--max-semi-space-size=1", str(HERE / "node" / "main.mjs")],
    }
    single = [name for language in commands for name in names(language)]
    shared = [f"{language}_shared" for language in commands]
    both = [user for language in commands for user in users(language)]
    print(f"{seconds:.0f} seconds, seed {seed}", flush=True)
    with served.running(sandbox, [*single, *shared], both) as server:
        members = [
            Member(language, command, task(server, language, seed + number))
            for number, (language, command) in enumerate(commands.items())
        ]
        try:
            for member in members:
                member.read()  # when all its sessions are open
            wrong = Soak(server, Weather(server, single, seed), members).run(seconds)
            wrong += [text for member in members for text in member.end()]
        finally:
            for member in members:
                member.kill()
    for text in wrong:
        print(f"WRONG  {text}")
    print("the soak failed" if wrong else "the soak passed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
