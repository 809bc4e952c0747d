"""The Python side of `make soak`: threads and asyncio tasks use the same sessions, until the input ends."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from random import Random
from typing import Any

import process
import relatch
from seat import Seat
from tally import Tally

# Sessions of the one account that has several.
SHARED = 4
TASKS = 3


def seats(task: dict[str, Any], tally: Tally) -> list[Seat]:
    """All users, those of one account with several sessions among them."""
    password = task["password"]
    made = [
        Seat(name, relatch.SevenG(base_url=task["url"], username=name, password=password), tally)
        for name in [*task["names"], *[task["shared"]] * SHARED]
    ]
    made += [
        Seat(
            user,
            relatch.Synapsewave(
                base_url=task["synapsewave"],
                user_id=user,
                api_key=task["apiKey"],
                password=password,
                second_factor=relatch.Totp(task["totpSecret"]),
            ),
            tally,
        )
        for user in task["users"]
    ]
    return made


def answer(tally: Tally) -> None:
    """Says how it is."""
    extra = {"threads": process.count("task"), "descriptors": process.count("fd")}
    reading = {**tally.read(), "extra": extra, "memory": process.memory()}
    sys.stdout.write(json.dumps(reading) + "\n")
    sys.stdout.flush()


async def run(task: dict[str, Any]) -> None:
    """Uses the sessions until the input ends; each line of it asks for a reading."""
    tally, loop = Tally(), asyncio.get_running_loop()
    stop, stop_threads = asyncio.Event(), threading.Event()
    everybody = seats(task, tally)
    await asyncio.gather(*(seat.log_in() for seat in everybody))
    numbers = iter(range(task["seed"] * 10_000, (task["seed"] + 1) * 10_000))
    threads = [
        threading.Thread(target=seat.use_in_thread, args=(Random(next(numbers)), stop_threads))  # noqa: S311
        for seat in everybody
    ]
    for thread in threads:
        thread.start()
    tasks = [asyncio.create_task(seat.mind(Random(next(numbers)), stop)) for seat in everybody]  # noqa: S311
    for seat in everybody * TASKS:
        tasks.append(asyncio.create_task(seat.use(Random(next(numbers)), stop)))  # noqa: S311, PERF401
    while await loop.run_in_executor(None, sys.stdin.readline):
        answer(tally)
    stop.set()
    stop_threads.set()
    await asyncio.gather(*tasks)
    for thread in threads:
        await loop.run_in_executor(None, thread.join)


if __name__ == "__main__":
    asyncio.run(run(json.loads(sys.argv[1])))
