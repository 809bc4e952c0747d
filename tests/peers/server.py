"""The one server that all clients meet: an OAuth 2 token endpoint and the 7G paths, over the same rules.

Prints its address as one line of JSON. `run.py` starts it; the paths below /control are for the bench alone.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from aiohttp import web

from families import Account, Pair, ReusedError

if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds that every answer of the token endpoint takes, so that callers of the same moment meet.
LATENCY = 0.05
RETRY_AFTER = "3600"


class Server:
    """The accounts, and what answers for them."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._arrived: dict[str, asyncio.Event] = {}
        self._released: dict[str, asyncio.Event] = {}

    def application(self) -> web.Application:
        """The paths."""
        application = web.Application()
        application.add_routes(
            [
                web.post("/oauth/token", self._token_endpoint),
                web.post("/User/Login", self._log_in),
                web.post("/User/RefreshToken", self._refresh),
                web.get("/resource", self._resource),
                web.post("/control/accounts", self._add_account),
                web.get("/control/{name}", self._tell),
                web.get("/control/{name}/arrived", self._wait_for_refresh),
                web.post("/control/{name}/release", self._release),
                web.post("/control/{name}/mend", self._mend),
            ]
        )
        return application

    async def _token_endpoint(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form.get("grant_type") == "password":
            account = self._accounts[str(form["username"])]
            return await self._answer_login(account, str(form["password"]), _oauth)
        refresh_token = str(form.get("refresh_token", ""))
        refused = web.json_response({"error": "invalid_grant"}, status=400)
        return await self._answer_refresh(request, refresh_token, _oauth, refused)

    async def _log_in(self, request: web.Request) -> web.Response:
        body = await request.json()
        return await self._answer_login(self._accounts[body["username"]], body["password"], _seven_g)

    async def _refresh(self, request: web.Request) -> web.Response:
        body = await request.json()
        refused = web.json_response({"message": "Invalid refresh token"}, status=401)
        return await self._answer_refresh(request, body["refreshToken"], _seven_g, refused)

    async def _answer_login(
        self, account: Account, password: str, write: Callable[[Pair], dict[str, object]]
    ) -> web.Response:
        await asyncio.sleep(LATENCY)
        if password != account.password:
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response(write(account.log_in()))

    async def _answer_refresh(
        self,
        request: web.Request,
        refresh_token: str,
        write: Callable[[Pair], dict[str, object]],
        refused: web.Response,
    ) -> web.Response:
        account = self._accounts[refresh_token.partition(".")[0]]
        account.refreshes += 1
        fault = account.take_fault()
        # What is done is done when the request comes; only the answer takes its time.
        answer = refused
        if fault == "500":
            answer = web.json_response({"error": "server_error"}, status=500)
        elif fault == "429":
            answer = web.json_response({"error": "slow_down"}, status=429, headers={"Retry-After": RETRY_AFTER})
        else:
            try:
                answer = web.json_response(write(account.refresh(refresh_token)))
            except ReusedError:
                fault = ""
        self._arrived[account.name].set()
        await asyncio.sleep(LATENCY)
        await self._released[account.name].wait()
        if fault == "lost" and request.transport is not None:
            request.transport.abort()
        return answer

    async def _resource(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        admitted = any(account.admits(token) for account in self._accounts.values())
        return web.json_response({"admitted": admitted}, status=200 if admitted else 401)

    async def _add_account(self, request: web.Request) -> web.Response:
        """An account for one measurement; unless its client logs in by itself, with its first tokens."""
        settings = await request.json()
        holds_tokens = settings.pop("holds_tokens")
        account = Account(f"user{len(self._accounts)}", **settings)
        self._accounts[account.name] = account
        self._arrived[account.name] = asyncio.Event()
        self._released[account.name] = asyncio.Event()
        if not account.hold:
            self._released[account.name].set()
        tokens = asdict(account.log_in()) if holds_tokens else {}
        return web.json_response({"username": account.name, "password": account.password, **tokens})

    async def _tell(self, request: web.Request) -> web.Response:
        account = self._accounts[request.match_info["name"]]
        # The first login is how the measurement begins.
        found = {"refreshes": account.refreshes, "logins": account.logins - 1, "alive": account.is_alive()}
        return web.json_response(found)

    async def _wait_for_refresh(self, request: web.Request) -> web.Response:
        await self._arrived[request.match_info["name"]].wait()
        return web.json_response({})

    async def _release(self, request: web.Request) -> web.Response:
        self._released[request.match_info["name"]].set()
        return web.json_response({})

    async def _mend(self, request: web.Request) -> web.Response:
        """Nothing goes wrong from now on."""
        self._accounts[request.match_info["name"]].fault = ""
        return web.json_response({})


def _oauth(pair: Pair) -> dict[str, object]:
    return {**asdict(pair), "token_type": "Bearer"}


def _seven_g(pair: Pair) -> dict[str, object]:
    return {"accessToken": pair.access_token, "refreshToken": pair.refresh_token}


async def main() -> None:
    """Serves until it is killed."""
    runner = web.AppRunner(Server().application())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    host, port = runner.addresses[0][:2]
    print(json.dumps({"url": f"http://{host}:{port}"}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
