"""What the clients are put into, and what relatch has to show there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["threads", "asyncio", "node", "rust"]

EXPIRED = -60
# A client's own margin decides whether it wants a new token in this time.
NEARLY = 20
# relatch sizes its margins by the lifetime of the token: so its token has another one, and is used when less is left.
NEARLY_OF_RELATCH = 20
LEFT_OF_RELATCH = 4.5
FULL = 1200
ALL: tuple[Kind, ...] = ("threads", "asyncio", "node", "rust")


@dataclass(frozen=True)
class Situation:
    """One column of the table."""

    name: str
    heading: str
    # What the reader is told about it.
    explanation: str
    callers: int = 8
    in_sequence: bool = False
    # Seconds that the first tokens live, those of the first refresh, and so on.
    lifetimes: tuple[int, ...] = (EXPIRED, FULL)
    fault: str = ""
    times: int = -1
    hold: bool = False
    kinds: tuple[Kind, ...] = ALL
    # What relatch has to show.
    refreshes: int = 1
    failed: int = 0
    # Logins at most, besides the one that everything begins with.
    logins: int = 0


SITUATIONS = (
    Situation("callers_8", "8 callers", "8 callers at once; the token has expired; nothing goes wrong."),
    Situation("callers_100", "100 callers", "The same with 100 callers.", callers=100),
    Situation(
        "cancelled",
        "first caller cancelled",
        "8 callers at once; the first is cancelled while its refresh is at the server. It is not counted among the "
        "failed. Where a call takes no signal (Node), its caller stops waiting for it. Threads cannot be cancelled.",
        hold=True,
        kinds=("asyncio", "node", "rust"),
    ),
    Situation(
        "lost",
        "answer lost",
        "One caller; the server rotates the tokens and closes the connection without an answer.",
        callers=1,
        fault="lost",
        times=1,
        logins=1,
    ),
    Situation(
        "error_once",
        "one 500",
        "8 callers at once; the token is good for another 20 seconds; the first refresh is answered with 500. 0 "
        "refreshes: the client does not look for a new token that early.",
        lifetimes=(NEARLY, FULL),
        fault="500",
        times=1,
        logins=1,
    ),
    Situation(
        "error_always",
        "only 500",
        "50 calls in sequence; the token is good for another 20 seconds; every refresh is answered with 500.",
        callers=50,
        in_sequence=True,
        lifetimes=(NEARLY, FULL),
        fault="500",
        logins=1,
    ),
    Situation(
        "limited",
        "only 429",
        "50 calls in sequence; the token is good for another 20 seconds; every refresh is answered with 429 and "
        "`Retry-After: 3600`.",
        callers=50,
        in_sequence=True,
        lifetimes=(NEARLY, FULL),
        fault="429",
    ),
    Situation(
        "second_refresh",
        "second refresh",
        "Two calls, each with an expired token. 2 refreshes are right.",
        callers=1,
        in_sequence=True,
        lifetimes=(EXPIRED, 2, FULL),
        refreshes=2,
    ),
    Situation(
        "fork",
        "fork",
        "The process forks while its refresh is at the server; then parent and child make a call each. The child has "
        "5 seconds. Python with threads only.",
        callers=2,
        hold=True,
        kinds=("threads",),
        logins=1,
    ),
    Situation(
        "second_run",
        "second `asyncio.run`",
        "One client in two event loops, one after the other, with 8 callers at once in each: the token has expired in "
        "the first and is good in the second, whose failed callers are counted. Authlib's documentation closes a "
        "client when its work is done: a program can open one for each loop.",
        kinds=("asyncio",),
    ),
)
