"""Imports relatch more than once in one process.

Usage: imports_again.py deleted|reloaded|copied|other-version FOLDER; FOLDER is for a copy of the package.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import pathlib
import shutil
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


{"deleted": deleted, "reloaded": reloaded, "copied": copied, "other-version": other_version}[sys.argv[1]]()
