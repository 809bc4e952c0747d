"""Bad input: each has its error class and its field, and causes no traffic."""

from __future__ import annotations

import functools
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

import relatch
from support import check_invalid

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from relatch.testing import Sandbox

GOOD = {"username": "api_user", "password": "made up", "environment": "test"}


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("username", {"username": ""}),
        ("username", {"username": "u" * 256}),
        ("username", {"username": 7}),
        ("username", {"username": None}),
        ("password", {"password": ""}),
        ("password", {"password": "p" * 256}),
        ("password", {"password": 1234}),
        ("password", {"password": b"made up"}),
        ("password", {"password": "secret\ud800"}),
        ("password", {"password": None}),
        ("environment", {"environment": "staging"}),
        ("environment", {"environment": 1}),
        ("bearer", {"bearer": 1}),
        ("allow_insecure", {"allow_insecure": 1}),
        ("base_url", {"base_url": "https://api.example.com"}),
        ("base_url", {"environment": None, "base_url": "http://api.example.com"}),
        ("base_url", {"environment": None, "base_url": "https://user:secret@api.example.com"}),
        ("base_url", {"environment": None, "base_url": "https://api.example.com/?key=1"}),
        ("base_url", {"environment": None, "base_url": "https://api.example.com/#top"}),
        ("base_url", {"environment": None, "base_url": "ftp://api.example.com"}),
        ("base_url", {"environment": None, "base_url": "not a url"}),
        ("base_url", {"environment": None, "base_url": 80}),
    ],
)
def test_providers(field: str, change: dict[str, Any]) -> None:
    with pytest.raises(relatch.InvalidConfig) as refused:
        relatch.SevenG(**{**GOOD, **change})
    check_invalid(refused.value, field)


SYNAPSEWAVE: dict[str, Any] = {
    "base_url": "https://broker.example/prod/interactive",
    "user_id": "UCC123456",
    "api_key": "made up",
    "password": "made up",
}


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("base_url", {"base_url": None}),
        ("base_url", {"base_url": "http://broker.example/prod"}),
        ("base_url", {"base_url": "https://user:secret@broker.example"}),
        ("base_url", {"base_url": 80}),
        ("user_id", {"user_id": None}),
        ("user_id", {"user_id": " "}),
        ("user_id", {"user_id": 7}),
        ("api_key", {"api_key": None}),
        ("api_key", {"api_key": "secret\nkey"}),
        ("api_key", {"api_key": b"secret"}),
        ("api_key", {"api_key": "secret\ud800"}),
        ("x_api_key", {"x_api_key": "secret\ud800"}),
        ("sso_token", {"password": None, "sso_token": "secret\ud800"}),
        ("device_info", {"device_info": {"AppName": "secret\ud800"}}),
        ("password", {"password": ""}),
        ("password", {"password": 1234}),
        ("mpin", {"mpin": "739164"}),
        ("mpin", {"password": None, "mpin": "secret", "second_factor": relatch.Pan("made up")}),
        ("mpin", {"password": None, "mpin": 739164}),
        ("second_factor", {"password": None, "mpin": "739164"}),
        ("second_factor", {"password": None, "sso_token": "made up", "second_factor": relatch.Pan("made up")}),
        ("second_factor", {"password": None, "register_token": "made up"}),
        ("second_factor", {"password": None, "second_factor": relatch.Pan("made up")}),
        ("second_factor", {"second_factor": "123456"}),
        ("fingerprint", {"password": None, "fingerprint": ""}),
        ("sso_token", {"password": None, "sso_token": ""}),
        ("sso_token", {"password": None, "sso_token": 7}),
        ("sso_token", {"password": None, "sso_token": lambda _one, _two: "made up"}),
        ("sso_timeout", {"password": None, "sso_token": lambda: "made up", "sso_timeout": 0}),
        ("sso_timeout", {"password": None, "sso_token": lambda: "made up", "sso_timeout": True}),
        ("sandbox", {"sandbox": 5}),
        ("allow_insecure", {"allow_insecure": 1}),
        ("login_type", {"login_type": "MPIN"}),
        ("x_api_key", {"x_api_key": ""}),
        ("x_api_key", {"x_api_key": True}),
        ("source", {"source": "webapi"}),
        ("udid", {"udid": ""}),
        ("version", {"version": " "}),
        ("build_version", {"build_version": 22}),
        ("device_info", {"device_info": "made up"}),
        ("device_info", {"device_info": {"AppName": 7}}),
    ],
)
def test_synapsewave(field: str, change: dict[str, Any]) -> None:
    with pytest.raises(relatch.InvalidConfig) as refused:
        relatch.Synapsewave(**{**SYNAPSEWAVE, **change})
    check_invalid(refused.value, field)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("base_url", {"base_url": None}),
        ("user_id", {"user_id": None}),
        ("api_key", {"api_key": None}),
        ("password", {"password": ""}),
        ("x_api_key", {"x_api_key": 7}),
        ("version", {"version": ""}),
    ],
)
def test_dealers(field: str, change: dict[str, Any]) -> None:
    with pytest.raises(relatch.InvalidConfig) as refused:
        relatch.SynapsewaveDealer(**{**SYNAPSEWAVE, **change})
    check_invalid(refused.value, field)


