"""A WSGI application that logs in when it is imported; a server may fork its workers before or after that.

``/token`` answers the worker's process and its token. ``/call`` uses the token as any client does, and once more if
it is refused. The address of the sandbox is in the environment.
"""

from __future__ import annotations

import http.client
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import relatch
from relatch.testing import PASSWORD, USERNAME

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 15

session = relatch.login(relatch.SevenG(username=USERNAME, password=PASSWORD, base_url=os.environ["SANDBOX"]))


def call() -> int:
    connection = http.client.HTTPConnection(urlsplit(os.environ["SANDBOX"]).netloc, timeout=LIMIT)
    connection.request("GET", "/Account", headers=session.headers())
    status = connection.getresponse().status
    connection.close()
    return status


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
    token = session.token()
    answer = token
    if environ["PATH_INFO"] == "/call":
        statuses = [call()]
        if statuses[0] == 401:
            session.report_unauthorized(token)
            statuses.append(call())
        answer = str(statuses)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Connection", "close")])
    return [f"{os.getpid()} {answer}".encode()]
