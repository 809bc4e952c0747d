"""The client that manages a user's factors, by blocking calls and by asyncio."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pyotp
import pytest

import relatch
from relatch.testing import API_KEY, MPIN, PAN, UDID, USER_ID, USER_PASSWORD
from scenario_provider import newest_otp
from support import MORNING

if TYPE_CHECKING:
    from collections.abc import Callable

    from relatch.testing import Sandbox

NEW = "made-up-password-9"


@pytest.fixture
def account(sandbox: Sandbox) -> relatch.SynapsewaveAccount:
    return relatch.SynapsewaveAccount(sandbox=sandbox, user_id=USER_ID)


@pytest.fixture
def session(sandbox: Sandbox) -> relatch.Session:
    return relatch.login(sandbox.synapsewave(second_factor=relatch.Pan(PAN)))


def test_a_password_is_reset_by_otp(sandbox: Sandbox, account: relatch.SynapsewaveAccount) -> None:
    assert account.send_otp()
    token = account.verify_otp(newest_otp(sandbox))
    assert account.set_password(token, NEW)
    assert relatch.login(sandbox.synapsewave(password=NEW)).state == "active"


async def test_a_password_is_changed(sandbox: Sandbox, account: relatch.SynapsewaveAccount) -> None:
    with pytest.raises(relatch.InvalidCredentials):
        await account.change_password_async("made-up-wrong-1", NEW)
    assert await account.change_password_async(USER_PASSWORD, NEW)
    assert (await relatch.login_async(sandbox.synapsewave(password=NEW))).state == "active"


def test_an_mpin_is_registered_changed_and_reset(
    sandbox: Sandbox, account: relatch.SynapsewaveAccount, session: relatch.Session
) -> None:
    assert account.register_mpin(session, "0042", udid="made-up-udid-9")
    assert account.change_mpin("0042", "4200")
    assert account.send_mpin_otp()
    assert account.set_mpin(MPIN, newest_otp(sandbox), udid=UDID)
    factor = relatch.Fingerprint(UDID)
    assert relatch.login(sandbox.synapsewave(mpin=MPIN, second_factor=factor)).state == "active"


async def test_an_authenticator_is_registered_and_deleted(
    sandbox: Sandbox, account: relatch.SynapsewaveAccount, session: relatch.Session
) -> None:
    await account.send_otp_async()
    registration = await account.register_totp_async(newest_otp(sandbox), app_name="made up")
    assert isinstance(registration, relatch.TotpRegistration)
    assert registration.user_id == USER_ID
    assert registration.secret not in repr(registration)
    assert registration.qr_image is not None
    assert registration.qr_image not in repr(registration)
    code = pyotp.TOTP(registration.secret).at(MORNING)
    assert await account.verify_totp_async(session, code)
    factor = relatch.Totp(registration.secret)
    sandbox.advance(30)
    assert (await relatch.login_async(sandbox.synapsewave(second_factor=factor))).state == "active"
    assert account.delete_totp(session)
    assert "totp" not in relatch.begin(sandbox.synapsewave(second_factor=None)).methods


def test_what_cannot_be_right_is_refused_before_any_traffic(
    sandbox: Sandbox, account: relatch.SynapsewaveAccount
) -> None:
    refused: dict[str, Callable[[], object]] = {
        "otp": lambda: account.verify_otp("made up"),
        "mpin": lambda: account.set_mpin("12", "123456"),
        "udid": lambda: account.set_mpin(MPIN, "123456", udid="u" * 51),
        "old_password": lambda: account.change_password(7, NEW),  # type: ignore[arg-type]
        "new_password": lambda: account.change_password(USER_PASSWORD, " "),
        "temp_token": lambda: account.set_password("made up\ud800", NEW),
        "session": lambda: account.delete_totp(None),  # type: ignore[arg-type]
        "user_id": lambda: relatch.SynapsewaveAccount(sandbox=sandbox),
        "api_key": lambda: relatch.SynapsewaveAccount(base_url=sandbox.synapsewave_url, user_id=USER_ID),
        "base_url": lambda: relatch.SynapsewaveAccount(api_key=API_KEY, user_id=USER_ID),
        "source": lambda: relatch.SynapsewaveAccount(sandbox=sandbox, user_id=USER_ID, source="DEALERAPI"),  # type: ignore[arg-type]
        "x_api_key": lambda: relatch.SynapsewaveAccount(sandbox=sandbox, user_id=USER_ID, x_api_key=True),  # type: ignore[arg-type]
        "exchange_timeout": lambda: relatch.SynapsewaveAccount(sandbox=sandbox, user_id=USER_ID, exchange_timeout=0),
    }
    for field, call in refused.items():
        with pytest.raises(relatch.InvalidConfig) as error:
            call()
        assert error.value.field == field
    assert sandbox.counts()["total"] == 0


def test_a_session_of_another_system_is_refused(sandbox: Sandbox, account: relatch.SynapsewaveAccount) -> None:
    for session in (relatch.login(sandbox.seven_g()), "a token"):
        with pytest.raises(relatch.InvalidConfig) as error:
            account.delete_totp(session)  # type: ignore[arg-type]
        assert error.value.field == "session"


def test_every_method_has_a_twin_for_asyncio() -> None:
    methods = {name: method for name, method in vars(relatch.SynapsewaveAccount).items() if inspect.isfunction(method)}
    public = [name for name in methods if not name.startswith("_") and not name.endswith("_async")]
    assert len(public) == 11
    for name in public:
        assert inspect.iscoroutinefunction(methods[f"{name}_async"])
        assert inspect.signature(methods[name]) == inspect.signature(methods[f"{name}_async"])
        assert methods[name].__doc__
