"""What a Synapsewave session gives: by blocking calls, by asyncio, and by a human in two steps."""

from __future__ import annotations

import asyncio
import copy
import pickle
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

import relatch
from relatch.testing import API_KEY, MPIN, PAN, SSO_TOKEN, TOTP_SECRET, UDID, USER_ID, USER_PASSWORD
from scenario_provider import newest_otp
from support import MORNING, Heard, call_balance

if TYPE_CHECKING:
    from relatch.testing import Sandbox


def test_login_and_use(sandbox: Sandbox) -> None:
    provider = sandbox.synapsewave()
    session = relatch.login(provider)
    assert session.headers() == {"Authorization": f"Bearer {session.token()}", "x-api-key": API_KEY}
    assert call_balance(sandbox, session.headers()) == 200
    assert (session.system, session.user, provider.user_id) == ("synapsewave", USER_ID, USER_ID)
    assert session.expires_at is not None
    # 23:59:59 in India.
    assert (session.expires_at + timedelta(hours=5, minutes=30)).strftime("%H:%M:%S") == "23:59:59"
    assert session.validate()
    session.logout()
    assert sandbox.counts()["logout"] == 1
    assert session.state == "closed"


async def test_login_and_use_by_asyncio(sandbox: Sandbox) -> None:
    async with await relatch.login_async(sandbox.synapsewave(second_factor=relatch.Pan(PAN))) as session:
        assert await session.validate_async()
        feed = await session.feed_async()
        assert feed == session.feed()
        first = await session.token_async()
        tokens = await session.refresh_async()
        assert tokens.access_token != first
        assert tokens.refresh_token is None
    assert sandbox.counts()["logout"] == 1
    with pytest.raises(relatch.ClosedError):
        await session.validate_async()


def test_a_session_that_the_server_ended_is_not_valid(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.synapsewave(second_factor=relatch.Pan(PAN)))
    sandbox.revoke(system="synapsewave", user_id=USER_ID)
    assert session.validate() is False
    assert call_balance(sandbox, session.headers()) == 200


def test_logging_out_waits_for_the_server_and_bears_its_failure(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.synapsewave(second_factor=relatch.Pan(PAN)))
    headers = session.headers()
    with session:
        sandbox.fault(on="logout", fault="answer", status=500, when="after")
    assert call_balance(sandbox, headers) == 401


def test_a_dealer_logs_in_without_a_second_factor(sandbox: Sandbox) -> None:
    provider = sandbox.synapsewave_dealer()
    with relatch.login(provider) as session:
        assert (session.system, session.user) == ("synapsewave_dealer", provider.user_id)
        assert session.validate()


def test_the_header_key_is_a_setting_of_its_own(sandbox: Sandbox) -> None:
    for given, expected in ((None, API_KEY), ("other", "other"), (False, None)):
        provider = sandbox.synapsewave(x_api_key=given, second_factor=relatch.Pan(PAN))
        assert relatch.login(provider).headers().get("x-api-key") == expected


def test_a_human_completes_a_login_in_a_script(sandbox: Sandbox) -> None:
    challenge = relatch.begin(sandbox.synapsewave(second_factor=None))
    assert challenge.methods == ("otp", "totp", "fingerprint")
    assert timedelta(minutes=15) <= challenge.expires_at - MORNING < timedelta(minutes=16)
    assert challenge.details["totp_enabled"] is True
    assert not any("token" in name for name in challenge.details)
    session = challenge.complete(otp=newest_otp(sandbox))
    assert call_balance(sandbox, session.headers()) == 200
    assert sandbox.counts() | {"register": 1, "login": 1, "account": 1, "total": 3} == sandbox.counts()


async def test_a_human_completes_a_login_in_a_notebook(sandbox: Sandbox) -> None:
    """Blocking calls work where an event loop runs already, as in the cells of a notebook."""
    assert asyncio.get_running_loop().is_running()
    challenge = relatch.begin(sandbox.synapsewave(second_factor=None))
    session = challenge.complete(totp=sandbox.totp(user_id=USER_ID))
    assert session.state == "active"


async def test_a_human_completes_a_login_by_asyncio(sandbox: Sandbox) -> None:
    challenge = await relatch.begin_async(sandbox.synapsewave(second_factor=None))
    with pytest.raises(relatch.InvalidConfig) as refused:
        await challenge.complete_async(otp="made up")
    assert refused.value.field == "otp"
    session = await challenge.complete_async(fingerprint=UDID)
    assert await session.validate_async()


def test_exactly_one_factor_completes_a_login(sandbox: Sandbox) -> None:
    challenge = relatch.begin(sandbox.synapsewave(second_factor=None))
    wrong: list[tuple[dict[str, Any], str]] = [
        ({}, "otp"),
        ({"totp": "123456", "otp": "123456"}, "otp"),
        ({"otp": 123456}, "otp"),
        ({"totp": b"123456"}, "totp"),
        ({"fingerprint": " "}, "fingerprint"),
    ]
    for factors, field in wrong:
        with pytest.raises(relatch.InvalidConfig) as refused:
            challenge.complete(**factors)
        assert refused.value.field == field
    with pytest.raises(relatch.InvalidConfig):
        challenge._complete("made up", "123456")
    assert sandbox.counts()["total"] == 1
    assert challenge.complete(otp=newest_otp(sandbox)).state == "active"


