"""How long many callers wait beyond the answer that one of them has asked for."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from gate import Gate
from programs import NotMeasuredError
from server import LIFETIME

if TYPE_CHECKING:
    from figures import Figure
    from programs import Program, Programs
    from server import Server

# Seconds that a token lives which is to expire soon; `exp` is in whole seconds.
SHORT = 2
# Seconds for waiters to come to rest before the answer is let go.
REST = 0.3


def compare(figure: Figure, task: dict[str, object], sandbox: Server, programs: Programs) -> dict[str, list[float]]:
    """Milliseconds from the answer that is sent to the last waiter that has its token, by implementation."""
    found: dict[str, list[float]] = {"relatch": [], figure.rival: []}
    with ExitStack() as opened:
        gate = opened.enter_context(Gate(sandbox.port))
        opened.callback(sandbox.configure, access_token_lifetime=LIFETIME)
        sandbox.configure(access_token_lifetime=SHORT)
        ready: list[tuple[str, Program]] = []
        for _ in range(figure.rounds):
            for implementation in found:
                own = {**task, "implementation": implementation, "url": gate.url}
                program = opened.enter_context(programs.start(figure.language, own))
                program.hear()  # that it has logged in
                ready.append((implementation, program))
        sandbox.configure(access_token_lifetime=LIFETIME)
        # One wait for all of them: until the youngest token has expired.
        time.sleep(SHORT)
        for implementation, program in ready:
            found[implementation].append(_measure(gate, program))
    return found


def _measure(gate: Gate, program: Program) -> float:
    gate.hold()
    program.begin()
    program.hear()  # that all its callers have been started
    gate.wait()
    time.sleep(REST)
    gate.release()
    ended_at = program.hear()
    sent_at, exchanges = gate.outcome()
    if exchanges != 1:
        raise NotMeasuredError(f"{exchanges} refreshes were sent where one was expected")
    return (ended_at - sent_at) * 1000
