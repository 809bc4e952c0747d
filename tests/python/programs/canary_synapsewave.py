"""Goes through the flows and errors of Synapsewave with logging at its loudest, and prints all that can be printed.

Usage: canary_synapsewave.py FILE; the secrets that were used are written to FILE, a line each.
"""

from __future__ import annotations

import asyncio
import json
import pathlib
import sys
import urllib.request
from typing import TYPE_CHECKING, Any

import relatch
from failing import failing
from relatch import testing
from relatch.testing import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

API_KEY = "canary-of-the-api-key"
HEADER_KEY = "canary-of-the-header-key"
WRONG = "canary-of-a-wrong-value"
secrets: set[str] = {
    *(API_KEY, HEADER_KEY, WRONG, testing.USER_PASSWORD, testing.DEALER_PASSWORD, testing.SSO_TOKEN),
    *(testing.TOTP_SECRET, testing.PAN, testing.UDID, testing.MPIN),
}
sandboxes: list[Sandbox] = []


def fresh(**settings: Any) -> Sandbox:
    """A sandbox whose keys are canaries."""
    api = {"api_key": API_KEY, "x_api_key": HEADER_KEY, "sso_single_use": False, "separate_broadcast_token": True}
    sandbox = Sandbox(synapsewave={**api, **settings})
    sandboxes.append(sandbox)
    return sandbox


def provider(sandbox: Sandbox, **settings: Any) -> relatch.Synapsewave:
    return sandbox.synapsewave(x_api_key=HEADER_KEY, **settings)


def remember(session: relatch.Session) -> None:
    """Notes what must not be seen, and shows all else."""
    tokens, profile = session.tokens, session.profile
    if tokens is not None:
        secrets.update((tokens.access_token, tokens.access_token.rsplit(".", 1)[-1], session.feed().token))
        print(session.feed())
    found = (profile.session_token, profile.oc_token, profile.cft, profile.broadcast_token)
    secrets.update(filter(None, found))
    print(repr(session), str(session), repr(tokens), repr(profile), dict(profile))


def newest(sandbox: Sandbox) -> str:
    otp: str = sandbox.outbox()[-1]["otp"]
    secrets.add(otp)
    return otp


def register_token(sandbox: Sandbox) -> str:
    """The token of a first step, by a plain HTTP client: relatch never hands it out."""
    body = {
        "user_id": testing.USER_ID,
        "login_type": "PASSWORD",
        "password": testing.USER_PASSWORD,
        "second_auth_type": "REGISTER",
        "api_key": API_KEY,
        "source": "WEBAPI",
    }
    headers = {"Content-Type": "application/json", "x-api-key": HEADER_KEY}
    url = f"{sandbox.synapsewave_url}/authentication/v1/user/session"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310 the sandbox
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        token: str = json.load(answer)["data"]["register_token"]
    secrets.add(token)
    return token


def every_factor() -> None:
    sandbox = fresh()
    factors: list[dict[str, Any]] = [
        {},
        {"second_factor": relatch.Pan(testing.PAN)},
        {"second_factor": relatch.Otp(lambda: newest(sandbox))},
        {"mpin": testing.MPIN, "second_factor": relatch.Fingerprint(testing.UDID)},
        {"fingerprint": testing.UDID, "second_factor": None},
        {"sso_token": testing.SSO_TOKEN},
        {"sso_token": lambda: testing.SSO_TOKEN},
        {"register_token": register_token(sandbox), "second_factor": relatch.Fingerprint(testing.UDID)},
    ]
    for settings in factors:
        held = provider(sandbox, udid=testing.UDID, **settings)
        session = relatch.login(held, exchange_timeout=5)
        session.subscribe(lambda event: print(event.kind, event.code, event.cause))
        remember(session)
        print(repr(held), held.__dict__ if hasattr(held, "__dict__") else "", settings.get("second_factor"))
        print(session.validate())
        session.logout()
    dealer = relatch.login(sandbox.synapsewave_dealer(x_api_key=HEADER_KEY))
    remember(dealer)
    dealer.logout()


