"""The error for a keyword that a class does not take: it lists those that it takes, as the functions' does."""

from __future__ import annotations

from functools import wraps

from relatch import _errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

# A longer one is no argument's.
_LONGEST = 40


def list_keywords(*classes: Any) -> None:
    """Lets classes that take keywords alone refuse any other with an error of ours."""
    for kind in classes:
        kind.__new__ = staticmethod(_checked(kind.__new__))


def _checked(new: Callable[..., Any]) -> Callable[..., Any]:
    known = tuple(getattr(new, "__kwdefaults__", ()))

    @wraps(new)
    def checked(cls: type, **keywords: Any) -> Any:
        try:
            slip = _slip(keywords, known)
            if slip is None:
                return new(cls, **keywords)
        finally:
            keywords.clear()  # a frame that raises shows them
        raise slip

    return checked


def _slip(names: Iterable[str], known: tuple[str, ...]) -> _errors.InvalidConfig | None:
    """The error for the first of these that is not known: mostly a slip, so the nearest that there is comes first."""
    name = next((name for name in names if name not in known), None)
    if name is None:
        return None
    from difflib import get_close_matches  # noqa: PLC0415 it is needed for a slip alone

    near = get_close_matches(name, known, 1)
    guess = f" Did you mean {near[0]}?" if near else ""
    # A name that no argument could have may be anything, a secret too.
    is_name = 0 < len(name) <= _LONGEST and all(letter == "_" or "a" <= letter <= "z" for letter in name)
    shown, field = (name, name) if is_name else ("of that name", "options")
    message = f"There is no option {shown}.{guess} Known are: {', '.join(known)}."
    return _errors.InvalidConfig(message, field=field)
