"""What a callback's parameters say of how it is called."""

from __future__ import annotations

from relatch._errors import InvalidConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from relatch._relatch import Held


def takes_question(held: Held, field: str) -> bool:
    """Whether a callback has a parameter for the question: one that must be given, or one of that name.

    Raises:
        InvalidConfig: It can be called neither with a question nor with nothing, or yields what it would return;
            ``field`` says which callback.
    """
    takes = None if is_generator(held.given()) else _takes_question(held)
    if takes is None:
        raise InvalidConfig(f"{field} must be a function of one argument or of none.", field=field)
    return takes


def _takes_question(held: Held) -> bool | None:
    """Whether the function takes the question; None if it can be called neither with it nor without."""
    import inspect  # noqa: PLC0415

    try:
        parameters = inspect.signature(held.given()).parameters.values()
    except (TypeError, ValueError):
        # Some functions that are written in C do not tell.
        return False
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    positional = [parameter for parameter in parameters if parameter.kind in kinds]
    needed = [parameter for parameter in positional if parameter.default is parameter.empty]
    keywords = [
        parameter
        for parameter in parameters
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty
    ]
    if len(needed) > 1 or keywords:
        return None
    gathers = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters)
    return bool(needed) or gathers or (bool(positional) and positional[0].name == "question")


def is_coroutine(function: Any) -> bool:
    """Whether calling it is all but over at once, for what it returns is awaited."""
    import inspect  # noqa: PLC0415

    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def is_generator(function: Any) -> bool:
    """Whether calling it does nothing yet, for what it returns is iterated."""
    import inspect  # noqa: PLC0415

    of = (inspect.isgeneratorfunction, inspect.isasyncgenfunction)
    return any(is_one(one) for is_one in of for one in (function, type(function).__call__))
