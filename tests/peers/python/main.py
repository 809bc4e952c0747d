"""The Python side of `make peers`: puts one client into one situation and prints what came of it as a line of JSON."""

from __future__ import annotations

import sys

import tasks
import threads
from task import Task


def main() -> None:
    """Measures what the command line says."""
    task = Task.from_arguments()
    (tasks if sys.argv[2] == "asyncio" else threads).measure(task)


if __name__ == "__main__":
    main()
