"""The Python side of ``make bench``.

Measures relatch, or the hand-written client that it is compared with, and prints what it found as one line of JSON.
"""

from __future__ import annotations

import asyncio
import inspect

import tasks
import threads
from task import Task, tell


def main() -> None:
    """Measures what the command line says."""
    task = Task.from_arguments()
    # `async_token` is the measurement `token` of the module for asyncio.
    name = task.measure.removeprefix("async_")
    function = getattr(threads if name == task.measure else tasks, name)
    result = function(task)
    tell(asyncio.run(result) if inspect.iscoroutine(result) else result)


if __name__ == "__main__":
    main()
