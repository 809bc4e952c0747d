"""The tokens of a session, for programs that keep them in their own database."""

from __future__ import annotations

from relatch import _once
from relatch._record import Record
from relatch._time import moment_if

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from relatch._relatch import _TokensParts


class Tokens(Record):
    """What a login or a refresh yields. Its repr shows no token.

    Attributes:
        access_token: What a request carries.
        refresh_token: What is exchanged for new tokens. Each is good for one exchange: keep the newest.
        expires_at: The end of the access token by the server's clock, as an aware datetime; None where it is unknown.
    """

    __slots__ = __match_args__ = ("access_token", "refresh_token", "expires_at")

    access_token: str
    refresh_token: str | None
    expires_at: datetime | None

    def __init__(self, access_token: str, refresh_token: str | None = None, expires_at: datetime | None = None) -> None:
        self._set(access_token, refresh_token, expires_at)

    def __repr__(self) -> str:
        refresh_token = None if self.refresh_token is None else "[redacted]"
        return f"Tokens(access_token=[redacted], refresh_token={refresh_token}, expires_at={self.expires_at})"


def from_native(parts: _TokensParts) -> Tokens:
    """Tokens that the core hands out."""
    access_token, refresh_token, expires_at = parts
    return Tokens(access_token, refresh_token, moment_if(expires_at))


_once.keep_classes(globals())