def in_two_steps() -> None:
    sandbox = fresh()
    challenge = relatch.begin(provider(sandbox, second_factor=None))
    print(repr(challenge), str(challenge), challenge.details, challenge.methods)
    for factors in ({"otp": WRONG}, {"totp": WRONG}, {}):
        with failing(relatch.InvalidConfig):
            challenge.complete(**factors)
    remember(challenge.complete(otp=newest(sandbox)))
    other = relatch.begin(provider(sandbox, second_factor=None))
    with failing(relatch.RelatchError):
        other.complete(fingerprint=WRONG)
    other = relatch.begin(provider(sandbox, second_factor=None))
    with failing(relatch.SecondFactorRejected):
        other.complete(otp="00000000")


def by_account() -> None:
    sandbox = fresh()
    account = relatch.SynapsewaveAccount(sandbox=sandbox, user_id=testing.USER_ID, x_api_key=HEADER_KEY)
    print(repr(account), account.send_otp())
    token = account.verify_otp(newest(sandbox))
    secrets.add(token)
    print(account.set_password(token, WRONG))
    account.send_otp()
    registration = account.register_totp(newest(sandbox))
    secrets.update(filter(None, (registration.secret, registration.qr_image)))
    print(repr(registration))
    with failing(relatch.RelatchError):
        account.change_password(testing.USER_PASSWORD, WRONG + "2")
    with failing(relatch.RelatchError):
        account.change_mpin("1234" if testing.MPIN == "4321" else "4321", testing.MPIN)
    with failing(relatch.InvalidConfig):
        account.set_mpin(WRONG, "123456")


def callbacks() -> None:
    sandbox = fresh()

    def raises() -> str:
        raise ValueError

    async def answers_nonsense() -> str:
        return WRONG

    for callback in (raises, answers_nonsense):
        with failing(relatch.SecondFactorRequired):
            relatch.login(provider(sandbox, second_factor=relatch.Otp(callback)))
        with failing(relatch.SecondFactorRequired):
            asyncio.run(relatch.login_async(provider(sandbox, second_factor=relatch.Otp(callback))))


def refusals() -> None:
    wrong: list[Callable[[Sandbox], relatch.Synapsewave]] = [
        lambda sandbox: provider(sandbox, password=WRONG),
        lambda sandbox: provider(sandbox, second_factor=relatch.Pan(WRONG)),
        lambda sandbox: provider(sandbox, second_factor=relatch.Fingerprint(WRONG)),
        lambda sandbox: provider(sandbox, second_factor=relatch.Totp("GEZDGNBVGY3TQOJQ")),
        lambda sandbox: provider(sandbox, sso_token=WRONG),
        lambda sandbox: provider(sandbox, register_token=WRONG, second_factor=relatch.Fingerprint(testing.UDID)),
        lambda sandbox: provider(sandbox, api_key=WRONG),
        lambda sandbox: sandbox.synapsewave(x_api_key=WRONG),
        lambda sandbox: provider(sandbox, mpin=WRONG),
        lambda sandbox: provider(sandbox, base_url=f"https://u:{WRONG}@broker.example"),
    ]
    for make in wrong:
        sandbox = fresh()
        with failing(relatch.RelatchError):
            relatch.login(make(sandbox), timeout=5)
    secrets.add("GEZDGNBVGY3TQOJQ")
    with failing(relatch.InvalidConfig):
        relatch.Totp(WRONG + "!")


def faults() -> None:
    """Answers that cannot be read, some of which repeat what was sent."""
    echo = json.dumps(
        {"status": "error", "code": WRONG, "message": f"{testing.USER_PASSWORD} {API_KEY}", "errors": testing.PAN}
    )
    kinds: list[dict[str, Any]] = [
        {"fault": "drop"},
        {"fault": "half", "when": "after"},
        {"fault": "garbage"},
        {"fault": "answer", "status": 400, "body": echo},
        {"fault": "answer", "status": 406, "body": f"<html>{testing.PAN}</html>"},
        {"fault": "answer", "status": 500, "body": echo},
        {"fault": "answer", "status": 429, "retry_after": 900},
    ]
    for kind in kinds:
        sandbox = fresh()
        sandbox.fault(on="login", times=None, **kind)
        with failing(relatch.RelatchError):
            relatch.login(provider(sandbox, second_factor=relatch.Pan(testing.PAN)), timeout=2)


every_factor()
in_two_steps()
by_account()
callbacks()
refusals()
faults()
pathlib.Path(sys.argv[1]).write_text("\n".join(sorted(secrets)), encoding="utf-8")
