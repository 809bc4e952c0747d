"""What a careful Python programmer writes without relatch, for threads: requests with keep-alive, and a lock.

The lock is held while the token is checked, so that of many threads one refreshes and the others wait for it.
"""

from __future__ import annotations

import base64
import json
import threading
import time

import requests
from requests.adapters import HTTPAdapter

# Seconds: refresh when less than this is left; give up on an exchange.
MARGIN = 30
TIMEOUT = 15


def http_client(connections: int) -> requests.Session:
    """The pool that all sessions share."""
    http = requests.Session()
    adapter = HTTPAdapter(pool_maxsize=connections)
    http.mount("http://", adapter)
    http.mount("https://", adapter)
    http.headers["Version"] = "2.0"
    return http


class Session:
    """A session that refreshes itself when it is used, from any thread."""

    # Ten thousand of them are to fit: no dictionary for each.
    __slots__ = ("_access_token", "_base_url", "_http", "_lock", "_refresh_token", "_stale_at")

    def __init__(self, http: requests.Session, base_url: str, username: str, password: str) -> None:
        self._http = http
        self._base_url = base_url
        self._lock = threading.Lock()
        self._adopt(self._post("/User/Login", {"username": username, "password": password}))

    def token(self) -> str:
        """A token with at least 30 seconds to live."""
        with self._lock:
            if time.monotonic() >= self._stale_at:
                self._rotate()
            return self._access_token

    def headers(self) -> dict[str, str]:
        """The headers that authorise a request."""
        return {"Authorization": self.token(), "Version": "2.0"}

    def refresh(self) -> str:
        """Rotates the tokens now."""
        with self._lock:
            self._rotate()
            return self._access_token

    def _rotate(self) -> None:
        body = {"refreshToken": self._refresh_token}
        self._adopt(self._post("/User/RefreshToken", body, {"Authorization": self._access_token}))

    def _post(self, path: str, body: dict[str, str], headers: dict[str, str] | None = None) -> dict[str, str]:
        answer = self._http.post(self._base_url + path, json=body, headers=headers, timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json()

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
