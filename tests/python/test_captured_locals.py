"""No frame of relatch's shows a secret to what prints the locals of a traceback, such as pytest -l, rich and Sentry."""

from __future__ import annotations

import asyncio
import functools
import subprocess
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import relatch
from relatch import testing
from relatch.testing import Sandbox
from support import LIMIT, run_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CANARY = "canary-of-the-captured-locals"
PACKAGE = str(Path(relatch.__file__).parent)


def _takes_three(one: object, two: object, three: object) -> None:
    """No callback is like this."""


# What a secret may be wrapped in when it is given in the wrong place.
WRONG: list[Any] = [
    CANARY,
    f"{CANARY}\n",
    f"{CANARY}\ud800",
    f"https://user:{CANARY}@[",
    f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n",
    CANARY.encode(),
    {"password": CANARY},
    [CANARY],
    functools.partial(print, CANARY, CANARY),
    functools.partial(_takes_three, three=CANARY),
]
NETWORK = (
    *("exchange_timeout", "proxy", "ca_certificates", "client_certificate"),
    *("local_address", "address_family", "user_agent"),
)
OPTIONS = ("relogin", "keep_alive", "mandatory_margin", "advisory_margin", "timeout", "force", *NETWORK, "tiemout")
CONSTRUCTORS: dict[Any, dict[str, Any]] = {
    relatch.SevenG: {"username": "api_user", "password": "made up", "environment": "test"},
    relatch.Synapsewave: {"base_url": "https://broker.example", "user_id": "UCC1", "api_key": "made up"},
    relatch.SynapsewaveDealer: {"base_url": "https://broker.example", "user_id": "D1", "api_key": "made up"},
    relatch.SynapsewaveAccount: {"base_url": "https://broker.example", "user_id": "UCC1", "api_key": "made up"},
}
PARAMETERS = {
    relatch.SevenG: ("username", "password", "environment", "base_url", "bearer", "allow_insecure", "sandbox"),
    relatch.Synapsewave: (
        *("base_url", "user_id", "api_key", "password", "mpin", "fingerprint", "sso_token", "register_token"),
        *("login_type", "second_factor", "x_api_key", "source", "udid", "version", "build_version", "device_info"),
        *("allow_insecure", "sandbox"),
    ),
    relatch.SynapsewaveDealer: (
        *("base_url", "user_id", "password", "api_key", "x_api_key", "version", "build_version", "allow_insecure"),
        "sandbox",
    ),
    relatch.SynapsewaveAccount: ("base_url", "user_id", "api_key", "x_api_key", "source", "sandbox", *NETWORK),
}


def shown(error: BaseException) -> str:
    """What the frames of relatch show, of the error and of all that led to it."""
    texts: list[str] = []
    waiting: list[traceback.TracebackException | None] = [
        traceback.TracebackException.from_exception(error, capture_locals=True)
    ]
    while waiting:
        printed = waiting.pop()
        if printed is None:
            continue
        waiting += [printed.__cause__, printed.__context__]
        texts += printed.format_exception_only()
        texts += [repr(frame.locals) for frame in printed.stack if frame.filename.startswith(PACKAGE)]
    return "\n".join(texts)


class Calls:
    """Makes calls, and checks and counts those that raise."""

    def __init__(self) -> None:
        self.raised = 0

    def check(self, call: Callable[..., object], *arguments: Any, **keywords: Any) -> None:
        try:
            call(*arguments, **keywords)
        except (relatch.RelatchError, TypeError, AttributeError, ValueError) as error:
            self.note(error)

    async def check_async(self, call: Callable[..., Any], *arguments: Any, **keywords: Any) -> None:
        try:
            await call(*arguments, **keywords)
        except (relatch.RelatchError, TypeError, asyncio.CancelledError) as error:
            self.note(error)

    def note(self, error: BaseException) -> None:
        self.raised += 1
        assert CANARY not in shown(error)


@pytest.fixture
def calls() -> Iterator[Calls]:
    made = Calls()
    yield made
    assert made.raised > 0


