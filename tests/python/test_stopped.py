"""A process that is stopped in the middle of an exchange: Ctrl-Z, ``docker pause``, a frozen function.

``RELATCH_STOP_SECONDS="20 60"`` stops it for as long as that; the tests take a stop that is longer than all limits.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from relatch.testing import Sandbox

PROGRAM = Path(__file__).parent / "programs" / "stopped.py"
STOPS = [float(seconds) for seconds in os.environ.get("RELATCH_STOP_SECONDS", "8").split()]
EXCHANGE_TIMEOUT = 3.0


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs SIGSTOP")
@pytest.mark.timeout(max(STOPS) + 60)
@pytest.mark.parametrize("seconds", STOPS)
@pytest.mark.parametrize("what", ["refresh", "login"])
def test_an_answer_that_came_while_the_process_was_stopped_is_used(what: str, seconds: float) -> None:
    with Sandbox() as sandbox:
        arguments = [sys.executable, str(PROGRAM), sandbox.url, what, str(EXCHANGE_TIMEOUT)]
        pipe = subprocess.PIPE
        with subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as program:
            assert program.stdin is not None
            assert program.stdout is not None
            assert program.stdout.readline() == "ready\n"
            sandbox.fault(on=what, fault="hold", when="after")
            program.stdin.write("\n")
            program.stdin.flush()
            sandbox.wait_for(what, 1)
            program.send_signal(signal.SIGSTOP)
            sandbox.release()
            time.sleep(seconds)  # the stop itself
            program.send_signal(signal.SIGCONT)
            output, errors = program.communicate(timeout=30)
        assert output == "token True\n", output + errors
        counts = sandbox.counts()
        assert (counts["refresh"], counts["login"]) == (int(what == "refresh"), 1)
