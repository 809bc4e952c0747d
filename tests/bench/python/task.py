"""What a process is told to measure: one JSON argument, the same for the three languages."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """One measurement."""

    measure: str
    implementation: str
    # Where the server is, and the password of all accounts.
    url: str
    password: str
    # How long to go on.
    seconds: float
    # Exchanges at a time.
    concurrency: int
    # How many sessions, or waiters.
    count: int

    @classmethod
    def from_arguments(cls) -> Task:
        """The task in the command line."""
        return cls(**json.loads(sys.argv[1]))

    @staticmethod
    def username(account: int) -> str:
        """The name of an account by its number."""
        return f"api_user_{account}"


def tell(value: object) -> None:
    """Sends a line to the process that started this one."""
    print(json.dumps(value), flush=True)