@pytest.mark.parametrize("made", CONSTRUCTORS, ids=lambda made: str(made.__name__))
def test_constructors(calls: Calls, made: Any) -> None:
    for name in PARAMETERS[made]:
        for wrong in WRONG:
            calls.check(made, **{**CONSTRUCTORS[made], name: wrong})
    assert calls.raised > 4 * len(PARAMETERS[made])


def test_second_factors(calls: Calls) -> None:
    for made in (relatch.Totp, relatch.Otp, relatch.Fingerprint, relatch.Pan):
        for wrong in (*WRONG, None, "", 7):
            calls.check(lambda made=made, wrong=wrong: made(wrong))


@pytest.mark.parametrize("name", OPTIONS)
async def test_options(calls: Calls, name: str) -> None:
    provider = relatch.SevenG(environment="test")
    tokens = ("access", "refresh")
    for wrong in (text for text in WRONG if not callable(text)):
        options: Any = {name: wrong}
        for plain in (relatch.login, relatch.begin):
            calls.check(plain, provider, **options)
        calls.check(relatch.resume, provider, tokens, **options)
        if name in (*NETWORK, "tiemout"):
            calls.check(provider.health, **options, **_short(options))
            calls.check(provider.lookup, **options, **_short(options))
            await calls.check_async(provider.health_async, **options, **_short(options))
        for awaited in (relatch.login_async, relatch.begin_async):
            await calls.check_async(awaited, provider, **options)


def _short(options: dict[str, Any]) -> dict[str, Any]:
    return {} if "exchange_timeout" in options else {"exchange_timeout": 0.01}


async def test_what_is_no_provider(calls: Calls) -> None:
    for wrong in WRONG:
        for plain in (relatch.login, relatch.begin):
            calls.check(plain, wrong, proxy=CANARY)
        calls.check(relatch.resume, wrong, (CANARY, CANARY))
        calls.check(relatch.refresh, wrong, (CANARY, CANARY))
        await calls.check_async(relatch.login_async, wrong)
        await calls.check_async(relatch.refresh_async, wrong, (CANARY, CANARY))


async def test_tokens(calls: Calls) -> None:
    provider = relatch.SevenG(environment="test")
    several: list[Any] = [
        *WRONG,
        {"access_token": f"{CANARY}\n"},
        {"access_token": CANARY, "refresh_token": f"{CANARY}\n"},
        {"access_token": CANARY, "expires_at": CANARY},
        {"access_token": CANARY, "password": CANARY},
        (CANARY, CANARY, "tomorrow"),
        (CANARY, f"{CANARY}\ud800"),
        (CANARY, CANARY, 1, 2),
        relatch.Tokens(CANARY, refresh_token=f"{CANARY}\n"),
        relatch.Tokens(CANARY, refresh_token=[CANARY]),  # type: ignore[arg-type]
    ]
    for tokens in several:
        calls.check(relatch.resume, provider, tokens)
        calls.check(relatch.refresh, provider, tokens)
        await calls.check_async(relatch.refresh_async, provider, tokens)
    calls.check(setattr, relatch.Tokens("access"), "access_token", CANARY)


async def test_refusals_of_a_server(calls: Calls, sandbox: Sandbox) -> None:
    wrong: list[Callable[[], Any]] = [
        lambda: sandbox.seven_g(username=CANARY, password=CANARY),
        lambda: sandbox.synapsewave(password=CANARY, second_factor=relatch.Pan(testing.PAN)),
        lambda: sandbox.synapsewave(second_factor=relatch.Pan(CANARY)),
        lambda: sandbox.synapsewave(second_factor=relatch.Otp(lambda: CANARY)),
        lambda: sandbox.synapsewave(sso_token=CANARY),
        lambda: sandbox.synapsewave_dealer(password=CANARY),
    ]
    for make in wrong:
        calls.check(relatch.login, make(), timeout=5)
        await calls.check_async(relatch.login_async, make(), timeout=5)
        calls.check(relatch.refresh, make(), (CANARY, CANARY), timeout=5)
    assert calls.raised >= 2 * len(wrong)
    for name in ("username", "password", "base_url", "bearer"):
        calls.check(sandbox.seven_g, **{name: [CANARY]})
    for name in ("user_id", "password", "sso_token", "second_factor", "x_api_key", "colour"):
        calls.check(sandbox.synapsewave, **{name: [CANARY]})
        calls.check(sandbox.synapsewave_dealer, **{name: [CANARY]})
    calls.check(Sandbox, accounts=[{"username": "x", "password": CANARY}], colour=CANARY)
    calls.check(sandbox.configure, colour=CANARY)


