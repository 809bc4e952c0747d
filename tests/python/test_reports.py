"""What a report of a refused request takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import relatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from relatch.testing import Sandbox

SENT: dict[str, Callable[[str], Any]] = {
    "the token": lambda token: token,
    "the header's value": lambda token: f"Bearer {token}",
    "a value in other letters": lambda token: f"bearer  {token}",
    "the headers": lambda token: {"Version": "2.0", "Authorization": token},
    "headers in other letters": lambda token: {"authorization": f"Bearer {token}"},
    "headers of bytes": lambda token: {"Authorization": token.encode()},
    "a list of headers": lambda token: [("Version", "2.0"), ("Authorization", token)],
    "a list of bytes": lambda token: [(b"authorization", f"Bearer {token}".encode())],
    "what relatch gave": lambda token: {"Authorization": token, "Version": "2.0"},
}


@pytest.mark.parametrize("form", SENT)
async def test_what_was_sent_is_taken_in_every_form(sandbox: Sandbox, form: str) -> None:
    session = relatch.login(sandbox.seven_g())
    token = session.token()
    sandbox.advance(6)
    following = session.report_unauthorized(SENT[form](token))
    assert following not in {token, ""}
    assert sandbox.counts()["refresh"] == 1
    sandbox.advance(61)
    assert await session.report_unauthorized_async(SENT[form](following)) not in {token, following}
    assert sandbox.counts()["refresh"] == 2


@pytest.mark.parametrize(
    "sent", ["nonsense", "", "Bearer ey.not.ours", {}, {"Cookie": "x"}, [], [7], 7, None, b"token"]
)
async def test_what_was_never_the_sessions_is_refused(sandbox: Sandbox, sent: Any) -> None:
    session = relatch.login(sandbox.seven_g())
    with pytest.raises(relatch.InvalidConfig) as refused:
        session.report_unauthorized(sent)
    assert refused.value.field in {"token", "headers"}
    with pytest.raises(relatch.InvalidConfig):
        await session.report_unauthorized_async(sent)
    assert sandbox.counts()["refresh"] == 0
