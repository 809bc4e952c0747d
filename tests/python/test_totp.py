"""The codes that relatch sends are those of other implementations."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pyotp
import pytest

import relatch
from relatch.testing import TOTP_SECRET, USER_ID
from support import new_sandbox, retire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from relatch.testing import Sandbox

MONDAY_NINE = 1767583800
# RFC 6238, appendix B: the key of the vectors for SHA-1, and some of their times with the last six digits.
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
RFC_CODES = [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")]


@pytest.fixture
def sandbox_at() -> Iterator[Callable[[float], Sandbox]]:
    """Makes sandboxes whose clocks begin at a time and whose user has the key of the RFC."""
    made: list[Sandbox] = []

    def make(at: float, secret: str = RFC_SECRET) -> Sandbox:
        settings: dict[str, Any] = {"users": [{"user_id": USER_ID, "totp_secret": secret}]}
        made.append(new_sandbox({"starts_at": at, "synapsewave": settings}))
        return made[-1]

    yield make
    for sandbox in made:
        retire(sandbox)


@pytest.mark.parametrize(("at", "code"), RFC_CODES)
def test_codes_are_those_of_pyotp_and_of_the_rfc(sandbox_at: Callable[[float], Sandbox], at: int, code: str) -> None:
    """The sandbox checks with a generator of its own: a login shows that relatch made the same code."""
    sandbox = sandbox_at(at - at % 30)
    assert sandbox.totp(user_id=USER_ID) == pyotp.TOTP(RFC_SECRET).at(at) == code
    session = relatch.login(sandbox.synapsewave(second_factor=relatch.Totp(RFC_SECRET)))
    assert session.state == "active"
    assert sandbox.counts()["login_rejected"] == 0


@pytest.mark.parametrize(
    "text",
    [
        RFC_SECRET.lower(),
        " ".join(RFC_SECRET[index : index + 4] for index in range(0, len(RFC_SECRET), 4)),
        pyotp.TOTP(RFC_SECRET).provisioning_uri(name="a user", issuer_name="a broker"),
    ],
)
def test_a_secret_is_taken_as_people_copy_it(sandbox_at: Callable[[float], Sandbox], text: str) -> None:
    sandbox = sandbox_at(MONDAY_NINE)
    assert relatch.login(sandbox.synapsewave(second_factor=relatch.Totp(text))).state == "active"


@pytest.mark.parametrize("wrong_by", [3600, -3600])
def test_a_clock_that_is_an_hour_wrong_does_no_harm(sandbox_at: Callable[[float], Sandbox], wrong_by: int) -> None:
    sandbox = sandbox_at(MONDAY_NINE)
    sandbox.shift_wall(wrong_by)
    assert relatch.login(sandbox.synapsewave(second_factor=relatch.Totp(RFC_SECRET))).state == "active"
    assert sandbox.counts()["login_rejected"] == 0


def test_the_next_step_has_a_code_of_its_own(sandbox_at: Callable[[float], Sandbox]) -> None:
    sandbox = sandbox_at(MONDAY_NINE)
    provider = sandbox.synapsewave(second_factor=relatch.Totp(RFC_SECRET))
    relatch.login(provider)
    sandbox.advance(30)
    relatch.login(provider)
    assert sandbox.counts() | {"login": 2, "login_rejected": 0, "totp_reused": 0} == sandbox.counts()


def test_another_secret_is_refused_and_not_sent_again(sandbox_at: Callable[[float], Sandbox]) -> None:
    sandbox = sandbox_at(MONDAY_NINE)
    with pytest.raises(relatch.SecondFactorRejected) as rejected:
        # Too short for the next step's code, which would be tried as well.
        relatch.login(sandbox.synapsewave(second_factor=relatch.Totp(TOTP_SECRET)), timeout=5)
    assert rejected.value.server_code == "e-17"
    assert sandbox.counts()["login"] == 1
