"""What a Python program sees of relatch on the 7G API: it logs in, calls, and never has to think of its session again.

Everything goes over real HTTP to a sandbox in this process, whose clock the demo moves. `make demo` runs it.
"""

from __future__ import annotations

import json
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import relatch
from relatch.testing import Sandbox


class Timeline:
    """Prints what happens under the sandbox's own time of day, which starts at zero."""

    def __init__(self) -> None:
        self.passed = 0.0

    def say(self, what: str) -> None:
        """Prints one line of it."""
        minutes, seconds = divmod(int(self.passed), 60)
        print(f"  {minutes:3d}:{seconds:02d}  {what}", flush=True)


def call(sandbox: Sandbox, session: relatch.Session) -> int:
    """Calls the protected resource; returns the HTTP status."""
    request = urllib.request.Request(f"{sandbox.url}/Account", headers=session.headers())  # noqa: S310 loopback
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 loopback
            json.load(answer)
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def main() -> int:
    """Runs the demo; returns the exit status."""
    timeline = Timeline()
    refreshed = threading.Event()
    with Sandbox() as sandbox:

        def advance(seconds: float) -> None:
            timeline.passed += seconds
            sandbox.advance(seconds)

        session = relatch.login(sandbox.seven_g())
        session.subscribe(lambda event: refreshed.set() if event.kind == "refreshed" else None)
        timeline.say(f"login: a session of {session.profile['username']}, {session.state}")
        timeline.say(f"call: HTTP {call(sandbox, session)}")

        advance(16 * 60)
        if not refreshed.wait(10):
            raise RuntimeError("the proactive refresh did not come")
        timeline.say("proactive refresh: a new token, in the background, before anybody had to wait")

        advance(25 * 60)
        with ThreadPoolExecutor(100) as threads:
            tokens = set(threads.map(lambda _: session.token(), range(100)))
        timeline.say(f"100 threads on an expired token: {len(tokens)} new token for all of them")

        sandbox.revoke(username="api_user", what="access")
        token = session.token()
        status = call(sandbox, session)
        session.report_unauthorized(token)
        timeline.say(f"a refused token: HTTP {status}, reported, then HTTP {call(sandbox, session)}")

        sandbox.fault(on="refresh", fault="drop", when="after")
        advance(25 * 60)
        status = call(sandbox, session)
        timeline.say(f"the answer to a refresh is lost after the server acted: healed by one login, HTTP {status}")

        counts = sandbox.counts()
        wire = {name: counts[name] for name in ("login", "login_rejected", "refresh", "reused", "account")}
        timeline.say("on the wire: " + ", ".join(f"{name} {count}" for name, count in wire.items()))
        session.logout()
        timeline.say(f"logout: {session.state}")
    expected = {"login": 2, "login_rejected": 0, "refresh": 4, "reused": 0, "account": 4}
    if wire != expected:
        print(f"  this is not what was expected: {expected}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
