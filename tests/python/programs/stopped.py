"""Makes one exchange in whose middle its parent stops it.

Usage: stopped.py URL refresh|login EXCHANGE_TIMEOUT
"""

from __future__ import annotations

import sys

import relatch

url, what, exchange_timeout = sys.argv[1], sys.argv[2], float(sys.argv[3])
provider = relatch.SevenG(username="api_user", password="made-up-password-1", base_url=url)


def begin() -> None:
    """Says that all is ready, and waits for the word to begin."""
    print("ready", flush=True)
    sys.stdin.readline()


if what == "login":
    begin()
    session = relatch.login(provider, exchange_timeout=exchange_timeout, timeout=exchange_timeout + 1)
    print("token", len(session.token()) > 0)
else:
    tokens = relatch.login(provider).tokens
    assert tokens is not None
    # Without credentials nothing but the answer saves the session.
    held = relatch.SevenG(base_url=url)
    session = relatch.resume(held, tokens, exchange_timeout=exchange_timeout, timeout=exchange_timeout + 1)
    begin()
    print("token", session.refresh().access_token != tokens.access_token)
