"""What a process is told to measure: one JSON argument, the same for the three languages."""

from __future__ import annotations

import base64
import json
import sys
import time
import urllib.request
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Task:
    """One measurement of one client."""

    client: str
    situation: str
    # Where the server is.
    url: str
    # Callers, at once or in sequence.
    callers: int
    in_sequence: bool
    # The account; the tokens are missing where the client logs in by itself.
    username: str
    password: str
    access_token: str = ""
    refresh_token: str = ""
    expires_in: int = 0
    # Waits until so many seconds of the token are left, if it is more than 0.
    until_left: float = 0.0

    @classmethod
    def from_arguments(cls) -> Task:
        """The task in the command line."""
        return cls(**json.loads(sys.argv[1]))

    @property
    def token_url(self) -> str:
        """The OAuth 2 token endpoint."""
        return f"{self.url}/oauth/token"

    @property
    def resource(self) -> str:
        """What a caller wants."""
        return f"{self.url}/resource"

    def wait_for_last_seconds(self) -> None:
        """Waits until the token is as old as the situation wants it; what is waited for is real time."""
        if self.until_left:
            payload = self.access_token.split(".")[1]
            end = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"]
            time.sleep(max(0.0, end - self.until_left - time.time()))

    def control(self, path: str = "", method: str = "GET") -> Any:
        """Asks the server how it is with the account, outside what is measured."""
        request = urllib.request.Request(  # noqa: S310  # http to this machine
            f"{self.url}/control/{self.username}{path}", method=method
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return json.load(answer)


def after(task: Task, *, works: bool) -> str:
    """How the session is, when it is known whether one more call with the same client works."""
    return "alive" if works else "unusable" if task.control()["alive"] else "dead"


def tell(failed: int, counts: dict[str, object], after: str) -> None:
    """Sends what was found to the process that started this one."""
    found = {"failed": failed, "refreshes": counts["refreshes"], "logins": counts["logins"], "after": after}
    print(json.dumps(found), flush=True)
