"""Children of a program that forks: each does one thing, within a limit, and ends by itself."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds of real time after which a child that hangs is killed.
LIMIT = 30


def start_child(act: Callable[[], object]) -> int:
    """Runs `act` in a forked child, within the limit, and prints what it returns unless that is None."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        signal.alarm(LIMIT)
        status = 1
        try:
            result = act()
            if result is not None:
                print("child:", result, flush=True)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    return child


def status_of(child: int) -> int:
    """Waits for a child's end."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def in_child(act: Callable[[], object]) -> None:
    """Runs `act` in a forked child, which must succeed within the limit."""
    status = status_of(start_child(act))
    assert status == 0, status
