"""Logs in and out, and says when; another process looks at its memory meanwhile.

Usage: memory.py URL SYNAPSEWAVE_URL PASSWORD USER_PASSWORD. The passwords come masked, and so do the refresh tokens
that are printed. Python does not wipe its own texts: this program wipes those that it made.
"""

from __future__ import annotations

import ctypes
import gc
import sys

import relatch
from relatch.testing import API_KEY, PAN, USER_ID, USERNAME

MASK = 0xAA
# Where the characters of an ASCII text begin, behind what Python notes of it.
OFFSET = sys.getsizeof("") - 1


def unmasked(written: str) -> str:
    """The text of a masked one, with no other copy of it left behind."""
    letters = bytearray(len(written) // 2)
    for place in range(len(letters)):
        letters[place] = int(written[2 * place : 2 * place + 2], 16) ^ MASK
    text = letters.decode("ascii")
    for place in range(len(letters)):
        letters[place] = 0
    return text


def wipe(text: str) -> None:
    assert text.isascii()
    ctypes.memset(id(text) + OFFSET, 0, len(text))


def show_refresh_token(session: relatch.Session) -> None:
    tokens = session.tokens
    assert tokens is not None
    assert tokens.refresh_token is not None
    print("".join(f"{ord(letter) ^ MASK:02x}" for letter in tokens.refresh_token), flush=True)
    wipe(tokens.refresh_token)
    wipe(tokens.access_token)


def main(url: str, synapsewave_url: str, password: str, user_password: str) -> None:
    password, user_password = unmasked(password), unmasked(user_password)
    seven_g = relatch.SevenG(username=USERNAME, password=password, base_url=url)
    synapsewave = relatch.Synapsewave(
        base_url=synapsewave_url,
        user_id=USER_ID,
        api_key=API_KEY,
        password=user_password,
        second_factor=relatch.Pan(PAN),
    )
    wipe(password)
    wipe(user_password)
    sessions = [relatch.login(seven_g), relatch.login(synapsewave)]
    show_refresh_token(sessions[0])
    wipe(sessions[0].refresh().access_token)
    show_refresh_token(sessions[0])
    print("open", flush=True)
    sys.stdin.readline()
    for session in sessions:
        session.logout()
    del session, sessions, seven_g, synapsewave
    gc.collect()
    print("over", flush=True)
    sys.stdin.readline()


main(*sys.argv[1:])
