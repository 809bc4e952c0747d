"""The sandbox as users of `relatch.testing` see it."""

from __future__ import annotations

import pytest

import relatch
from relatch.testing import PAN, USER_ID, USER_PASSWORD, Sandbox
from support import call_account


def test_settings_may_be_a_mapping_or_keywords() -> None:
    accounts = [{"username": "other_user", "password": "made up"}]
    with Sandbox({"accounts": accounts, "pascal_case": True}, access_token_lifetime=60) as sandbox:
        session = relatch.login(sandbox.seven_g(username="other_user", password="made up"))
        assert call_account(sandbox, session.headers()) == 200
        with pytest.raises(relatch.InvalidCredentials):
            relatch.login(sandbox.seven_g(username="nobody_here"))


def test_what_it_does_not_know_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="colour"):
        Sandbox(colour="red")
    with Sandbox() as sandbox:
        for name, body in (("paint", {}), ("fault", {"on": "login"}), ("advance", {"seconds": -1}), ("advance", {})):
            with pytest.raises(ValueError, match=r"\w"):
                sandbox.control(name, **body)
        with pytest.raises(TimeoutError, match="colours"):
            sandbox.wait_for("colours", 1)
        with pytest.raises(TimeoutError):
            sandbox.wait_for("login", 1, timeout=0.01)


def test_it_can_be_steered(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.seven_g())
    sandbox.fault(on="account", fault="answer", status=500, times=None)
    assert call_account(sandbox, session.headers()) == 500
    sandbox.clear_faults()
    assert call_account(sandbox, session.headers()) == 200
    sandbox.revoke(username="api_user", what="access")
    assert call_account(sandbox, session.headers()) == 401
    sandbox.configure(blocked=True)
    with pytest.raises(relatch.AccessDenied):
        relatch.login(sandbox.seven_g())
    sandbox.shift_wall(3600)
    assert sandbox.counts()["account"] == 3
    assert [entry["kind"] for entry in sandbox.audit()] == ["login", "account", "account", "account", "login"]
    sandbox.down()
    with pytest.raises(ConnectionError):
        call_account(sandbox, {})
    sandbox.up()
    assert call_account(sandbox, {}) == 401
    assert repr(sandbox) == f"Sandbox('{sandbox.url}')"


def test_its_synapsewave_side_can_be_steered(sandbox: Sandbox) -> None:
    assert sandbox.synapsewave_url == f"{sandbox.url}/prod/interactive"
    assert sandbox.outbox() == []
    otp = sandbox.send_otp(user_id=USER_ID)
    (sent,) = sandbox.outbox()
    assert (sent["user_id"], sent["purpose"], sent["otp"]) == (USER_ID, "login", otp)
    assert sandbox.totp(user_id=USER_ID).isdigit()
    for call in (sandbox.send_otp, sandbox.totp):
        with pytest.raises(ValueError, match="NOBODY"):
            call(user_id="NOBODY")
    session = relatch.login(sandbox.synapsewave())
    sandbox.revoke(system="synapsewave", user_id=USER_ID)
    assert not session.validate()


def test_a_provider_takes_address_and_key_from_the_sandbox() -> None:
    with Sandbox(synapsewave={"api_key": "made-up-api-key-9", "path_prefix": "/other"}) as sandbox:
        factor = relatch.Pan(PAN)
        provider = relatch.Synapsewave(sandbox=sandbox, user_id=USER_ID, password=USER_PASSWORD, second_factor=factor)
        assert provider.base_url == f"{sandbox.url}/other"
        assert relatch.login(provider).headers()["x-api-key"] == "made-up-api-key-9"
        with pytest.raises(relatch.AccessDenied):
            relatch.login(sandbox.synapsewave(api_key="another", second_factor=factor))
