"""What type checkers see: mypy checks this file, and its claims hold at run time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import relatch
from relatch import _relatch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from typing_extensions import assert_type

    from relatch.testing import Sandbox
else:

    def assert_type(value: object, _type: object) -> object:
        return value


State = Literal["new", "logging_in", "active", "refreshing", "challenged", "needs_login", "closed"]


async def test_results_have_the_types_that_are_promised(sandbox: Sandbox) -> None:
    options: relatch.Options = {"relogin": "never", "timeout": 5, "keep_alive": True, "ca_certificates": None}
    provider = assert_type(sandbox.seven_g(), relatch.SevenG)
    session = assert_type(relatch.login(provider, **options), relatch.Session)
    other = assert_type(await relatch.login_async(provider, timeout=5), relatch.Session)
    texts = [assert_type(session.token(), str), assert_type(await other.token_async(timeout=1), str)]
    texts.append(assert_type(session.report_unauthorized(texts[0]), str))
    assert all(isinstance(text, str) for text in texts)
    assert isinstance(assert_type(session.headers(), dict[str, str]), dict)
    assert isinstance(assert_type(await session.headers_async(), dict[str, str]), dict)
    tokens = assert_type(session.refresh(), relatch.Tokens)
    assert isinstance(assert_type(tokens.expires_at, "datetime | None"), datetime)
    assert isinstance(assert_type(tokens.refresh_token, "str | None"), str)
    assert isinstance(assert_type(relatch.resume(provider, tokens), relatch.Session), relatch.Session)
    assert isinstance(assert_type(await relatch.refresh_async(provider, tokens), relatch.Tokens), relatch.Tokens)
    assert assert_type(other.state, State) == "active"
    assert isinstance(assert_type(other.claims, dict[str, Any]), dict)
    subscription = assert_type(session.subscribe(lambda event: assert_type(event, relatch.Event)), relatch.Subscription)
    subscription.cancel()
    assert isinstance(assert_type(provider.health(), relatch.Health), relatch.Health)
    assert isinstance(assert_type(provider.lookup(), list[relatch.LookupEntry]), list)
    async with session as same:
        assert assert_type(same, relatch.Session) is session


async def test_results_of_synapsewave_have_the_types_that_are_promised(sandbox: Sandbox) -> None:
    async def ask(question: relatch.Question) -> str:
        assert_type(question.methods, tuple[str, ...])
        return str(sandbox.outbox()[-1]["otp"])

    factors: list[relatch.SecondFactor] = [
        relatch.Totp("JBSWY3DPEHPK3PXP"),
        relatch.Otp(ask),
        relatch.Otp(lambda: "123456", timeout=5),
        relatch.Fingerprint("made up"),
        relatch.Pan("made up"),
    ]
    kinds = [assert_type(factor.kind, Literal["totp", "otp", "fingerprint", "pan"]) for factor in factors]
    assert set(kinds) == set(_relatch.FACTOR_KINDS)
    provider = relatch.Synapsewave(
        sandbox=sandbox, user_id="UCC123456", password="made-up-password-2", second_factor=relatch.Otp(ask)
    )
    session = assert_type(await relatch.login_async(provider), relatch.Session)
    challenge = assert_type(relatch.begin(provider), relatch.Challenge)
    assert assert_type(challenge.methods, tuple[str, ...])
    assert isinstance(assert_type(challenge.expires_at, datetime), datetime)
    assert isinstance(assert_type(challenge.details, dict[str, Any]), dict)
    assert isinstance(assert_type(challenge.complete(otp=await ask_now(ask)), relatch.Session), relatch.Session)
    profile = assert_type(session.profile, relatch.Profile)
    assert isinstance(assert_type(profile.exchanges, "list[str] | None"), list)
    assert isinstance(assert_type(profile.session_token, "str | None"), str)
    assert isinstance(assert_type(await session.validate_async(), bool), bool)
    assert assert_type(session.challenge, "relatch.Challenge | None") is None
    feed = assert_type(session.feed(), relatch.Feed)
    assert isinstance(assert_type(feed.url, "str | None"), str)


async def ask_now(ask: Callable[[relatch.Question], Awaitable[str]]) -> str:
    return await ask(relatch.Question("otp", "synapsewave"))


def test_a_wrong_option_is_an_error_to_type_checkers_too(sandbox: Sandbox) -> None:
    mistakes: list[str] = []
    try:
        relatch.login(sandbox.seven_g(), relogin="sometimes")  # type: ignore[arg-type]
    except relatch.InvalidConfig as error:
        mistakes.append(assert_type(error.field, "str | None") or "")
    try:
        relatch.SevenG(user="api_user")  # type: ignore[call-arg]
    except TypeError as error:
        mistakes.append(str(error))
    assert mistakes[0] == "relogin"
    assert "user" in mistakes[1]
