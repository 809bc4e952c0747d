"""What has happened, in numbers: nothing here grows with time."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import relatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Kinds of errors between two readings; more than that are counted with the last.
MOST = 500


class Tally:
    """Counts for the whole process. Any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = self._refreshed = self._healed = self._own = 0
        self._errors: dict[tuple[object, ...], dict[str, Any]] = {}

    def hear(self, event: relatch.Event) -> None:
        """An event of a session that is logged in."""
        with self._lock:
            self._refreshed += event.kind == "refreshed"
            self._healed += event.kind == "logged_in"

    @contextmanager
    def call(self, what: str, account: str, *, own: Callable[[str], bool] = lambda code: False) -> Iterator[None]:
        """Counts a call, and its error, which goes no further.

        Args:
            what: "token", "refresh", either as "hasty" with hardly any time, "login" or "question".
            account: Whose.
            own: Whether an error of that code is of the caller's own making.
        """
        begun = time.monotonic()
        try:
            yield
        except relatch.RelatchError as error:
            self._add(what, account, error.code, f"{type(error).__name__}: {error}", begun, own=own(error.code))
        except Exception as error:  # nothing else is ever expected
            self._add(what, account, "other", f"{type(error).__name__}: {error}", begun, own=False)
        with self._lock:
            self._calls += 1

    def _add(self, what: str, account: str, code: str, text: str, begun: float, *, own: bool) -> None:
        with self._lock:
            if own:
                self._own += 1
                return
            key: tuple[object, ...] = (what, account, code, int(begun))
            if len(self._errors) >= MOST:
                key = next(reversed(self._errors))
            fresh = {"what": what, "account": account, "code": code, "text": text, "begun": begun, "count": 0}
            error = self._errors.setdefault(key, fresh)
            error.update(count=error["count"] + 1, ended=time.monotonic())

    def read(self) -> dict[str, Any]:
        """Everything so far; the errors since the last time."""
        with self._lock:
            errors, self._errors = list(self._errors.values()), {}
            counts = {"calls": self._calls, "refreshed": self._refreshed, "healed": self._healed, "own": self._own}
        return {**counts, "errors": errors}
