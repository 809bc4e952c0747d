"""What is measured, against whom, and what the goal is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["Rust", "Python", "Node"]


@dataclass(frozen=True)
class Goal:
    """The most that a figure may be."""

    most: float
    # Of the hand-written client's figure, or in the figure's own unit.
    relative: bool

    def is_met(self, value: float, ratio: float) -> bool:
        """Whether a figure, and its ratio to the hand-written client's, reach the goal."""
        return (ratio if self.relative else value) <= self.most


@dataclass(frozen=True)
class Figure:
    """One measurement, of relatch and of the client that it is compared with."""

    title: str
    language: Language
    measure: str
    # The hand-written client, by the library that it uses.
    rival: str
    unit: str
    goal: Goal | None
    rounds: int
    seconds: float = 1.0
    concurrency: int = 1
    count: int = 1

    @property
    def name(self) -> str:
        """What it is called in the table."""
        return f"{self.language}: {self.title}"


HALF = Goal(0.5, relative=True)
LIBRARIES: tuple[tuple[Language, str, str, Goal | None], ...] = (
    ("Rust", "", "reqwest", Goal(1.05, relative=True)),
    ("Python", "", "requests", Goal(0.2, relative=True)),
    ("Python", "async_", "aiohttp", None),
    ("Node", "", "fetch", Goal(0.4, relative=True)),
)


def fresh_tokens() -> list[Figure]:
    """Handing out a token that is fresh."""
    fifty = Goal(50, relative=False)

    def figure(title: str, language: Language, measure: str, rival: str, goal: Goal) -> Figure:
        return Figure(title, language, measure, rival, "ns", goal, rounds=7, seconds=0.3)

    return [
        figure("token().await", "Rust", "token", "reqwest", fifty),
        figure("fresh_token()", "Rust", "fresh_token", "reqwest", fifty),
        figure("token()", "Python", "token", "requests", HALF),
        figure("await token_async()", "Python", "async_token", "aiohttp", HALF),
        figure("headers()", "Python", "headers", "requests", HALF),
        figure("await token()", "Node", "token", "fetch", HALF),
    ]


def exchanges() -> list[Figure]:
    """Processor time of the client's process for one exchange with the server."""
    figures = []
    for language, prefix, rival, goal in LIBRARIES:
        for exchange in ("login", "refresh"):
            for concurrency in (1, 64):
                figure = Figure(
                    title=f"{prefix and 'async '}{exchange}, {concurrency} at a time",
                    language=language,
                    measure=prefix + exchange,
                    rival=rival,
                    unit="us CPU",
                    goal=goal,
                    rounds=3,
                    concurrency=concurrency,
                )
                figures.append(figure)
    return figures


def waiters() -> list[Figure]:
    """From the moment the server sends the answer until the last of 1000 callers has its token."""
    return [
        Figure(
            title=f"1000 {'threads' if rival == 'requests' else 'tasks'} beyond the answer",
            language=language,
            measure=f"{prefix}waiters",
            rival=rival,
            unit="ms",
            goal=None,
            rounds=5,
            count=1000,
        )
        for language, prefix, rival, _goal in LIBRARIES
    ]


def sessions() -> list[Figure]:
    """Memory of a session, its tokens included."""
    return [
        Figure(
            title="one of 10,000 sessions",
            language=language,
            measure="memory",
            rival=rival,
            unit="bytes",
            goal=Goal(1000, relative=False),
            rounds=2,
            concurrency=16,
            count=10_000,
        )
        for language, prefix, rival, _goal in LIBRARIES
        if not prefix
    ]