def test_second_factors_are_refused_when_they_are_made() -> None:
    made: list[tuple[str, Any]] = [
        ("totp", lambda: relatch.Totp("")),
        ("totp", lambda: relatch.Totp("made up, not base32!")),
        ("totp", lambda: relatch.Totp("otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP")),
        ("totp", lambda: relatch.Totp(7)),  # type: ignore[arg-type]
        ("second_factor", lambda: relatch.Fingerprint(" ")),
        ("second_factor", lambda: relatch.Fingerprint(None)),  # type: ignore[arg-type]
        ("second_factor", lambda: relatch.Pan("")),
        ("second_factor", lambda: relatch.Pan(b"made up")),  # type: ignore[arg-type]
        ("callback", lambda: relatch.Otp("123456")),  # type: ignore[arg-type]
        ("callback", lambda: relatch.Otp(lambda _one, _two: "123456")),  # type: ignore[arg-type]
        ("timeout", lambda: relatch.Otp(lambda: "123456", timeout=0)),
        ("timeout", lambda: relatch.Otp(lambda: "123456", timeout=-1)),
        ("timeout", lambda: relatch.Otp(lambda: "123456", timeout=True)),
        ("second_factor", lambda: relatch.Pan("made up\ud800")),
        ("timeout", lambda: relatch.Otp(lambda: "123456", timeout=10**400)),
        ("second_factor", lambda: relatch.SecondFactor("made up", "value", "made up")),
        ("timeout", lambda: relatch.Otp(lambda: "123456", timeout="soon")),  # type: ignore[arg-type]
    ]
    for field, make in made:
        with pytest.raises(relatch.InvalidConfig) as refused:
            make()
        assert refused.value.field == field
        assert "made up" not in refused.value.message


def test_a_login_in_two_steps_needs_a_password(sandbox: Sandbox) -> None:
    for provider in (
        sandbox.seven_g(),
        sandbox.synapsewave_dealer(),
        sandbox.synapsewave(sso_token="made up"),
        sandbox.synapsewave(mpin="739164"),
    ):
        with pytest.raises(relatch.InvalidConfig) as refused:
            relatch.begin(provider)
        check_invalid(refused.value, "provider")
    with pytest.raises(relatch.InvalidConfig):
        relatch.begin(sandbox.synapsewave(credentials=False))
    assert sandbox.counts()["total"] == 0


@pytest.mark.parametrize(
    ("field", "options"),
    [
        ("relogin", {"relogin": "sometimes"}),
        ("relogin", {"relogin": True}),
        ("keep_alive", {"keep_alive": "yes"}),
        ("force", {"force": 1}),
        ("mandatory_margin", {"mandatory_margin": -1}),
        ("advisory_margin", {"advisory_margin": -0.5}),
        ("advisory_margin", {"advisory_margin": float("nan")}),
        ("timeout", {"timeout": 0}),
        ("timeout", {"timeout": True}),
        ("timeout", {"timeout": "soon"}),
        ("timeout", {"timeout": float("inf")}),
        ("exchange_timeout", {"exchange_timeout": 1e9}),
        ("exchange_timeout", {"exchange_timeout": 1e300}),
        ("exchange_timeout", {"exchange_timeout": 10**400}),
        ("ca_certificates", {"ca_certificates": "-----BEGIN \ud800"}),
        ("proxy", {"proxy": "http://secret\ud800@127.0.0.1:1"}),
        ("proxy", {"proxy": "::"}),
        ("proxy", {"proxy": 8080}),
        ("ca_certificates", {"ca_certificates": b"no certificate"}),
        ("ca_certificates", {"ca_certificates": "/nonexistent/certificates.pem"}),
        ("ca_certificates", {"ca_certificates": "a\0b"}),
        ("ca_certificates", {"ca_certificates": 7}),
        ("client_certificate", {"client_certificate": b"\xff"}),
        ("client_certificate", {"client_certificate": "/nonexistent/key.pem"}),
        ("client_certificate", {"client_certificate": "-----BEGIN CERTIFICATE-----"}),
        ("client_certificate", {"client_certificate": 7}),
        ("local_address", {"local_address": "eth0"}),
        ("local_address", {"local_address": 7}),
        ("address_family", {"address_family": "both"}),
        ("address_family", {"address_family": 4}),
        ("user_agent", {"user_agent": "two\nlines"}),
        ("user_agent", {"user_agent": b"bytes"}),
    ],
)
async def test_options(sandbox: Sandbox, field: str, options: Any) -> None:
    provider = sandbox.seven_g()
    for call in (
        lambda: relatch.login(provider, **options),
        lambda: relatch.resume(provider, ("access", "refresh"), **options),
        lambda: relatch.refresh(provider, ("access", "refresh"), **options),
    ):
        with pytest.raises(relatch.InvalidConfig) as refused:
            call()
        check_invalid(refused.value, field)
    with pytest.raises(relatch.InvalidConfig) as refused:
        await relatch.login_async(provider, **options)
    check_invalid(refused.value, field)
    assert sandbox.counts()["total"] == 0


