"""A child that no handler of forks was told of: its calls end in time, its parent's refresh token stays unspent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time

import relatch
from relatch.testing import Sandbox

SYS_CLONE = 56
SIGCHLD = 17
LIMIT = 3.0

sandbox = Sandbox()
session = relatch.login(sandbox.seven_g())
session.token()
sandbox.advance(1210)
libc = ctypes.PyDLL(None, use_errno=True)  # which keeps the interpreter's lock, so that the child has it
child = libc.syscall(SYS_CLONE, SIGCHLD, 0, 0, 0, 0) if "clone" in sys.argv else libc._Fork()
if child == 0:
    begun = time.monotonic()
    with contextlib.suppress(relatch.RelatchError):
        session.token(timeout=LIMIT)
    os._exit(3 if time.monotonic() - begun > LIMIT + 2 else 0)
guard = threading.Timer(20, os.kill, (child, signal.SIGKILL))
guard.start()
_, status = os.waitpid(child, 0)
guard.cancel()
if os.WIFSIGNALED(status):
    sys.exit(f"the child hangs, or was ended by signal {os.WTERMSIG(status)}")
print("child", os.waitstatus_to_exitcode(status), "reused", sandbox.counts()["reused"])
session.token()
print("parent", session.state)
os._exit(0)
