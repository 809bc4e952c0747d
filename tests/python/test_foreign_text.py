"""What a server says is never more than a few lines in a repr or an error, however much it says."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

import relatch
from between import Answer, Between
from support import Heard

if TYPE_CHECKING:
    from collections.abc import Callable

    from relatch.testing import Sandbox

MUCH = 1 << 20
# Characters that a repr, or an error, may have at most: a record has some members of 500 each.
FEW = 6_000
# What one claim, or one text of a profile, may have.
ONE_TEXT = (1 << 16) + 1
# What must stay as it is for the answer to be one at all.
KEPT = {"status", "type", "code", "errors", "result", "Authorization", "exp", "iat", "nbf"}


def _grown(value: Any, each: int, name: str = "") -> Any:
    """The same with much text in every text that is no token, and under names that nobody knows."""
    if isinstance(value, dict):
        grown = {key: _grown(inner, each, key) for key, inner in value.items()}
        return {**grown, "unknown": "u" * each, "nested": {"deep": ["d" * each]}} if name not in KEPT else grown
    if isinstance(value, list):
        return [_grown(inner, each, name) for inner in value]
    if not isinstance(value, str) or name in KEPT:
        return value
    # The first step's token is sent back to the server, which knows it.
    if value.startswith("eyJ") and "register" not in name.lower():
        head, claims, signature = value.split(".")
        more = {**json.loads(_decoded(claims)), "claim": "c" * each, "other": ["o" * each]}
        return ".".join((head, base64.urlsafe_b64encode(json.dumps(more).encode()).decode().rstrip("="), signature))
    return value if "token" in name.lower() else value + "v" * each


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _texts(value: Any) -> int:
    if isinstance(value, dict):
        return 2 + sum(_texts(inner) for inner in value.values())
    if isinstance(value, list):
        return sum(map(_texts, value))
    return 3 if isinstance(value, str) else 0


def much_of_everything(answer: Answer) -> Answer:
    """The answer, grown to nearly what is read of one."""
    try:
        value = json.loads(answer.body)
    except ValueError:
        return answer._replace(body=b"w" * (MUCH - 1))
    grown = _grown(value, (MUCH * 9 // 10 - len(answer.body)) // (_texts(value) + 4))
    return answer._replace(body=json.dumps(grown).encode())


def check_brief(*values: object) -> None:
    """Checks what is shown of each."""
    for value in values:
        for shown in (repr(value), str(value), f"{value}", *map(repr, getattr(value, "args", ()))):
            assert len(shown) <= FEW, f"{len(shown)} characters: {shown[:200]}"
    for error in (value for value in values if isinstance(value, BaseException)):
        assert len(repr(vars(error))) <= FEW
        beneath = error.__cause__ or error.__context__
        if beneath is not None:
            check_brief(beneath)


def _longest(value: Any) -> int:
    if isinstance(value, dict):
        return max([0, *(max(len(name), _longest(inner)) for name, inner in value.items())])
    if isinstance(value, (list, tuple)):
        return max([0, *map(_longest, value)])
    return len(value) if isinstance(value, str) else 0


def test_a_session_of_7g(sandbox: Sandbox) -> None:
    with Between(sandbox.url, much_of_everything) as between:
        provider = sandbox.seven_g(base_url=between.url)
        health = provider.health()
        assert 0 < len(health.body) <= 4096
        check_brief(health, *provider.lookup())
        session = relatch.login(provider)
        heard = Heard(session)
        session.refresh()
        check_brief(session, session.tokens, provider, *heard.wait_for(1))
        assert 1_000 < _longest(session.claims) <= ONE_TEXT
        session.logout()


def test_a_session_of_synapsewave(sandbox: Sandbox) -> None:
    with Between(sandbox.synapsewave_url, much_of_everything) as between:
        challenge = relatch.begin(sandbox.synapsewave(base_url=between.url, second_factor=None))
        check_brief(challenge)
        assert 1_000 < _longest(challenge.details) <= ONE_TEXT
        session = challenge.complete(otp=sandbox.outbox()[-1]["otp"])
        heard = Heard(session)
        check_brief(session, session.profile, session.feed(), session.tokens)
        assert 1_000 < _longest(session.claims) <= ONE_TEXT
        account = relatch.SynapsewaveAccount(sandbox=sandbox, user_id="UCC123456", base_url=between.url)
        assert len(account.send_otp()) <= FEW
        registration = account.register_totp(sandbox.outbox()[-1]["otp"])
        check_brief(account, registration)
        session.logout()
        check_brief(*heard.wait_for(1))


def _words(_answer: Answer) -> Answer:
    return Answer(200, "text/plain", b"word " * (MUCH // 5 - 1))


def _page(_answer: Answer) -> Answer:
    return Answer(403, "text/html", b"<html><head><title>" + b"title " * (MUCH // 7) + b"</title></head></html>")


def _message(_answer: Answer) -> Answer:
    return Answer(401, "application/json", json.dumps({"message": "m " * (MUCH // 3)}).encode())


def _names(_answer: Answer) -> Answer:
    return Answer(400, "application/json", json.dumps({"e" * (MUCH // 3): {"n" * (MUCH // 3): 1}}).encode())


def _type(_answer: Answer) -> Answer:
    return Answer(200, "text/" + "t" * 30_000, b"\x00" * (MUCH - 1))


def _codes(_answer: Answer) -> Answer:
    refusal = {"status": "error", "code": "c" * (MUCH // 4), "message": "m", "errors": ["e" * (MUCH // 2)]}
    return Answer(400, "application/json", json.dumps(refusal).encode())


def _too_much(_answer: Answer) -> Answer:
    return Answer(200, "application/json", b'{"accessToken": "' + b"a" * (2 * MUCH))


@pytest.mark.parametrize("change", [much_of_everything, _words, _page, _message, _names, _type, _codes, _too_much])
def test_errors(sandbox: Sandbox, change: Callable[[Answer], Answer]) -> None:
    refused: list[relatch.RelatchError] = []

    def note(call: Callable[[], object]) -> None:
        with pytest.raises(relatch.RelatchError) as raised:
            call()
        refused.append(raised.value)

    with Between(sandbox.url, change) as between:
        provider = sandbox.seven_g(base_url=between.url, username="nobody", password="wrong")
        note(lambda: relatch.login(provider, timeout=5))
        session = relatch.resume(provider, ("access", "refresh"), relogin="never", timeout=5)
        heard = Heard(session)
        note(session.refresh)
        note(lambda: relatch.refresh(provider, ("access", "other"), relogin="never", timeout=5))
        check_brief(*heard.wait_for(1))
        if change is not much_of_everything:
            note(provider.lookup)
    with Between(sandbox.synapsewave_url, change) as between:
        user = sandbox.synapsewave(base_url=between.url, password="wrong", second_factor=relatch.Pan("ABCDE1234F"))
        note(lambda: relatch.login(user, timeout=5))
        dealer = sandbox.synapsewave_dealer(base_url=between.url, password="wrong")
        note(lambda: relatch.login(dealer, timeout=5))
        account = relatch.SynapsewaveAccount(sandbox=sandbox, user_id="UCC123456", base_url=between.url)
        note(lambda: account.verify_otp("000000"))
    check_brief(*refused)
