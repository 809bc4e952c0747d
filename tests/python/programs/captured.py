"""Fails in calls that were given a secret.

Usage: captured.py interrupted; or pytest -l captured.py, which prints what the frames hold.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import traceback

import relatch
from relatch.testing import USER_ID, Sandbox

sandbox = Sandbox()


def secret() -> str:
    """Made up on the spot: pytest prints the lines of this file, and the names in them."""
    return "".join(("can", "ary-of-the-captured-locals"))


def test_a_provider() -> None:
    relatch.SevenG(username="api_user", password=secret() + "\n", environment=secret())


def test_a_broker() -> None:
    relatch.Synapsewave(base_url="https://broker.example", user_id="UCC1", api_key=secret(), second_factor=secret())  # type: ignore[arg-type]


def test_a_factor() -> None:
    relatch.Otp(secret())  # type: ignore[arg-type]


def test_a_login() -> None:
    relatch.login(sandbox.seven_g(password=secret()), proxy=f"http://user:{secret()}@[")


def test_a_refused_login() -> None:
    relatch.login(sandbox.seven_g(password=secret()))


def test_a_resumption() -> None:
    relatch.resume(sandbox.seven_g(), (secret(), secret(), secret()))


def test_a_completion() -> None:
    relatch.begin(sandbox.synapsewave(second_factor=None)).complete(otp=secret())


def test_an_account() -> None:
    relatch.SynapsewaveAccount(sandbox=sandbox, user_id=USER_ID).change_password(secret(), secret())


def test_a_coroutine() -> None:
    asyncio.run(relatch.login_async(sandbox.synapsewave(password=secret()), ca_certificates=secret()))


def interrupted() -> None:
    """Ctrl-C ends calls that wait, and their frames are shown."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sandbox.fault(on="any", fault="hold", times=None)
    seven_g, synapsewave = sandbox.seven_g(password=secret()), sandbox.synapsewave(password=secret())
    account = relatch.SynapsewaveAccount(sandbox=sandbox, user_id=USER_ID)
    calls = (
        lambda: relatch.login(seven_g),
        lambda: relatch.refresh(seven_g, (secret(), secret())),
        lambda: relatch.begin(synapsewave),
        lambda: account.change_password(secret(), secret()),
    )
    for call in calls:
        threading.Timer(0, interrupt, [sandbox.counts()["total"] + 1]).start()
        try:
            call()
        except KeyboardInterrupt as error:
            print("".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()))
    sandbox.release()


def interrupt(total: int) -> None:
    sandbox.wait_for("total", total)
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__" and sys.argv[1:] == ["interrupted"]:
    interrupted()