async def test_a_challenge(calls: Calls, sandbox: Sandbox) -> None:
    challenge = relatch.begin(sandbox.synapsewave(second_factor=None))
    several: list[Any] = [
        {"otp": CANARY},
        {"otp": [CANARY]},
        {"totp": CANARY, "otp": CANARY},
        {"fingerprint": f"{CANARY}\n"},
        {"fingerprint": CANARY},
        {"otp": "123456"},
    ]
    for factors in several:
        calls.check(challenge.complete, **factors)
        await calls.check_async(challenge.complete_async, **factors)
    assert calls.raised == 2 * len(several)


async def test_a_session(calls: Calls, sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.seven_g())
    for wrong in (7, [CANARY], f"{CANARY}\ud800", {"Cookie": CANARY}):
        calls.check(session.report_unauthorized, wrong)
        await calls.check_async(session.report_unauthorized_async, wrong)
    for wrong in WRONG:
        calls.check(session.token, timeout=wrong)
        if not callable(wrong):
            calls.check(session.subscribe, wrong)
    session.logout()
    calls.check(session.report_unauthorized, CANARY)
    await calls.check_async(session.report_unauthorized_async, CANARY)


async def test_an_account(calls: Calls, sandbox: Sandbox) -> None:
    account = relatch.SynapsewaveAccount(sandbox=sandbox, user_id=testing.USER_ID)
    session = relatch.login(sandbox.synapsewave())
    for wrong in (CANARY, f"{CANARY}\ud800", [CANARY]):
        arguments: dict[str, tuple[Any, ...]] = {
            "verify_otp": (wrong,),
            "set_password": (wrong, wrong),
            "change_password": (wrong, wrong),
            "set_mpin": (wrong, wrong),
            "change_mpin": (wrong, wrong),
            "register_mpin": (session, wrong),
            "register_totp": (wrong,),
            "verify_totp": (session, wrong),
            "delete_totp": (wrong,),
        }
        for name, given in arguments.items():
            calls.check(getattr(account, name), *given)
            await calls.check_async(getattr(account, f"{name}_async"), *given)
    assert calls.raised == 2 * 3 * 9


async def test_what_is_cancelled(calls: Calls, sandbox: Sandbox) -> None:
    """The frames of coroutines are shown too."""
    sandbox.fault(on="any", fault="hold", times=None)
    awaited: list[Callable[[], Any]] = [
        lambda: relatch.login_async(sandbox.seven_g(password=CANARY)),
        lambda: relatch.refresh_async(sandbox.seven_g(), (CANARY, CANARY)),
    ]
    for number, call in enumerate(awaited, 1):
        task = asyncio.ensure_future(call())
        await asyncio.to_thread(sandbox.wait_for, "total", number, LIMIT)
        task.cancel()
        await calls.check_async(lambda task=task: task)
    sandbox.release()
    assert calls.raised == len(awaited)


def test_pytest_shows_no_secret_with_the_locals_of_a_traceback(tmp_path: Path) -> None:
    program = Path(__file__).parent / "programs" / "captured.py"
    command = [sys.executable, "-m", "pytest", "-l", "-p", "no:cacheprovider", "-c", "/dev/null", str(program)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=50, cwd=tmp_path, check=False)
    assert "9 failed" in ended.stdout, ended.stdout[-3000:]
    # It did show locals of relatch's frames.
    assert "[redacted]" in ended.stdout
    assert "canary" not in ended.stdout + ended.stderr


def test_what_interrupts_a_call_shows_no_secret() -> None:
    ended = run_program("captured.py", "interrupted")
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert "KeyboardInterrupt" in ended.stdout
    assert "canary" not in ended.stdout
