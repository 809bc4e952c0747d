"""What opens the market data feed."""

from __future__ import annotations

from relatch import _once
from relatch._record import Record, brief

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


class Feed(Record):
    """What is needed to open a system's market data feed. Its repr does not show the token.

    Attributes:
        url: Where it is, None where the login did not say.
        token: What it is opened with.
        user: As whom.
    """

    __slots__ = __match_args__ = ("url", "token", "user")

    url: str | None
    token: str
    user: str | None

    def __init__(self, url: str | None, token: str, user: str | None) -> None:
        self._set(url, token, user)

    def __repr__(self) -> str:
        return f"Feed(url={brief(self.url)}, token=[redacted], user={brief(self.user)})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Feed holds a token and is neither pickled nor copied: ask the session for a new one")


_once.keep_classes(globals())