def test_an_error_carries_the_login_to_complete(sandbox: Sandbox) -> None:
    with pytest.raises(relatch.SecondFactorRequired) as required:
        relatch.login(sandbox.synapsewave(second_factor=None))
    error = required.value
    assert error.methods == ["otp", "totp", "fingerprint"]
    assert error.challenge is not None
    copied = pickle.loads(pickle.dumps(error))  # noqa: S301 its own
    assert (copied.methods, copied.challenge, str(copied)) == (error.methods, None, str(error))
    assert copy.copy(error).challenge is error.challenge
    assert error.challenge.complete(otp=newest_otp(sandbox)).state == "active"


def test_a_wrong_factor_ends_the_challenge(sandbox: Sandbox) -> None:
    challenge = relatch.begin(sandbox.synapsewave(second_factor=None))
    with pytest.raises(relatch.SecondFactorRejected):
        challenge.complete(otp="00000000")
    with pytest.raises(relatch.SecondFactorRequired) as over:
        challenge.complete(otp=newest_otp(sandbox))
    assert over.value.challenge is None


def test_the_profile_is_a_mapping_with_properties(sandbox: Sandbox) -> None:
    profile = relatch.login(sandbox.synapsewave()).profile
    assert (profile.user_id, profile["user_name"], profile.user_status) == (USER_ID, "TEST USER", 1)
    assert profile.exchanges == ["NSE_EQ", "BSE_EQ"]
    assert (profile.username, profile.roles, profile.secret("none")) == (None, None, None)
    assert set(profile) == set(profile.keys()) == {name for name, _ in profile.items()}
    assert len(profile) == len(dict(profile))
    secrets = [profile.session_token, profile.oc_token, profile.cft, profile.broadcast_token]
    shown = repr(profile) + str(list(profile.items()))
    assert all(secret is not None and secret not in shown for secret in secrets)
    assert profile.secret("oc_token") == profile.oc_token
    copied = copy.copy(profile)
    assert copied == profile == pickle.loads(pickle.dumps(profile))  # noqa: S301 its own
    assert copied.session_token is None
    with pytest.raises(TypeError):
        profile["user_id"] = "other"  # type: ignore[index]
    with pytest.raises(AttributeError):
        profile.user_id = "other"  # type: ignore[misc]


def test_a_property_is_none_where_the_type_is_another() -> None:
    profile = relatch.Profile({"user_status": True, "exchanges": "NSE_EQ", "mpin_enabled": 1, "poa": "0"})
    assert (profile.user_status, profile.exchanges, profile.mpin_enabled, profile.poa) == (None, None, None, "0")
    assert profile["exchanges"] == "NSE_EQ"


def test_the_feed_is_told_and_its_changes_announced(sandbox: Sandbox) -> None:
    sandbox.configure(synapsewave={"separate_broadcast_token": True})
    session = relatch.login(sandbox.synapsewave(second_factor=relatch.Pan(PAN)))
    heard = Heard(session)
    feed = session.feed(timeout=5)
    assert feed.url is not None
    assert feed.url.startswith("wss://")
    assert (feed.user, feed.token) == (USER_ID, session.profile.broadcast_token)
    assert feed.token not in repr(feed)
    session.refresh()
    assert [event.kind for event in heard.wait_for(2)] == ["logged_in", "feed_changed"]
    assert session.feed() != feed


def test_the_other_system_has_no_feed_and_cannot_be_asked(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.seven_g())
    for call in (session.feed, session.validate, lambda: relatch.begin(sandbox.seven_g())):
        with pytest.raises(relatch.InvalidConfig):
            call()
    assert sandbox.counts()["total"] == 1


def test_tokens_from_elsewhere_are_used_without_credentials(sandbox: Sandbox) -> None:
    tokens = relatch.login(sandbox.synapsewave()).tokens
    assert tokens is not None
    session = relatch.resume(sandbox.synapsewave(credentials=False), tokens)
    assert session.validate()
    assert session.profile.user_id == USER_ID
    with pytest.raises(relatch.ReloginRequired) as required:
        session.refresh()
    assert required.value.cause in {"no_refresh_token", "factor_required"}


def test_every_first_factor_logs_in(sandbox: Sandbox) -> None:
    factors: list[dict[str, Any]] = [
        {"mpin": MPIN, "second_factor": relatch.Fingerprint(UDID)},
        {"fingerprint": UDID, "second_factor": None},
        {"sso_token": SSO_TOKEN},
        {"password": USER_PASSWORD, "second_factor": relatch.Totp(f"otpauth://totp/x?secret={TOTP_SECRET.lower()}")},
        {"second_factor": relatch.Pan(PAN), "device_info": {"AppName": "made up"}, "udid": "u", "version": "2.0.0"},
    ]
    for settings in factors:
        assert relatch.login(sandbox.synapsewave(**settings)).validate()


def test_nothing_printed_or_copied_holds_a_secret(sandbox: Sandbox) -> None:
    factors = [relatch.Totp(TOTP_SECRET), relatch.Fingerprint(UDID), relatch.Pan(PAN), relatch.Otp(lambda: "123456")]
    assert [repr(factor) for factor in factors] == [f"{type(factor).__name__}([redacted])" for factor in factors]
    assert [factor.kind for factor in factors] == ["totp", "fingerprint", "pan", "otp"]
    provider, dealer = sandbox.synapsewave(), sandbox.synapsewave_dealer()
    account = relatch.SynapsewaveAccount(sandbox=sandbox, user_id=USER_ID)
    challenge = relatch.begin(sandbox.synapsewave(second_factor=None))
    assert repr(provider) == f"Synapsewave(user_id='{USER_ID}', base_url='{sandbox.synapsewave_url}')"
    assert "methods" in repr(challenge)
    feed, registration = relatch.login(provider).feed(), relatch.TotpRegistration("made up")
    for held in (*factors, provider, dealer, account, challenge, feed, registration):
        for action in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="neither pickled nor copied"):
                action(held)
