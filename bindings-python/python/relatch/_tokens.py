"""The tokens of a session, for those who keep them in their own database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from relatch._errors import InvalidConfig
from relatch._record import Record
from relatch._time import moment_if

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

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


def to_native(tokens: Tokens | Mapping[str, Any] | tuple[Any, ...]) -> _TokensParts:
    """Tokens that a user hands in, in any of the forms that are taken.

    Raises:
        InvalidConfig: A part is missing or has the wrong type; ``field`` names it.
    """
    if isinstance(tokens, Tokens):
        return _checked(tokens.access_token, tokens.refresh_token, tokens.expires_at)
    if isinstance(tokens, Mapping) and set(tokens) <= set(Tokens.__match_args__):
        return _checked(*(tokens.get(name) for name in Tokens.__match_args__))
    if isinstance(tokens, tuple) and 1 <= len(tokens) <= len(Tokens.__match_args__):
        return _checked(*tokens)
    raise _invalid("tokens", "Tokens, or a mapping or a tuple with the same members and no others")


def _checked(access_token: object, refresh_token: object = None, expires_at: object = None) -> _TokensParts:
    if not isinstance(access_token, str) or not is_whole(access_token):
        raise _invalid("access_token", "a text of whole characters")
    if refresh_token is not None and (not isinstance(refresh_token, str) or not is_whole(refresh_token)):
        raise _invalid("refresh_token", "a text of whole characters, or None")
    if isinstance(expires_at, datetime):
        if expires_at.tzinfo is None:
            raise _invalid("expires_at", "a datetime with a time zone, or seconds since 1970")
        expires_at = expires_at.timestamp()
    if expires_at is not None and (isinstance(expires_at, bool) or not isinstance(expires_at, (int, float))):
        raise _invalid("expires_at", "a datetime with a time zone, seconds since 1970, or None")
    seconds = None if expires_at is None else _number(expires_at)
    if seconds != seconds:  # noqa: PLR0124 no number
        raise _invalid("expires_at", "a time that a number can say")
    return access_token, refresh_token, seconds


def is_whole(text: str) -> bool:
    """Whether it has no half of a surrogate pair in it, which Python takes for a character and nobody else does."""
    try:
        text.encode()
    except UnicodeEncodeError:
        # It holds the whole text, which is a secret, and so must not become the context of another one.
        return False
    return True


def _number(seconds: float) -> float:
    try:
        return float(seconds)
    except OverflowError:
        return float("nan")


def _invalid(field: str, expected: str) -> InvalidConfig:
    # What was given instead is not shown: it may be a secret in the wrong place.
    return InvalidConfig(f"{field} must be {expected}.", field=field)
