"""What a careful Python programmer writes without relatch, for asyncio: aiohttp with keep-alive, and a lock.

A fresh token is handed out without the lock: nothing else runs between the check and the return. The lock is for
the callers that find the token stale, so that one of them refreshes and the others wait for it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time

import aiohttp

# Seconds: refresh when less than this is left; give up on an exchange.
MARGIN = 30
TIMEOUT = 15


def http_client(connections: int) -> aiohttp.ClientSession:
    """The pool that all sessions share; to be made, used and closed in one event loop."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections),
        headers={"Version": "2.0"},
        timeout=aiohttp.ClientTimeout(total=TIMEOUT),
        raise_for_status=True,
    )


class Session:
    """A session that refreshes itself when it is used, from one event loop."""

    # Ten thousand of them are to fit: no dictionary for each.
    __slots__ = ("_access_token", "_base_url", "_http", "_lock", "_refresh_token", "_stale_at")

    def __init__(self, http: aiohttp.ClientSession, base_url: str) -> None:
        self._http = http
        self._base_url = base_url
        self._lock = asyncio.Lock()

    @classmethod
    async def log_in(cls, http: aiohttp.ClientSession, base_url: str, username: str, password: str) -> Session:
        """A session of this user."""
        session = cls(http, base_url)
        session._adopt(await session._post("/User/Login", {"username": username, "password": password}))
        return session

    async def token(self) -> str:
        """A token with at least 30 seconds to live."""
        if time.monotonic() < self._stale_at:
            return self._access_token
        async with self._lock:
            # Somebody else may have been quicker.
            if time.monotonic() >= self._stale_at:
                await self._rotate()
            return self._access_token

    async def headers(self) -> dict[str, str]:
        """The headers that authorise a request."""
        return {"Authorization": await self.token(), "Version": "2.0"}

    async def refresh(self) -> str:
        """Rotates the tokens now."""
        async with self._lock:
            await self._rotate()
            return self._access_token

    async def _rotate(self) -> None:
        body = {"refreshToken": self._refresh_token}
        self._adopt(await self._post("/User/RefreshToken", body, {"Authorization": self._access_token}))

    async def _post(self, path: str, body: dict[str, str], headers: dict[str, str] | None = None) -> dict[str, str]:
        async with self._http.post(self._base_url + path, json=body, headers=headers) as answer:
            return await answer.json()

    def _adopt(self, answer: dict[str, str]) -> None:
        # The wall clock is read once; from then on a clock that nobody can set decides.
        left = expiry(answer["accessToken"]) - time.time() - MARGIN
        self._access_token = answer["accessToken"]
        self._refresh_token = answer["refreshToken"]
        self._stale_at = time.monotonic() + left


def expiry(access_token: str) -> int:
    """The JWT's ``exp``, in seconds since 1970."""
    payload = access_token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"]
