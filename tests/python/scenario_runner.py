"""Carries out a scenario of ``tests/scenarios``, whose README says what each word means."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import relatch
from relatch._errors import CLASSES
from support import LIMIT, Heard, call_account, new_sandbox, retire

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
        self._sandbox = new_sandbox(scenario.get("sandbox"))
        self._sessions: dict[str, relatch.Session] = {}
        self._heard: dict[str, Heard] = {}
        self._bearer: dict[str, bool] = {}
        self._saved: dict[str, str] = {}
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

    async def _do_login(self, step: Step) -> None:
        await self._expect([self._login(step)], step)

    async def _do_resume(self, step: Step) -> None:
        async def resume() -> None:
            session = relatch.resume(self._provider(step), self._tokens(step), **self._options(step))
            self._adopt(step, session)

        await self._expect([resume()], step)

    async def _do_refresh_tokens(self, step: Step) -> None:
        async def refresh() -> str:
            provider, options = self._provider(step), self._options(step)
            return (await self._calls.refresh_tokens(provider, self._tokens(step), options)).access_token

        await self._expect([refresh()], step)

    async def _do_token(self, step: Step) -> None:
        await self._expect(self._many(step, "token"), step)

    async def _do_refresh(self, step: Step) -> None:
        await self._expect(self._many(step, "refresh"), step)

    async def _do_report_unauthorized(self, step: Step) -> None:
        await self._expect(self._many(step, "report_unauthorized"), step)

    async def _do_headers(self, step: Step) -> None:
        async def headers() -> None:
            name = step.get("session", "main")
            headers = await self._calls.headers(self._sessions[name])
            tokens = self._sessions[name].tokens
            assert tokens is not None
            prefix = "Bearer " if self._bearer[name] else ""
            assert headers == {"Authorization": prefix + tokens.access_token, "Version": "2.0"}

        await self._expect([headers()], step)

    async def _do_call(self, step: Step) -> None:
        headers = await self._calls.headers(self._session(step))
        status = await asyncio.to_thread(call_account, self._sandbox, headers)
        assert status == step.get("expect", {}).get("status", 200)

    async def _do_logout(self, step: Step) -> None:
        await self._calls.logout(self._session(step))

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

    def _merged_provider(self, step: Step) -> dict[str, Any]:
        merged = {**self._scenario["provider"], **step.get("provider", {})}
        assert merged.pop("system") == "7g"
        return merged

    def _provider(self, step: Step) -> relatch.SevenG:
        return self._sandbox.seven_g(**self._merged_provider(step))

    def _options(self, step: Step) -> dict[str, Any]:
        return {**self._scenario.get("options", {}), **step.get("options", {})}

    def _tokens(self, step: Step) -> Any:
        return self._sessions[step["from"]].tokens if "from" in step else step["tokens"]

    def _adopt(self, step: Step, session: relatch.Session) -> None:
        name = step.get("session", "main")
        self._sessions[name], self._heard[name] = session, Heard(session)
        self._bearer[name] = self._merged_provider(step).get("bearer", False)

    async def _login(self, step: Step) -> None:
        self._adopt(step, await self._calls.login(self._provider(step), self._options(step)))

    def _many(self, step: Step, call: str) -> list[Coroutine[Any, Any, str | None]]:
        return [self._one(step, call) for _ in range(step.get("many", 1))]

    async def _one(self, step: Step, call: str) -> str | None:
        if call == "login":
            await self._login(step)
            return None
        session = self._session(step)
        if call == "refresh":
            return (await self._calls.refresh(session)).access_token
        if call == "report_unauthorized":
            return await self._calls.report_unauthorized(session, self._saved[step["token"]])
        assert call == "token"
        return await self._calls.token(session, step.get("timeout"))

    # What is expected

    async def _expect(self, calls: list[Any], step: Step) -> None:
        outcomes = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), LIMIT)
        expected = step.get("expect", {})
        if "error" in expected:
            for outcome in outcomes:
                check_error(outcome, expected)
            return
        results: list[Any] = []
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
            results.append(outcome)
        (result,) = set(results)
        if "same_as" in expected:
            assert result == self._saved[expected["same_as"]]
        if "differs_from" in expected:
            assert result != self._saved[expected["differs_from"]]
        if "save" in step:
            self._saved[step["save"]] = result

    def _check_counts(self, expected: dict[str, int]) -> None:
        counts = self._sandbox.counts()
        assert {name: counts[name] for name in expected} == expected

    async def _check_end(self, expected: dict[str, Any]) -> None:
        if "events" in expected:
            events = await asyncio.to_thread(self._heard["main"].wait_for, len(expected["events"]))
            assert [event.kind for event in events] == expected["events"]
        if "state" in expected:
            assert self._sessions["main"].state == expected["state"]
        assert {"login", "refresh"} <= set(expected["counts"])
        self._check_counts(expected["counts"])
        wanted = expected.get("audit", [])
        seen = self._sandbox.audit()[-len(wanted) :] if wanted else []
        assert [{name: entry[name] for name in want} for entry, want in zip(seen, wanted, strict=True)] == wanted


def check_error(outcome: object, expected: dict[str, Any]) -> None:
    """Compares an error with what a scenario expects of it."""
    assert isinstance(outcome, relatch.RelatchError), f"{outcome!r} instead of {expected}"
    assert outcome.code == expected["error"], f"{outcome!r} instead of {expected}"
    assert type(outcome) is CLASSES[outcome.code]
    for name in ("cause", "field", "status", "sent"):
        assert name not in expected or getattr(outcome, name) == expected[name]
    assert not expected.get("retry_at") or outcome.retry_at is not None
