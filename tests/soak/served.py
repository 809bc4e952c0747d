"""The server that both programs talk to: the sandbox, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "made-up-password-1"  # of a server that lives for one run
API_KEY = "made-up-api-key-1"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DP"


class Server:
    """A running sandbox."""

    def __init__(self, url: str, synapsewave: str, control: str) -> None:
        self.url = url
        self.synapsewave = synapsewave
        self._control = control

    def control(self, name: str, **body: object) -> Any:
        """Makes a control call.

        Raises:
            ValueError: The sandbox says what is wrong with it.
        """
        request = urllib.request.Request(  # noqa: S310  # http to this machine
            f"{self._control}/{name}", json.dumps(body).encode(), method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise ValueError(error.read().decode()) from error


@contextmanager
def running(program: str, names: list[str], users: list[str]) -> Iterator[Server]:
    """A sandbox whose access tokens live 2 seconds.

    Args:
        program: The command.
        names: Who may log in to the 7G API.
        users: Who may log in to the Synapsewave API.
    """
    settings = {
        "access_token_lifetime": 2,
        "accounts": [{"username": name, "password": PASSWORD} for name in names],
        "synapsewave": {
            "users": [{"user_id": user, "password": PASSWORD, "totp_secret": TOTP_SECRET} for user in users],
        },
    }
    command = [program, "--port", "0", "--settings", json.dumps(settings)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        addresses = json.loads(line)
        yield Server(addresses["url"], addresses["synapsewave"], addresses["control"])
    finally:
        process.kill()
        process.communicate()
