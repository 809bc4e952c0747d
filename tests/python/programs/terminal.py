"""Types into an interactive Python, in a terminal of its own, and prints what came of it.

Usage: terminal.py input|getpass|session|early
"""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import sys
import time
import urllib.request

# Seconds that what should be seen soon is waited for: less than the test gives the whole program.
LIMIT = 30.0
# Seconds after which somebody who sees no KeyboardInterrupt presses Ctrl-C again.
PATIENCE = 2.0
TIMES = 4
CTRL_C = "\x03"
ASKS = {"getpass": "__import__('getpass').getpass('O' + 'TP? ')"}
BEGIN = (
    "import relatch; from relatch.testing import Sandbox; sandbox = Sandbox()",
    "provider = sandbox.synapsewave(second_factor=relatch.Otp(lambda: {ask}))",
    "print('url', sandbox.url)",
)
COUNTS = "print('sent', sandbox.counts()['login'], 'rejected', sandbox.counts()['login_rejected'], session.state)"


class Terminal:
    """An interactive Python, and what has been seen of it."""

    def __init__(self) -> None:
        self.child, self.screen = pty.fork()
        if self.child == 0:
            # A program that was started in the background ignores Ctrl-C, and so would this one.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            environment = {**os.environ, "TERM": "dumb", "PYTHON_BASIC_REPL": "1"}
            os.execve(sys.executable, [sys.executable, "-q"], environment)  # noqa: S606 this very Python
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self.screen, text.encode())

    def is_seen(self, what: str, limit: float) -> bool:
        """Whether a text is to be seen within so many seconds."""
        end = time.monotonic() + limit
        while what not in self.seen:
            if not select.select([self.screen], [], [], max(0, end - time.monotonic()))[0]:
                return False
            self.seen += os.read(self.screen, 4096).decode(errors="replace")
        return True

    def see(self, what: str) -> str:
        """Waits for a text; returns all up to its end, which is not looked at again."""
        if not self.is_seen(what, LIMIT):
            sys.exit(f"{what!r} was not to be seen in {self.seen!r}")
        before, _, self.seen = self.seen.partition(what)
        return before + what

    def interrupt(self) -> None:
        """Presses Ctrl-C until it is noticed: a signal between the prompt of CPython's input() and its wait is lost."""
        for _ in range(TIMES):
            self.type(CTRL_C)
            if self.is_seen("KeyboardInterrupt", PATIENCE):
                break
        self.see("KeyboardInterrupt")

    def run(self, line: str) -> str:
        """What a line prints."""
        self.type(f"{line}\n")
        self.see("\r\n")
        return self.see(">>> ")


def newest(url: str) -> str:
    request = urllib.request.Request(f"{url}/sandbox/outbox", data=b"{}")  # noqa: S310 the sandbox
    with urllib.request.urlopen(request, timeout=LIMIT) as answer:  # noqa: S310
        return str(json.load(answer)[-1]["otp"])


def main(how: str) -> None:
    terminal = Terminal()
    terminal.see(">>> ")
    for line in BEGIN:
        # The prompt in two parts, for the line itself is seen as well.
        seen = terminal.run(line.format(ask=ASKS.get(how, "input('O' + 'TP? ')")))
    url = seen.split()[1]
    call = "session = relatch.login(provider)\n"
    if how == "session":
        terminal.type(call)
        terminal.see("OTP? ")
        terminal.type(newest(url) + "\n")
        terminal.see(">>> ")
        call = "session.refresh() and None\n"
    if how == "early":
        terminal.run("sandbox.fault(on='register', fault='hold', when='after')")
        terminal.type(call)
        terminal.see("\r\n")
        wait_for_register(url)
    else:
        terminal.type(call)
        terminal.see("OTP? ")
    terminal.interrupt()
    terminal.see(">>> ")
    if how == "early":
        # The first step is answered now, and nobody is asked for the second one.
        terminal.run("sandbox.release()")
    terminal.type(call)
    terminal.see("OTP? ")
    terminal.type(newest(url) + "\n")
    terminal.see(">>> ")
    print(terminal.run(COUNTS).splitlines()[0])
    terminal.type("exit()\n")
    print(os.waitstatus_to_exitcode(os.waitpid(terminal.child, 0)[1]))


def wait_for_register(url: str) -> None:
    body = json.dumps({"what": "register", "at_least": 1, "limit": LIMIT}).encode()
    request = urllib.request.Request(f"{url}/sandbox/wait_for", data=body)  # noqa: S310
    urllib.request.urlopen(request, timeout=LIMIT).close()  # noqa: S310


main(sys.argv[1])
