"""The clients for asyncio, each as its documentation shows it, shared by all tasks of the program.

Each function opens a client and returns a call: one GET of the protected resource, whose status it returns.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from blocking import SCOPE, token, unsent_request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from task import Task


async def authlib(task: Task) -> Callable[[], Awaitable[int]]:
    """https://docs.authlib.org/en/latest/client/httpx.html, with "Async OAuth 2.0" and its auto refresh."""
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # this server speaks plain http
    from authlib.integrations.httpx_client import AsyncOAuth2Client  # noqa: PLC0415

    async def save(*_: object, **__: object) -> None:
        """Would write to a database."""

    client = AsyncOAuth2Client(
        "client", "secret", token=token(task), token_endpoint=task.token_url, update_token=save, timeout=20
    )

    async def call() -> int:
        return int((await client.get(task.resource)).status_code)

    return call


async def azure_core(task: Task) -> Callable[[], Awaitable[int]]:
    """The asynchronous half of what the blocking client follows."""
    import aiohttp  # noqa: PLC0415
    from azure.core.credentials import AccessToken  # noqa: PLC0415
    from azure.core.pipeline import AsyncPipeline  # noqa: PLC0415
    from azure.core.pipeline.policies import AsyncBearerTokenCredentialPolicy, AsyncRetryPolicy  # noqa: PLC0415
    from azure.core.pipeline.transport import AioHttpTransport, HttpRequest  # noqa: PLC0415

    class Credential:
        """What the user of the library writes: the policy asks it for a new token when one is due."""

        def __init__(self) -> None:
            self._refresh_token = ""

        async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
            if not self._refresh_token:
                self._refresh_token = task.refresh_token
                return AccessToken(task.access_token, int(time.time()) + task.expires_in)
            form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
            http = aiohttp.ClientSession(raise_for_status=True)
            async with http, http.post(task.token_url, data=form) as answer:
                new = await answer.json()
            self._refresh_token = new["refresh_token"]
            return AccessToken(new["access_token"], int(time.time()) + new["expires_in"])

    policy: Any = AsyncBearerTokenCredentialPolicy(Credential(), SCOPE)
    pipeline: Any = AsyncPipeline(AioHttpTransport(), [AsyncRetryPolicy(), policy])

    async def call() -> int:
        # Without the option it refuses plain http.
        answer = await pipeline.run(HttpRequest("GET", task.resource), enforce_https=False)
        return int(answer.http_response.status_code)

    await policy.authorize_request(unsent_request(), SCOPE)
    return call


async def hand_written(task: Task) -> Callable[[], Awaitable[int]]:
    """The client over aiohttp that `make bench` compares with."""
    from hand_written import aiohttp_client  # noqa: PLC0415

    http = aiohttp_client.http_client(task.callers)
    session = await aiohttp_client.Session.log_in(http, task.url, task.username, task.password)

    async def call() -> int:
        async with http.get(task.resource, headers=await session.headers()) as answer:
            return answer.status

    return call


async def relatch(task: Task) -> Callable[[], Awaitable[int]]:
    """README.md: a session that goes on with tokens from elsewhere, and holds credentials."""
    import aiohttp  # noqa: PLC0415

    import relatch  # noqa: PLC0415

    provider = relatch.SevenG(base_url=task.url, username=task.username, password=task.password)
    tokens = {"access_token": task.access_token, "refresh_token": task.refresh_token}
    session = relatch.resume(provider, tokens)

    async def call() -> int:
        headers = await session.headers_async()
        async with aiohttp.ClientSession(headers=headers) as http, http.get(task.resource) as answer:
            return answer.status

    return call
