"""Real web servers with several workers: sessions made before and after their forks, restarts, and silent ends."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from support import LIMIT, PROGRAMS, call_account

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from relatch.testing import Sandbox

CLIENTS = 8
REQUESTS = 200
WORKERS = 2

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="these servers need fork")


class ToSocket(http.client.HTTPConnection):
    """A connection to a socket in the file system."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=LIMIT)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(LIMIT)
        self.sock.connect(self.path)


class Server:
    """A server as a process, on a socket that listens already: the first request waits until there is a worker."""

    def __init__(self, folder: Path, sandbox: Sandbox, *command: str) -> None:
        self.path = str(folder / "socket")
        self.said = folder / "stderr"
        with socket.socket(socket.AF_UNIX) as listening, self.said.open("w") as said:
            listening.bind(self.path)
            listening.listen(CLIENTS)
            number = listening.fileno()
            self.process = subprocess.Popen(
                [sys.executable, "-m", *(part.format(socket=number) for part in command)],
                cwd=PROGRAMS,
                env={**os.environ, "SANDBOX": sandbox.url},
                pass_fds=[number],
                stdout=said,
                stderr=said,
            )

    def ask(self, path: str) -> tuple[int, str]:
        """What a worker answers: its process, and the rest."""
        connection = ToSocket(self.path)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read().decode()
            assert response.status == 200, body
        finally:
            connection.close()
        worker, _, answer = body.partition(" ")
        return int(worker), answer

    def ask_all(self, path: str, but: frozenset[int] = frozenset()) -> dict[int, list[str]]:
        """What the workers answer to many requests at once, until each of them has answered one.

        While a server restarts, workers that are still ending (`but`) may answer too: these are left out.
        """
        answers: dict[int, list[str]] = {}
        with ThreadPoolExecutor(CLIENTS) as pool:
            while len(answers) < WORKERS:
                for worker, answer in pool.map(self.ask, [path] * REQUESTS):
                    if worker not in but:
                        answers.setdefault(worker, []).append(answer)
        return answers

    def wait_until_gone(self, workers: Iterable[int]) -> None:
        """Asks on until these workers, which were told to end, are gone and answer nobody."""
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                while True:
                    os.kill(worker, 0)
                    self.ask("/token")

    def stop(self) -> None:
        """Ends it as a service is ended, which must be prompt and silent."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(LIMIT)
        assert (status, self.said.read_text()) == (0, "")


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path, sandbox: Sandbox) -> Iterator[Server]:
    """The server of that command."""
    server = Server(tmp_path, sandbox, *request.param)
    yield server
    server.process.kill()
    server.process.wait()


GUNICORN = ["gunicorn", "--bind=fd://{socket}", f"--workers={WORKERS}", "--log-level=critical", "host_wsgi:application"]
# A worker that is slow to start is not taken for one that hangs, and replaced.
UVICORN = [
    *("uvicorn", "--fd={socket}", f"--workers={WORKERS}", "--log-level=critical", "--no-access-log"),
    f"--timeout-worker-healthcheck={LIMIT:.0f}",
]


def outcomes(answers: dict[int, list[str]]) -> set[str]:
    """What was answered at all, by whichever worker."""
    return {answer for of_worker in answers.values() for answer in of_worker}


def works(sandbox: Sandbox, token: str) -> bool:
    return call_account(sandbox, {"Authorization": token, "Version": "2.0"}) == 200


@pytest.mark.parametrize(
    "server",
    [
        pytest.param([*GUNICORN, "--preload"], id="sync"),
        pytest.param([*GUNICORN, "--preload", "--worker-class=gthread", "--threads=4"], id="threads"),
    ],
    indirect=True,
)
def test_gunicorn_with_a_session_from_before_its_forks(sandbox: Sandbox, server: Server) -> None:
    first = server.ask_all("/token")
    # Both workers hand out the one token that they have inherited.
    (inherited,) = outcomes(first)
    assert works(sandbox, inherited)
    # A restart makes new workers of the same parent.
    server.process.send_signal(signal.SIGHUP)
    second = server.ask_all("/token", but=frozenset(first))
    assert outcomes(second) == {inherited}
    assert sandbox.counts()["login"] == 1
    # One that still ended would log in for itself as well.
    server.wait_until_gone(first)
    # The server ends the session: each worker logs in for itself, once, and none spends the inherited refresh token.
    sandbox.revoke(username="api_user", what="session")
    assert outcomes(server.ask_all("/call")) <= {"[401, 200]", "[200]"}
    server.stop()
    counts = sandbox.counts()
    assert (counts["login"], counts["login_rejected"], counts["refresh"]) == (1 + WORKERS, 0, 0)


def serve_and_renew(sandbox: Sandbox, server: Server) -> int:
    """Each worker has a session of its own, and renews what is refused; how many refreshes that took."""
    first = server.ask_all("/token")
    assert [len(set(tokens)) for tokens in first.values()] == [1, 1]
    assert all(works(sandbox, tokens[0]) for tokens in first.values())
    sandbox.revoke(username="api_user", what="access")
    assert outcomes(server.ask_all("/call")) <= {"[401, 200]", "[200]"}
    server.stop()
    counts = sandbox.counts()
    assert (counts["login"], counts["login_rejected"], counts["reused"]) == (WORKERS, 0, 0)
    return int(counts["refresh"])


@pytest.mark.parametrize("server", [GUNICORN], indirect=True, ids=["own"])
def test_gunicorn_with_a_session_of_each_worker(sandbox: Sandbox, server: Server) -> None:
    assert serve_and_renew(sandbox, server) == WORKERS


@pytest.mark.parametrize(
    "server",
    [[*UVICORN, "host_asgi:application"], [*UVICORN, "--loop=asyncio", "host_asgi:application"]],
    indirect=True,
    ids=["uvloop", "asyncio"],
)
def test_uvicorn(sandbox: Sandbox, server: Server) -> None:
    # A refresh of each worker when it started, and one when it was refused.
    assert serve_and_renew(sandbox, server) == 2 * WORKERS
