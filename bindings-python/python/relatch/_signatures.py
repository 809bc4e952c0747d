"""What `inspect.signature`, notebooks and editors show of the functions that take options as keywords.

The functions themselves take any keywords: a slip is refused by an error that lists the options, and no frame of theirs
holds what is given.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# The type of each option as text, and its default.
NETWORK: dict[str, tuple[str, object]] = {
    "exchange_timeout": ("float | None", 15.0),
    "proxy": ("str | None", None),
    "ca_certificates": ("str | os.PathLike[str] | bytes | None", None),
    "client_certificate": ("str | os.PathLike[str] | bytes | None", None),
    "local_address": ("str | None", None),
    "address_family": ("Literal['ipv4', 'ipv6'] | None", None),
    "user_agent": ("str | None", None),
}
SESSION: dict[str, tuple[str, object]] = {
    "relogin": ("Literal['auto', 'never']", "auto"),
    "keep_alive": ("bool", False),
    "mandatory_margin": ("float | None", 30.0),
    "advisory_margin": ("float | None", 300.0),
    "timeout": ("float | None", 30.0),
    **NETWORK,
    "force": ("bool", False),
}

# As in `inspect`, which takes long to load.
_TAKES_ANY_KEYWORDS = 0x08


def show(options: Mapping[str, tuple[str, object]], *functions: Any) -> None:
    """Shows these options of functions in place of any keywords. What is shown is never called."""
    for function in functions:
        function.__wrapped__ = _shown(function, options)


def _shown(function: Any, options: Mapping[str, tuple[str, object]]) -> Any:
    code = function.__code__
    names = (*code.co_varnames[: code.co_argcount + code.co_kwonlyargcount], *options)
    code = code.replace(
        co_varnames=names,
        co_nlocals=len(names),
        co_kwonlyargcount=code.co_kwonlyargcount + len(options),
        co_flags=code.co_flags & ~_TAKES_ANY_KEYWORDS,
    )
    kind = type(function)
    shown = kind(code, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
    defaults = {name: default for name, (_, default) in options.items()}
    shown.__kwdefaults__ = {**(function.__kwdefaults__ or {}), **defaults}
    shown.__annotations__ = {**function.__annotations__, **{name: kind for name, (kind, _) in options.items()}}
    return shown
