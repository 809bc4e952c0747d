"""From errors of the core to exceptions."""

from __future__ import annotations

import os

from relatch._errors import CLASSES
from relatch._session import Challenge
from relatch._time import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from relatch._errors import RelatchError


def from_native(
    code: str, message: str, details: dict[str, Any], sources: Sequence[tuple[bool, int | None, str] | BaseException]
) -> RelatchError:
    """Makes the exception for an error of the core; called by the native module.

    Args:
        code: The kind of error.
        message: What happened.
        details: What else the error carries, times in seconds since 1970.
        sources: What led to it, the nearest first: what a callback raised; or whether it is an error of the operating
            system, its number if it has one, and its text.
    """
    if "retry_at" in details:
        details["retry_at"] = moment(details["retry_at"])
    if "challenge" in details:
        details["challenge"] = Challenge(details["challenge"])
    error = CLASSES[code](message, **details)
    effect: BaseException = error
    for source in sources:
        effect.__cause__ = source if isinstance(source, BaseException) else _source(*source)
        effect = effect.__cause__
    return error


def _source(from_system: bool, number: int | None, text: str) -> Exception:
    if not from_system:
        return RuntimeError(text)
    # With a number Python picks the class: ConnectionRefusedError and so on.
    return OSError(text) if number is None else OSError(number, os.strerror(number))
