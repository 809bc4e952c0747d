"""Has no room for a thread when the first call wants relatch's: the call says so, and the next one goes through.

Usage: no_runtime.py URL ACCESS_TOKEN REFRESH_TOKEN
"""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

import relatch

url, access_token, refresh_token = sys.argv[1:]
OWN = resource.getrlimit(resource.RLIMIT_AS)


def room_for(size: int) -> None:
    """Leaves so many bytes of address space: the stack of a thread takes more than a mebibyte."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + size, OWN[1]))


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def failure() -> tuple[str | None, bool]:
    """What a refresh says that cannot be made."""
    try:
        session.refresh(timeout=5)
    except relatch.TransportError as error:
        return error.sent, "Free some threads" in str(error)
    raise AssertionError("there was room")


files = open_files()
provider = relatch.SevenG(base_url=url)
room_for(1 << 20)
session = relatch.resume(provider, relatch.Tokens(access_token, refresh_token))
print("no room:", {failure() for _ in range(20)})
resource.setrlimit(resource.RLIMIT_AS, OWN)
print("open files:", open_files() - files)
print("refreshed:", session.refresh().access_token != access_token)
