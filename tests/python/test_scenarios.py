"""Every scenario of ``tests/scenarios``, by asyncio tasks and by blocking calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from scenario_calls import TaskCalls, ThreadCalls
from scenario_runner import FOLDER, LANGUAGE, Runner, scenarios

if TYPE_CHECKING:
    from scenario_calls import Calls

SCENARIOS = scenarios()


def suits_threads(step: dict[str, Any]) -> bool:
    """Whether blocking calls come to the same.

    A thread that was started may not have made its call yet, a blocking call can only be given up by a signal, and a
    refresh that a thread asks for too late is one of its own.
    """
    return step["do"] != "start" and (step["do"] != "refresh" or "many" not in step)


FOR_THREADS = [name for name, scenario in SCENARIOS.items() if all(map(suits_threads, scenario["steps"]))]

ran: set[str] = set()


async def run(name: str, calls: Calls) -> None:
    try:
        await Runner(SCENARIOS[name], calls).run()
    finally:
        calls.close()


@pytest.mark.parametrize("name", SCENARIOS)
async def test_tasks(name: str) -> None:
    ran.add(name)
    await run(name, TaskCalls())


@pytest.mark.parametrize("name", FOR_THREADS)
async def test_threads(name: str) -> None:
    await run(name, ThreadCalls())


def test_all_scenarios_ran(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("keyword") or any("::" in argument for argument in request.config.args):
        pytest.skip("only some tests were asked for")
    files: dict[str, Any] = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")}
    assert ran == {name for name, file in files.items() if LANGUAGE in file.get("languages", [LANGUAGE])}
    assert len(ran) > 0
