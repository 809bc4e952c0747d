"""Which errors are explained by what went wrong."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from served import Server
    from weather import Weather

# Seconds in which the lockout guard counts failed logins, with some for what is under way.
WINDOW = 610.0
# As many as that let the guard refuse another login.
FAILURES = 2
# Seconds for which that is known: the audit is long.
KNOWN = 60.0
SERVER_ERROR = 500
LOGIN_KINDS = ("login", "register")


class Judge:
    """Tells the errors that have a cause in the weather from those that have none."""

    def __init__(self, server: Server, weather: Weather) -> None:
        self._server = server
        self._weather = weather
        self.expected: Counter[str] = Counter()
        self.unexpected: Counter[str] = Counter()
        self.kinds: dict[str, Counter[str]] = {}
        self.examples: dict[str, str] = {}
        self._guards: dict[str, float] = {}

    def hear(self, member: str, errors: list[dict[str, Any]]) -> list[str]:
        """Judges errors of a program.

        Args:
            member: Which program.
            errors: `what` was called, by which `account`, from `begun` to `ended` on the monotonic clock, the `code`,
                the `text`, and how often (`count`).

        Returns:
            A line for each that nothing explains.
        """
        unexplained = []
        for error in errors:
            what, code, account = error["what"], error["code"], error["account"]
            if code == "lockout_guard":
                explained = self._guarded(account)
            else:
                explained = self._weather.explains(what, code, error["begun"], error["ended"])
            kind = self.expected if explained else self.unexpected
            kind[member] += error["count"]
            if explained:
                self.kinds.setdefault(member, Counter())[f"{what}: {code}"] += error["count"]
                self.examples.setdefault(f"{what}: {code}", error["text"])
            else:
                unexplained.append(f"{member} {what} {account}: {code}, {error['count']} times: {error['text']}")
        return unexplained

    def _guarded(self, account: str) -> bool:
        """Whether so many logins of the account have failed of late, or may have, that the next must not be sent."""
        now = time.monotonic()
        if now > self._guards.get(account, 0.0):
            lost = self._lost_logins()
            self._guards = {name: now + KNOWN for name, count in lost.items() if count >= FAILURES}
        return now <= self._guards.get(account, 0.0)

    def _lost_logins(self) -> Counter[str]:
        """How many logins of each account have failed of late, or may have."""
        now, monotonic = time.time(), time.monotonic()
        lost: Counter[str] = Counter()
        for entry in self._server.control("audit"):
            age = now - entry["at"]
            if entry["kind"] not in LOGIN_KINDS or age > WINDOW:
                continue
            status = entry["status"]
            spoilt = entry["fault"] not in {None, "delay"} or status is None or status >= SERVER_ERROR
            if spoilt or self._weather.was_down(monotonic - age):
                lost[entry["username"]] += 1
        return lost
