"""What goes wrong at the server, when, and which errors that explains. All of it follows from one seed."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from served import Server

# Seconds for which trouble goes on to show after it has ended: an answer that is late, a pause before the next try.
AFTERMATH = 4.0
# Episodes that are remembered: those of some minutes, longer than any call takes.
REMEMBERED = 200

Fault = dict[str, Any]


@dataclass
class Episode:
    """Some seconds of trouble.

    Attributes:
        name: What it is.
        explains: The error codes that callers may get because of it, by what they called.
        faults: What the sandbox is told.
        cuts: Whether the server is down meanwhile.
    """

    name: str
    explains: dict[str, frozenset[str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    cuts: bool = False
    begun: float = 0.0
    ended: float = float("inf")

    def overlaps(self, begun: float, ended: float) -> bool:
        """Whether it can have had a part in a call of that time."""
        return self.begun <= ended and begun <= self.ended + AFTERMATH


def _lost(random: Random, on: str) -> Fault:
    """An exchange of which the caller cannot know whether the server has acted."""
    kinds: list[Fault] = [
        {"fault": "drop"},
        {"fault": "half"},
        {"fault": "garbage"},
        {"fault": "answer", "status": 500, "body": "{}"},
    ]
    return {"on": on, "when": random.choice(["before", "after"]), **random.choice(kinds)}


def _busy(random: Random, on: str) -> Fault:
    status = random.choice([429, 503])
    return {"on": on, "fault": "answer", "status": status, "body": "{}", "retry_after": 1}


def _lost_refreshes(random: Random) -> Episode:
    # Healed by a login within the call: nobody notices.
    return Episode("refreshes lost", faults=[{**_lost(random, "refresh"), "times": random.randint(1, 6)}])


def _busy_refreshes(random: Random) -> Episode:
    # Callers of a token wait, or go on with the one that they have. Who has no time for that is told, and who wants new
    # tokens while the old ones are good.
    told = dict.fromkeys(("hasty", "refresh"), frozenset({"rate_limited"}))
    return Episode("refreshes busy", told, faults=[{**_busy(random, "refresh"), "times": random.randint(1, 20)}])


def _slow(random: Random) -> Episode:
    on = random.choice(["refresh", "login", "register", "any"])
    delay = {
        "on": on,
        "fault": "delay",
        "seconds": random.uniform(0.1, 1.5),
        "when": random.choice(["before", "after"]),
    }
    return Episode("slow", faults=[{**delay, "times": random.randint(1, 20)}])


def _busy_logins(random: Random) -> Episode:
    # A login that is told to wait is not repeated by itself.
    return Episode(
        "logins busy",
        dict.fromkeys(("token", "refresh", "hasty", "login"), frozenset({"rate_limited"})),
        [{**_lost(random, "refresh"), "times": 2}, {**_busy(random, "login"), "times": random.randint(1, 2)}],
    )


def _lost_logins(random: Random) -> Episode:
    codes = frozenset({"transport", "protocol"})
    return Episode(
        "logins lost",
        dict.fromkeys(("token", "refresh", "hasty", "login"), codes),
        [{**_lost(random, "refresh"), "times": 1}, {**_lost(random, "login"), "times": 1}],
    )


def _down(random: Random) -> Episode:
    del random
    # Tokens end meanwhile; logins that were under way are lost.
    codes = frozenset({"transport", "timeout", "protocol"})
    return Episode("down", dict.fromkeys(("token", "refresh", "hasty", "login", "question"), codes), cuts=True)


def _questions(random: Random) -> Episode:
    faults = [
        {**random.choice([_lost, _busy])(random, on), "times": 3} for on in ("lookup", "health", "validate", "logout")
    ]
    return Episode("questions", {"question": frozenset({"transport", "protocol", "rate_limited"})}, faults)


def _revoked(random: Random) -> Episode:
    del random
    return Episode("sessions revoked")


# How often each comes, in relation to the others.
KINDS: list[tuple[int, Callable[[Random], Episode]]] = [
    (6, _lost_refreshes),
    (6, _busy_refreshes),
    (5, _slow),
    (2, _busy_logins),
    (1, _lost_logins),
    (2, _down),
    (3, _questions),
    (4, _revoked),
]


class Weather:
    """Makes trouble in a thread of its own, until it is told to stop."""

    def __init__(self, server: Server, names: list[str], seed: int) -> None:
        self._server = server
        self._names = names
        self._random = Random(seed)  # noqa: S311  # not for secrets
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._episodes: list[Episode] = []
        self.counts: dict[str, int] = {}
        self._thread = threading.Thread(target=self._run, name="weather")
        self._failure: Exception | None = None

    def begin(self) -> None:
        """From now on there is trouble."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the episode that is under way, and returns when the server is well.

        Raises:
            RuntimeError: There was no more trouble, because the sandbox would not be told of it.
        """
        self._stop.set()
        self._thread.join()
        if self._failure:
            raise RuntimeError("the trouble ended early") from self._failure

    def explains(self, what: str, code: str, begun: float, ended: float) -> bool:
        """Whether what went wrong in that time explains that error of such a call."""
        with self._lock:
            return any(
                code in episode.explains.get(what, ()) for episode in self._episodes if episode.overlaps(begun, ended)
            )

    def was_down(self, at: float) -> bool:
        """Whether connections were cut at that time, on the monotonic clock."""
        with self._lock:
            return any(episode.cuts and episode.overlaps(at, at) for episode in self._episodes)

    def _run(self) -> None:
        try:
            self._make_trouble()
        except (OSError, ValueError) as error:
            self._failure = error

    def _make_trouble(self) -> None:
        weights = [weight for weight, _ in KINDS]
        while not self._stop.wait(self._random.uniform(1, 5)):
            _, kind = self._random.choices(KINDS, weights)[0]
            episode = kind(self._random)
            episode.begun = time.monotonic()
            with self._lock:
                self._episodes = [*self._episodes[-REMEMBERED:], episode]
            self.counts[episode.name] = self.counts.get(episode.name, 0) + 1
            self._make(episode)
            episode.ended = time.monotonic()

    def _make(self, episode: Episode) -> None:
        if episode.name == "sessions revoked":
            for name in self._random.sample(self._names, 3):
                self._server.control("revoke", username=name, what=self._random.choice(["session", "access"]))
            return
        if episode.cuts:
            self._server.control("down")
            self._stop.wait(self._random.uniform(0.2, 2.0))
            self._server.control("up")
            return
        for fault in episode.faults:
            self._server.control("fault", **fault)
        self._stop.wait(self._random.uniform(1.0, 3.0))
        self._server.control("clear_faults")
