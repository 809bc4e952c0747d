"""An ASGI application that logs in when it is imported, refreshes when it starts, and logs out when it ends.

``/token`` answers the worker's process and its token. ``/call`` uses the token as any client does, and once more if
it is refused. The address of the sandbox is in the environment.
"""

from __future__ import annotations

import asyncio
import http.client
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import relatch
from relatch.testing import PASSWORD, USERNAME

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]

LIMIT = 15

session = relatch.login(relatch.SevenG(username=USERNAME, password=PASSWORD, base_url=os.environ["SANDBOX"]))


def call(headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection(urlsplit(os.environ["SANDBOX"]).netloc, timeout=LIMIT)
    connection.request("GET", "/Account", headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


async def lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await session.refresh_async()
        else:
            await session.logout_async()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    token = await session.token_async()
    answer = token
    if scope["path"] == "/call":
        statuses = [await asyncio.to_thread(call, await session.headers_async())]
        if statuses[0] == 401:
            # Every part of a program may have been refused, and say so.
            await asyncio.gather(*(session.report_unauthorized_async(token) for _ in range(20)))
            statuses.append(await asyncio.to_thread(call, await session.headers_async()))
        answer = str(statuses)
    headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": f"{os.getpid()} {answer}".encode()})
