"""The document that a run writes."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import clients
from situations import SITUATIONS

if TYPE_CHECKING:
    from clients import Client
    from situations import Situation

NOT_APPLICABLE = "–"  # noqa: RUF001  # as tables have it

INTRODUCTION = """\
# What other clients do

How relatch and its peers fare with a server that rotates refresh tokens and, when an old one is seen again, ends the
whole session, the winner's newest tokens included. Written by `make peers`, which installs the peers at the versions
that `pyproject.toml` and `tests/peers/node/package.json` name and runs everything again; it is no part of `make test`.

All clients meet one server, [tests/peers/server.py](../tests/peers/server.py): an OAuth 2 token endpoint and the 7G
paths over the same rules. Each is used as its documentation shows and, where that is silent, its source; what was
followed is named beside its code in [tests/peers](../tests/peers). A caller makes one GET of a protected resource,
with whatever the client does before it. Each cell was measured {rounds} times, each time in a process of its own with
a limit of {limit} seconds; the worst is shown. Three processes run at a time. The token endpoint takes
50 milliseconds for an answer.

A cell says **refreshes / failed callers / session after**:

- refreshes: requests with a refresh token that reached the server; `+1 login` where credentials were sent again;
- failed callers: callers that got an exception, or an answer other than 200, from the resource;
- session after: *alive* if one more call with the same client, once the fault is over, gets 200; else *dead* if the
  server has ended it, or *unusable* if only this client can do nothing with it. (Where the server refuses for good with
  429: whether it still knows the session.) *Over {limit} s*: the calls had not come
  back by then, and the refreshes are those until then;
- `{none}`: does not apply.

What to know before comparing:

- Most peers are OAuth 2 libraries that hold tokens and no credentials: no way to log in again is open to them when an
  answer is lost. relatch and httpx-auth hold a user name and a password here, as they normally do. So a lost answer is
  healed by one login, not by a better refresh; relatch takes a 500 for one, too, for the tokens may have been rotated.
  The hand-written clients do not keep the password.
- Not every server is like this one. Where refresh tokens do not rotate, or an old one is honoured for a while, a second
  refresh need not end the session.
- With azure-core and @azure/core-rest-pipeline the exchange itself is the user's code (a credential); with
  openid-client, simple-oauth2 and axios-auth-refresh so is the keeping of tokens. A program can add a lock of its own
  to any of them; these have what the documentation shows.
- relatch sizes its margins by the lifetime of a token. In the columns with a token that is good for another 20
  seconds its token lives for 20 seconds and is used when 4.5 are left; else it would have no reason to refresh.
- The hand-written clients are those that `make bench` compares with.

"""


@dataclass(frozen=True, order=True)
class Outcome:
    """What came of one measurement; the greater, the worse."""

    # 0 alive, 1 unusable, 2 dead, 3 out of time.
    badness: int
    failed: int
    refreshes: int
    logins: int
    after: str

    @classmethod
    def of(cls, failed: int, refreshes: int, logins: int, after: str) -> Outcome:
        """From what a program tells."""
        badness = {"alive": 0, "unusable": 1, "dead": 2}.get(after, 3)
        return cls(badness, failed, refreshes, logins, after)

    def is_as_expected(self, situation: Situation) -> bool:
        """Whether it is what relatch promises."""
        # A login that is still under way when the callers have gone is not counted yet.
        found = (self.refreshes, self.failed, self.after)
        return found == (situation.refreshes, situation.failed, "alive") and self.logins <= situation.logins

    def cell(self) -> str:
        """The text in the table."""
        logins = f" +{self.logins} login{'s' if self.logins > 1 else ''}" if self.logins else ""
        if self.failed < 0:
            return f"{self.refreshes}{logins} / {NOT_APPLICABLE} / {self.after}"
        return f"{self.refreshes}{logins} / {self.failed} / {self.after}"


def document(outcomes: dict[tuple[Client, Situation], Outcome], rounds: int, limit: int) -> str:
    """The whole page."""
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    lines = [INTRODUCTION.format(rounds=rounds, limit=limit, none=NOT_APPLICABLE)]
    lines.append("The columns:\n")
    lines += [f"- **{situation.heading}**: {situation.explanation}" for situation in SITUATIONS]
    lines.append(f"\nMeasured on {today} with {clients.platforms()}.\n")
    lines += rows(outcomes)
    return "\n".join(lines) + "\n"


def rows(outcomes: dict[tuple[Client, Situation], Outcome]) -> list[str]:
    """The table."""
    headings = ["client", "version", *(situation.heading for situation in SITUATIONS)]
    lines = [_row(headings), _row(["---"] * len(headings))]
    measured = [client for client in clients.CLIENTS if any(client == found for found, _ in outcomes)]
    for kind, group in groupby(measured, key=lambda client: client.kind):
        for client in group:
            cells = [
                outcomes[client, situation].cell() if (client, situation) in outcomes else NOT_APPLICABLE
                for situation in SITUATIONS
            ]
            name = f"{client.heading} ({clients.LANGUAGES[kind]})"
            lines.append(_row([name, client.version() or clients.platforms().split(", ")[1], *cells]))
    return lines


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
