"""No password and no refresh token is left in the memory of a process once its sessions are over."""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from relatch.testing import PAN, USER_ID, USERNAME, Sandbox
from support import LIMIT, PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Collection

MASK = 0xAA

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="another process's memory is read as Linux shows it")


def masked(text: str) -> str:
    return bytes(letter ^ MASK for letter in text.encode()).hex()


def unmasked(written: str) -> str:
    return bytes(letter ^ MASK for letter in bytes.fromhex(written.strip())).decode()


def copies(process: int, texts: Collection[str]) -> dict[str, int]:
    """How often each text is in the memory that a process can write to; without those that are not there."""
    found = dict.fromkeys(texts, 0)
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            place, access, *_ = line.split()
            if not access.startswith("rw"):
                continue
            start, end = (int(edge, 16) for edge in place.split("-"))
            try:
                memory.seek(start)
                content = memory.read(end - start)
            except (OSError, OverflowError):
                # Pages that no process may read so, or that have been given back meanwhile.
                continue
            for text in texts:
                found[text] += content.count(text.encode())
    return {text: count for text, count in found.items() if count}


def test_no_secret_is_left_in_memory() -> None:
    password, user_password = secrets.token_hex(16), secrets.token_hex(16)
    synapsewave = {"users": [{"user_id": USER_ID, "password": user_password, "pan": PAN}]}
    with Sandbox(accounts=[{"username": USERNAME, "password": password}], synapsewave=synapsewave) as sandbox:
        arguments = [sandbox.url, sandbox.synapsewave_url, masked(password), masked(user_password)]
        command = [sys.executable, str(PROGRAMS / "memory.py"), *arguments]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            tokens = [unmasked(process.stdout.readline()) for _ in range(2)]
            sought = {password, user_password, *tokens}
            assert len(sought) == 4
            assert process.stdout.readline() == "open\n"
            # What is in use is there, so it would be found.
            assert set(copies(process.pid, sought)) >= {password, user_password, tokens[-1]}
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline() == "over\n"
            # What a connection holds goes with it, soon after the server has closed it.
            sandbox.down()
            end = time.monotonic() + LIMIT
            while (left := copies(process.pid, sought)) and time.monotonic() < end:
                pass
            names = {password: "password", user_password: "user_password", tokens[0]: "spent", tokens[1]: "token"}
            assert {names[text]: count for text, count in left.items()} == {}
            process.stdin.close()
            assert process.wait(LIMIT) == 0
