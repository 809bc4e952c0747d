"""Two trading days on Synapsewave: a login with a TOTP code, the next morning, a human's one-time password, a logout.

Everything goes over real HTTP to a sandbox in this process, whose clock the demo moves. `make demo` runs it.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import relatch
from relatch.testing import Sandbox

MONDAY_NINE = 1767583800  # 2026-01-05 09:00 in India
HOUR = 3600.0


class Days:
    """The sandbox's clock, as a trader in India reads it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.seconds = 9 * HOUR

    def advance(self, seconds: float) -> None:
        """Lets time pass at once."""
        self.seconds += seconds
        self.sandbox.advance(seconds)

    def say(self, what: str) -> None:
        """Prints one line under the time of day."""
        day, seconds = divmod(int(self.seconds), 86_400)
        print(f"  {('Mon', 'Tue')[day]} {seconds // 3600:02d}:{seconds % 3600 // 60:02d}  {what}", flush=True)


def call(sandbox: Sandbox, session: relatch.Session) -> int:
    """Asks for the user's balance; returns the HTTP status."""
    url = f"{sandbox.synapsewave_url}/authentication/v1/user/balance"
    request = urllib.request.Request(url, headers=session.headers())  # noqa: S310 loopback
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 loopback
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def main() -> int:
    """Runs the demo; returns the exit status."""
    with Sandbox(starts_at=MONDAY_NINE) as sandbox:
        days = Days(sandbox)
        session = relatch.login(sandbox.synapsewave())
        profile = session.profile
        days.say(f"login with a TOTP code: {profile.user_name}, {', '.join(profile.exchanges or ())}")
        days.say(f"call: HTTP {call(sandbox, session)}; the feed is at {session.feed().url}")

        days.advance(14 * HOUR + 59 * 60)
        days.say(f"one minute before midnight: HTTP {call(sandbox, session)}, with the token of the morning")

        days.advance(9 * HOUR + 60)
        with ThreadPoolExecutor(100) as threads:
            tokens = set(threads.map(lambda _: session.token(), range(100)))
        days.say(f"100 threads in the morning: {len(tokens)} login for all of them, with a new code")

        challenge = relatch.begin(sandbox.synapsewave(second_factor=None))
        days.say(f"a login of a human: the server asks for one of {', '.join(challenge.methods)}")
        other = challenge.complete(otp=sandbox.outbox()[-1]["otp"])
        days.say(f"the one-time password is right: {other.state}, HTTP {call(sandbox, other)}")

        valid = other.validate()
        other.logout()
        days.say(f"the server knows the session: {valid}; logged out, here and there: {other.state}")
        session.logout()
        counts = sandbox.counts()
        names = ("login", "login_rejected", "register", "totp_reused", "account", "account_rejected", "logout")
        wire = {name: counts[name] for name in names}
        days.say("on the wire: " + ", ".join(f"{name} {count}" for name, count in wire.items()))
    expected = dict.fromkeys(names, 0) | {"login": 3, "register": 1, "account": 3, "logout": 2}
    if wire != expected:
        print(f"  this is not what was expected: {expected}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
