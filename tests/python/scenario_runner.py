"""Carries out a scenario of ``tests/scenarios``, whose README says what each word means."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyotp

import relatch
from relatch.testing import USER_ID
from scenario_expect import Yield, check_error, check_result
from scenario_provider import Providers, newest_otp
from support import LIMIT, Heard, call_account, call_balance, new_sandbox, retire

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from scenario_calls import Calls

FOLDER = Path(__file__).parent.parent / "scenarios"
LANGUAGE = "python"

Step = dict[str, Any]


def scenarios() -> dict[str, dict[str, Any]]:
    """The scenarios that this language can carry out, by name."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.json"))}
    read = {name: json.loads(text) for name, text in texts.items()}
    assert all(name == scenario["name"] for name, scenario in read.items())
    return {name: scenario for name, scenario in read.items() if LANGUAGE in scenario.get("languages", [LANGUAGE])}


class Runner:
    """One run of one scenario."""

    def __init__(self, scenario: dict[str, Any], calls: Calls) -> None:
        self._scenario = scenario
        self._calls = calls
        self._begun, self._advanced = time.monotonic(), 0.0
        self._sandbox = new_sandbox(scenario.get("sandbox"))
        self._sessions: dict[str, relatch.Session] = {}
        self._heard: dict[str, Heard] = {}
        self._challenges: dict[str, relatch.Challenge] = {}
        self._saved: dict[str, str] = {}
        self._providers = Providers(self._sandbox, calls, self._saved)
        self._started: dict[str, list[asyncio.Task[Any]]] = {}

    async def run(self) -> None:
        """Does the steps and checks what must hold at the end."""
        try:
            for step in self._scenario["steps"]:
                await getattr(self, f"_do_{step['do']}")(step)
            await self._check_end(self._scenario["expect"])
        finally:
            for task in [task for tasks in self._started.values() for task in tasks]:
                task.cancel()
            retire(self._sandbox)

    # Calls

    async def _do_resume(self, step: Step) -> None:
        async def resume() -> Yield:
            session = relatch.resume(self._provider(step), self._tokens(step), **self._options(step))
            self._adopt(step, session)
            return {}

        await self._expect([resume()], step)

    async def _do_call(self, step: Step) -> None:
        headers = await self._calls.call(self._session(step), "headers")
        call = call_account if self._is_seven_g() else call_balance
        status = await asyncio.to_thread(call, self._sandbox, headers)
        assert status == step.get("expect", {}).get("status", 200)

    async def _do_profile(self, step: Step) -> None:
        check_result({"profile": self._session(step).profile}, step["expect"], self._saved)

    async def _do_one(self, step: Step) -> None:
        await self._expect(self._many(step, step["do"]), step)

    _do_login = _do_refresh_tokens = _do_token = _do_refresh = _do_report_unauthorized = _do_headers = _do_one
    _do_logout = _do_begin = _do_complete = _do_validate = _do_feed = _do_account = _do_one

    async def _do_start(self, step: Step) -> None:
        calls = self._many(step, step["call"])
        self._started[step["as"]] = [asyncio.create_task(call) for call in calls]
        # A task makes its call when it first runs, which is before this one goes on.
        await asyncio.sleep(0)

    async def _do_cancel(self, step: Step) -> None:
        tasks = self._started[step["as"]]
        count = {"first": 1, "all": len(tasks)}[step["which"]]
        self._started[step["as"]] = tasks[count:]
        for task in tasks[:count]:
            task.cancel()
        results = await asyncio.gather(*tasks[:count], return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results)

    async def _do_join(self, step: Step) -> None:
        await self._expect(self._started.pop(step["as"]), step)

    # The sandbox

    async def _do_sandbox(self, step: Step) -> None:
        self._sandbox.control(step["control"], **step.get("body", {}))

    async def _do_advance(self, step: Step) -> None:
        self._advanced += step["seconds"]
        self._sandbox.advance(step["seconds"])

    async def _do_wait_count(self, step: Step) -> None:
        await asyncio.to_thread(self._sandbox.wait_for, step["what"], step["at_least"])

    async def _do_wait_event(self, step: Step) -> None:
        heard = self._heard[step.get("session", "main")]
        await asyncio.to_thread(heard.wait_for, step.get("times", 1), step["kind"])

    async def _do_check(self, step: Step) -> None:
        if "state" in step:
            assert self._session(step).state == step["state"]
        self._check_counts(step.get("counts", {}))

    # What they are made of

    def _session(self, step: Step) -> relatch.Session:
        return self._sessions[step.get("session", "main")]

    def _is_seven_g(self) -> bool:
        return bool(self._scenario["provider"]["system"] == "7g")

    def _given(self, step: Step) -> dict[str, Any]:
        merged = {**self._scenario["provider"], **step.get("provider", {})}
        return {name: value for name, value in merged.items() if value is not None}

    def _provider(self, step: Step) -> relatch.Provider:
        return self._providers.make(self._given(step))

    def _options(self, step: Step) -> dict[str, Any]:
        return {**self._scenario.get("options", {}), **step.get("options", {})}

    def _tokens(self, step: Step) -> Any:
        return self._sessions[step["from"]].tokens if "from" in step else step["tokens"]

    def _adopt(self, step: Step, session: relatch.Session) -> None:
        name = step.get("session", "main")
        self._sessions[name], self._heard[name] = session, Heard(session)

    def _many(self, step: Step, call: str) -> list[Coroutine[Any, Any, Yield]]:
        return [getattr(self, f"_{call}")(step) for _ in range(step.get("many", 1))]

    async def _login(self, step: Step) -> Yield:
        self._adopt(step, await self._calls.call(relatch, "login", self._provider(step), **self._options(step)))
        return {}

    async def _begin(self, step: Step) -> Yield:
        challenge = await self._calls.call(relatch, "begin", self._provider(step), **self._options(step))
        self._challenges[step.get("challenge", "main")] = challenge
        return {"methods": list(challenge.methods)}

    async def _complete(self, step: Step) -> Yield:
        challenge = self._challenges[step.get("challenge", "main")]
        (kind,) = {"totp", "otp", "fingerprint", "pan"} & set(step)
        value = self._value(step[kind])
        if kind == "totp" and value == "right":
            value = self._sandbox.totp(user_id=self._scenario["provider"].get("user_id", USER_ID))
        if kind == "pan":
            # Not among the arguments of the public call.
            session = relatch.Session(await self._calls.call(challenge, "_complete", kind, value))
        else:
            session = await self._calls.call(challenge, "complete", **{kind: value})
        self._adopt(step, session)
        return {}

    async def _refresh_tokens(self, step: Step) -> Yield:
        arguments = (self._provider(step), self._tokens(step))
        tokens = await self._calls.call(relatch, "refresh", *arguments, **self._options(step))
        return {"token": tokens.access_token}

    async def _token(self, step: Step) -> Yield:
        return {"token": await self._calls.call(self._session(step), "token", timeout=step.get("timeout"))}

    async def _refresh(self, step: Step) -> Yield:
        return {"token": (await self._calls.call(self._session(step), "refresh")).access_token}

    async def _report_unauthorized(self, step: Step) -> Yield:
        refused = self._saved[step["token"]]
        return {"token": await self._calls.call(self._session(step), "report_unauthorized", refused)}

    async def _headers(self, step: Step) -> Yield:
        session = self._session(step)
        headers = await self._calls.call(session, "headers")
        tokens = session.tokens
        assert tokens is not None
        given = self._scenario["provider"]
        prefix = "Bearer " if given.get("bearer") or not self._is_seven_g() else ""
        assert headers["Authorization"] == prefix + tokens.access_token
        assert headers.get("Version") == ("2.0" if self._is_seven_g() else None)
        return {"token": tokens.access_token}

    async def _validate(self, step: Step) -> Yield:
        return {"valid": await self._calls.call(self._session(step), "validate")}

    async def _feed(self, step: Step) -> Yield:
        feed = await self._calls.call(self._session(step), "feed")
        return {"token": feed.token, "url": feed.url is not None}

    async def _logout(self, step: Step) -> Yield:
        await self._calls.call(self._session(step), "logout")
        return {}

    async def _account(self, step: Step) -> Yield:
        account = self._providers.account(self._given(step))
        arguments = {name: self._value(value) for name, value in step.get("arguments", {}).items()}
        session = self._sessions.get(step.get("session", "main"))
        # By the one call that all methods make: scenarios know of methods that are none.
        result = await self._calls.call(account, "_call", step["operation"], arguments, session)
        return {"result": result, "token": result.get("secret")}

    def _value(self, given: Any) -> str:
        if isinstance(given, str):
            return given
        ((word, name),) = given.items()
        if word == "outbox":
            return newest_otp(self._sandbox)
        if word == "saved":
            return self._saved[name]
        assert word == "code_of"
        starts_at = self._scenario["sandbox"]["starts_at"]
        seconds = starts_at + self._advanced + time.monotonic() - self._begun
        return pyotp.TOTP(self._saved[name]).at(int(seconds))

    # What is expected

    async def _expect(self, calls: list[Any], step: Step) -> None:
        outcomes = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), LIMIT)
        expected = step.get("expect", {})
        if "error" in expected:
            for outcome in outcomes:
                check_error(outcome, expected)
            if "challenge" in expected:
                (outcome,) = outcomes
                assert isinstance(outcome, relatch.SecondFactorRequired)
                assert outcome.challenge is not None
                self._challenges[expected["challenge"]] = outcome.challenge
            return
        results: list[Yield] = []
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
            results.append(outcome)
        assert all(result == results[0] for result in results)
        check_result(results[0], expected, self._saved)
        if "save" in step:
            self._saved[step["save"]] = results[0]["token"]

    def _check_counts(self, expected: dict[str, int]) -> None:
        counts = self._sandbox.counts()
        assert {name: counts[name] for name in expected} == expected

    async def _check_end(self, expected: dict[str, Any]) -> None:
        if "events" in expected:
            events = await asyncio.to_thread(self._heard["main"].wait_for, len(expected["events"]))
            assert [event.kind for event in events] == expected["events"]
        if "state" in expected:
            assert self._sessions["main"].state == expected["state"]
        assert "asked" not in expected or self._providers.asked == expected["asked"]
        assert {"login", "refresh"} <= set(expected["counts"])
        self._check_counts(expected["counts"])
        wanted = expected.get("audit", [])
        seen = self._sandbox.audit()[-len(wanted) :] if wanted else []
        assert [{name: entry.get(name) for name in want} for entry, want in zip(seen, wanted, strict=True)] == wanted
