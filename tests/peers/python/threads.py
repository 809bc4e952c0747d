"""The situations, for clients that block: callers are threads, and the fork is of this process."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import blocking
from task import Task, after, tell

if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds that a forked child may take.
CHILD_LIMIT = 5
ADMITTED = 200


def measure(task: Task) -> None:
    """Puts the client into the situation and tells how it fared."""
    call: Callable[[], int] = getattr(blocking, task.client)(task)
    task.wait_for_last_seconds()
    if task.situation == "fork":
        fork(task, call)
        return
    if task.situation == "second_refresh":
        failed = in_sequence(call, 1)
        wait_for_expiry()
        failed += in_sequence(call, 1)
    elif task.in_sequence:
        failed = in_sequence(call, task.callers)
    else:
        failed = at_once(call, task.callers)
    counts = task.control()
    if task.situation == "limited":
        # The server still refuses, so what tells is whether it still knows the session.
        tell(failed, counts, "alive" if counts["alive"] else "dead")
        return
    task.control("/mend", "POST")
    tell(failed, counts, after(task, works=admitted(call)))


def admitted(call: Callable[[], int]) -> bool:
    """Whether a caller gets what it wants."""
    try:
        return call() == ADMITTED
    # Whatever a client raises is a caller that failed.
    except Exception as error:
        print(f"{type(error).__name__}: {error}"[:300], file=sys.stderr)
        return False


def in_sequence(call: Callable[[], int], callers: int) -> int:
    """How many of so many callers fail, one after the other."""
    return sum(not admitted(call) for _ in range(callers))


def at_once(call: Callable[[], int], callers: int) -> int:
    """How many of so many callers fail that come in the same moment."""
    barrier = threading.Barrier(callers)

    def caller() -> bool:
        barrier.wait()
        return admitted(call)

    with ThreadPoolExecutor(callers) as pool:
        futures = [pool.submit(caller) for _ in range(callers)]
        return sum(not future.result() for future in futures)


def wait_for_expiry() -> None:
    """The tokens of the first refresh live for two seconds; what is waited for is real time."""
    time.sleep(3.5)


def fork(task: Task, call: Callable[[], int]) -> None:
    """Forks while the parent's refresh is under way; then both go on, first the parent."""
    parent: list[bool] = []
    thread = threading.Thread(target=lambda: parent.append(admitted(call)))
    thread.start()
    task.control("/arrived")
    go, gone = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(gone)
        os.read(go, 1)
        os._exit(0 if admitted(call) else 1)
    os.close(go)
    task.control("/release", "POST")
    thread.join()
    os.write(gone, b"g")
    status = wait_for_child(pid)
    failed = (not parent[0]) + (status != 0)
    counts = task.control()
    found = after(task, works=admitted(call))
    tell(failed, counts, "child hangs" if status is None else found)


def wait_for_child(pid: int) -> int | None:
    """The child's exit status; nothing if it hangs."""
    guard = threading.Timer(CHILD_LIMIT, os.kill, (pid, signal.SIGKILL))
    guard.start()
    _, status = os.waitpid(pid, 0)
    guard.cancel()
    code = os.waitstatus_to_exitcode(status)
    return None if code == -signal.SIGKILL else code
