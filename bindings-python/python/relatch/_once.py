"""One relatch for a process: what is imported again is what was imported first.

Failed logins and spent refresh tokens are known to a process, and its programs catch errors by their class. A second
copy would know nothing of the first one's, and raise errors of other classes.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

# On `sys`, which outlives whatever is taken out of `sys.modules`.
_ANCHOR = "_relatch"


def take_up(file: str) -> None:
    """Takes up the package that this process has imported before, if it has.

    Args:
        file: The `__file__` of the package that is being imported.

    Raises:
        ImportError: That was another version, from another folder; or another interpreter of the process has another
            copy.
    """
    first: ModuleType | None = getattr(sys, _ANCHOR, None)
    if first is None:
        _refuse_beside(file)
        return
    here, there = (os.path.dirname(os.path.realpath(path or "")) for path in (file, first.__file__))  # noqa: PTH120
    version = first.__version__ if here == there else _version(here)
    for name in [name for name in sys.modules if name.startswith("relatch.")]:
        del sys.modules[name]
    if version != first.__version__:
        raise ImportError(
            f"relatch {first.__version__} is in use in this process, from {there}; this is relatch {version}, in "
            f"{here}. Two copies would not know of each other's failed logins and spent refresh tokens, and could lock "
            "the account: keep one of them, or use the second one in a process of its own."
        )
    # What `import` returns is what stands here once the package has run.
    sys.modules["relatch"] = first
    for name, value in list(vars(first).items()):
        if getattr(value, "__name__", None) == f"relatch.{name}" and value.__class__ is first.__class__:
            sys.modules[f"relatch.{name}"] = value


def keep(package: ModuleType) -> None:
    """Keeps the package as the one of this process.

    Raises:
        ImportError: Another interpreter has loaded another copy in the same instant.
    """
    if getattr(sys, _ANCHOR, None) is not package:
        _refuse_beside(package.__file__ or "")
    setattr(sys, _ANCHOR, package)


def _refuse_beside(file: str) -> None:
    """Refuses a copy beside another one that the process has loaded: each interpreter has a `sys` of its own.

    A second interpreter with the same copy is refused by the native module itself.
    """
    here = os.path.dirname(os.path.realpath(file))  # noqa: PTH120
    native = sys.modules.get("relatch._relatch")
    # A build system may have the two halves of one package in two places, and links to them in a third.
    own = {here, *(_native_folder(path) for path in (file, getattr(native, "__file__", None)) if path)}
    for there in _loaded():
        if there not in own:
            raise ImportError(
                f"relatch is in use in this process, from {there}, by another interpreter; this is the copy in {here}. "
                "Two copies would not know of each other's failed logins and spent refresh tokens, and could lock the "
                "account: use it in that interpreter, or in a process of its own."
            )


def _native_folder(file: str) -> str:
    """Where the native module beside that file lies."""
    folder = os.path.dirname(file)  # noqa: PTH120
    return os.path.dirname(os.path.realpath(os.path.join(folder, "_relatch.abi3.so")))  # noqa: PTH118, PTH120


def _loaded() -> list[str]:
    """The folders of all native modules of relatch that this process has loaded, on Linux."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:  # noqa: PTH123
            lines = [line for line in maps if "/_relatch." in line]
    except OSError:
        # Another system, or a container that does not show it.
        return []
    # The path is the last of six fields, and may have blanks in it.
    paths = [line.rstrip("\n").removesuffix(" (deleted)").split(None, 5)[-1] for line in lines]
    return list({os.path.dirname(path): None for path in paths if path.endswith(".so")})  # noqa: PTH120


def keep_classes(names: dict[str, Any]) -> None:
    """Has a module that is reloaded go on with the classes that it had: programs have imported those.

    Args:
        names: The module's global names, which a reload leaves in their place.
    """
    own = {
        name: value
        for name, value in names.items()
        if isinstance(value, type) and value.__module__ == names["__name__"]
    }
    names.update(names.setdefault("_first_classes", own))


def _version(folder: str) -> str:
    """The version of the copy in that folder."""
    import importlib.util  # noqa: PLC0415 most programs have one copy

    for name in sorted(os.listdir(folder)):  # noqa: PTH208
        if name.startswith("_relatch.") and not name.endswith(".pyi"):
            spec = importlib.util.spec_from_file_location("relatch._relatch", os.path.join(folder, name))  # noqa: PTH118
            if spec is not None and spec.loader is not None:
                module = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(module)
                return str(module.__version__)
    return "of an unknown version"
