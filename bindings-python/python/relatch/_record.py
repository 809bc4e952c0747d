"""Immutable values with named members."""

from __future__ import annotations

from relatch import _once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


# What a repr shows of a value, in characters.
_LONGEST = 500


def brief(value: object) -> str:
    """The repr of a value that a server may have sent, cut where it is long."""
    shown = repr(value)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


class Record:
    """What a frozen dataclass with slots would be, without its module: that takes half as long to import as relatch.

    A subclass names its members in ``__slots__`` and ``__match_args__``, and sets them in ``__init__`` by `_set`.
    """

    __slots__ = ()
    __match_args__: tuple[str, ...] = ()

    def _set(self, *values: Any) -> None:
        for name, value in zip(self.__match_args__, values, strict=True):
            object.__setattr__(self, name, value)

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        del value  # a frame that raises shows its arguments
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), self._values()

    def __repr__(self) -> str:
        members = (f"{name}={brief(getattr(self, name))}" for name in self.__match_args__)
        return f"{type(self).__name__}({', '.join(members)})"


_once.keep_classes(globals())
