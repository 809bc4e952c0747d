"""Imports relatch more than once in one process.

Usage: imports_again.py deleted|reloaded|copied|other-version|interpreter|linked FOLDER; FOLDER is for a copy of the
package.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import pathlib
import shutil
import subprocess
import sys
from typing import Any

import relatch
from relatch.testing import Sandbox

FIRST = relatch
FOLDER = pathlib.Path(sys.argv[2])
sandbox = Sandbox()
session = relatch.login(sandbox.seven_g())
heard: list[str] = []


def forget() -> None:
    for name in [name for name in sys.modules if name.startswith("relatch")]:
        del sys.modules[name]


def refused(package: Any, again: Any) -> str:
    """What a wrong login by one import raises, as the other one catches it."""
    try:
        package.login(sandbox.seven_g(username="another", password="wrong"), timeout=5)
    except again.RelatchError as error:
        return str(error.code)
    return "nothing"


def check(again: Any) -> None:
    """Old sessions go on, what is raised is what is caught, and the ledger is the one that there was."""
    errors = [refused(package, again) for package in (FIRST, FIRST, again, again)]
    assert errors == ["invalid_credentials", "lockout_guard", "lockout_guard", "lockout_guard"], errors
    assert sandbox.counts()["login_rejected"] == 1
    sandbox.advance(1210)
    assert session.token() == session.token()
    assert isinstance(session, again.Session)
    provider = sandbox.synapsewave(second_factor=again.Otp(lambda: sandbox.outbox()[-1]["otp"]))
    session.subscribe(lambda event: heard.append(event.kind))
    assert asyncio.run(again.login_async(provider)).state == "active"
    with contextlib.suppress(again.SecondFactorRequired):
        again.login(sandbox.synapsewave(second_factor=None))
    session.logout()
    try:
        session.token()
    except again.ClosedError:
        print("the same")


def deleted() -> None:
    # Of the package alone, and of all that belongs to it.
    del sys.modules["relatch"]
    assert importlib.import_module("relatch").RelatchError is relatch.RelatchError
    forget()
    check(importlib.import_module("relatch"))
    assert importlib.import_module("relatch.testing").Sandbox is Sandbox


def reloaded() -> None:
    for name in sorted(name for name in sys.modules if name.startswith("relatch.") and name != "relatch._relatch"):
        importlib.reload(sys.modules[name])
    check(importlib.reload(relatch))


def copy() -> None:
    """The next import finds the copy."""
    shutil.copytree(pathlib.Path(relatch.__file__).parent, FOLDER / "relatch")
    sys.path.insert(0, str(FOLDER))
    forget()
    importlib.invalidate_caches()


def copied() -> None:
    copy()
    check(importlib.import_module("relatch"))


def other_version() -> None:
    FIRST.__version__ = "0.0.9"
    for _ in range(2):
        copy() if not (FOLDER / "relatch").exists() else forget()
        try:
            importlib.import_module("relatch")
        except ImportError as error:
            print(error)
    # Once the second copy is out of the way, the first one is found again.
    sys.path.remove(str(FOLDER))
    check(importlib.import_module("relatch"))


def interpreter() -> None:
    """Another interpreter, which has a `sys` of its own, and finds the copy first."""
    if sys.version_info >= (3, 13):
        import _interpreters as interpreters  # noqa: PLC0415
    else:
        import _xxsubinterpreters as interpreters  # type: ignore[import-not-found]  # noqa: PLC0415

    copy()
    code = (
        f"import sys\nsys.path.insert(0, {str(FOLDER)!r})\n"
        "for _ in range(2):\n try:\n  import relatch\n except ImportError as error:\n  print(error, flush=True)\n"
    )
    # One that shares its lock with this one: the others take no module that does not say that it is made for them.
    other = interpreters.create(*["legacy"] if sys.version_info >= (3, 13) else [], **_shared())
    interpreters.run_string(other, code)
    interpreters.destroy(other)
    check(importlib.import_module("relatch"))


def linked() -> None:
    """The halves of the package lie apart, and what is imported are links to them."""
    package, native = FOLDER / "links" / "relatch", FOLDER / "native"
    shutil.copytree(pathlib.Path(relatch.__file__).parent, FOLDER / "sources")
    native.mkdir()
    package.mkdir(parents=True)
    for file in (FOLDER / "sources").iterdir():
        target = file.rename(native / file.name) if file.suffix == ".so" else file
        (package / file.name).symlink_to(target)
    code = "import relatch, relatch.testing as t; sandbox = t.Sandbox(); print(relatch.login(sandbox.seven_g()).state)"
    environment = {**os.environ, "PYTHONPATH": str(package.parent)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


def _shared() -> dict[str, bool]:
    return {"isolated": False} if sys.version_info < (3, 13) else {}


{
    "deleted": deleted,
    "reloaded": reloaded,
    "copied": copied,
    "other-version": other_version,
    "interpreter": interpreter,
    "linked": linked,
}[sys.argv[1]]()