@pytest.mark.parametrize(
    ("field", "tokens"),
    [
        ("access_token", {"access_token": ""}),
        ("access_token", {"access_token": "two\nlines"}),
        ("access_token", {"access_token": 7}),
        ("access_token", {"refresh_token": "refresh"}),
        ("refresh_token", ("access", "")),
        ("refresh_token", ("access", 7)),
        ("expires_at", ("access", None, "tomorrow")),
        ("expires_at", ("access", None, True)),
        ("expires_at", ("access", None, datetime(2030, 1, 1))),
        ("expires_at", ("access", None, float("nan"))),
        ("expires_at", ("access", None, 10**400)),
        ("access_token", ("secret\udcff",)),
        ("refresh_token", ("access", "secret\ud800")),
        ("tokens", {"access_token": "access", "token_type": "bearer"}),
        ("tokens", ()),
        ("tokens", "access"),
        ("tokens", None),
    ],
)
def test_tokens(sandbox: Sandbox, field: str, tokens: Any) -> None:
    with pytest.raises(relatch.InvalidConfig) as refused:
        relatch.resume(sandbox.seven_g(), tokens)
    check_invalid(refused.value, field)
    assert sandbox.counts()["total"] == 0


def test_a_login_without_credentials_is_refused_before_any_traffic(sandbox: Sandbox) -> None:
    with pytest.raises(relatch.InvalidConfig) as refused:
        relatch.login(sandbox.seven_g(credentials=False))
    check_invalid(refused.value, "username")
    assert sandbox.counts()["total"] == 0


def test_callbacks_are_plain_functions(sandbox: Sandbox) -> None:
    async def callback(_event: relatch.Event) -> None:
        """Would never be awaited."""

    class Callback:
        async def __call__(self, _event: relatch.Event) -> None:
            """Nor would this."""

    def generator(_event: relatch.Event) -> Iterator[None]:
        yield

    async def async_generator(_event: relatch.Event) -> AsyncIterator[None]:
        yield

    session = relatch.login(sandbox.seven_g())
    wrong: list[Any] = [callback, Callback(), None, generator, async_generator, functools.partial(callback)]
    wrong += [lambda: None, lambda _one, _two: None, lambda _event, *, name: name, functools.partial(len, "a")]
    for one in wrong:
        with pytest.raises(relatch.InvalidConfig) as refused:
            session.subscribe(one)
        check_invalid(refused.value, "callback")
    right: list[Any] = [print, [].append, lambda *_events: None, lambda event, other=1: (event, other), type, str]
    for one in right:
        session.subscribe(one).cancel()


def test_a_callback_that_yields_answers_nothing() -> None:
    def generator() -> Iterator[str]:
        yield "123456"

    with pytest.raises(relatch.InvalidConfig) as refused:
        relatch.Otp(generator)  # type: ignore[arg-type]
    check_invalid(refused.value, "callback")


def test_unknown_keywords_are_type_errors(sandbox: Sandbox) -> None:
    with pytest.raises(TypeError, match="colour"):
        relatch.login(sandbox.seven_g(), colour="red")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="colour"):
        relatch.SevenG(colour="red")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        relatch.login("api_user")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        relatch.Session()  # type: ignore[call-arg]


def test_certificates_may_be_a_file(sandbox: Sandbox, tmp_path: Path) -> None:
    empty = tmp_path / "certificates.pem"
    empty.write_text("nothing")
    with pytest.raises(relatch.InvalidConfig) as refused:
        relatch.login(sandbox.seven_g(), ca_certificates=empty)
    check_invalid(refused.value, "ca_certificates")


def test_a_token_that_is_no_jwt_is_used_for_twenty_minutes(sandbox: Sandbox) -> None:
    sandbox.configure(opaque_access_tokens=True)
    session = relatch.login(sandbox.seven_g())
    token = session.token()
    assert session.claims == {}
    sandbox.advance(700)
    assert session.token() == token
    sandbox.advance(480)
    assert session.token() != token


def test_an_oversized_answer_is_not_read_to_its_end(sandbox: Sandbox) -> None:
    sandbox.fault(on="login", fault="oversize", bytes=5 * 1024 * 1024)
    with pytest.raises(relatch.ProtocolError):
        relatch.login(sandbox.seven_g())
    assert sandbox.counts()["login"] == 1


def test_redirects_are_not_followed(sandbox: Sandbox) -> None:
    elsewhere = sandbox.url.replace("127.0.0.1", "localhost")
    sandbox.fault(on="login", fault="redirect", to=f"{elsewhere}/User/Login")
    with pytest.raises(relatch.ProtocolError):
        relatch.login(sandbox.seven_g())
    assert sandbox.counts()["total"] == 1
