"""The server that is talked to: the sandbox, in a process of its own so that its processor time is not counted."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "made-up-password-1"  # of a server that lives for one benchmark
LIFETIME = 1200
# Accounts that are made known in one control call.
CHUNK = 2000


class Server:
    """A running sandbox."""

    def __init__(self, url: str, control: str) -> None:
        self.url = url
        self._control = control

    @property
    def port(self) -> int:
        """Where it listens on this machine."""
        return urlsplit(self.url).port or 80

    def configure(self, **settings: object) -> None:
        """Changes how it behaves."""
        request = urllib.request.Request(  # noqa: S310  # http to this machine
            f"{self._control}/configure", json.dumps(settings).encode(), method="POST"
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            answer.read()

    def add_accounts(self, count: int) -> None:
        """Lets api_user_0 and so on log in."""
        accounts = [{"username": f"api_user_{number}", "password": PASSWORD} for number in range(count)]
        for first in range(0, count, CHUNK):
            self.configure(accounts=accounts[first : first + CHUNK])


@contextmanager
def running(program: str) -> Iterator[Server]:
    """The sandbox, for as long as it is needed."""
    process = subprocess.Popen([program, "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        addresses = json.loads(line)
        yield Server(addresses["url"], addresses["control"])
    finally:
        process.kill()
        process.communicate()
