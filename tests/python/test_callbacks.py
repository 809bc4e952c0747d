"""Callbacks for one-time passwords and SSO tokens: each is asked once, and nothing that it does harms the process."""

from __future__ import annotations

import asyncio
import functools
import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

import relatch
from relatch._question_dispatcher import dispatcher
from relatch.testing import SSO_TOKEN, USER_ID
from scenario_provider import newest_otp
from support import LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from relatch.testing import Sandbox


def provider(sandbox: Sandbox, callback: Callable[..., Any], timeout: float = 120.0) -> relatch.Synapsewave:
    return sandbox.synapsewave(second_factor=relatch.Otp(callback, timeout=timeout))


def callback_threads_end() -> None:
    """Waits for the threads that callbacks ran on: each lets go of its callback in its own time."""
    for thread in threading.enumerate():
        if thread.name == "relatch-callback":
            thread.join(LIMIT)


@pytest.mark.parametrize("in_main_thread", [True, False])
def test_a_callback_runs_once_where_ctrl_c_reaches_it(sandbox: Sandbox, in_main_thread: bool) -> None:
    """In the main thread where the call waits; for a call of another thread on a daemon thread of its own."""
    threads: list[threading.Thread] = []

    def callback(question: relatch.Question) -> str:
        threads.append(threading.current_thread())
        assert question == relatch.Question("otp", "synapsewave", USER_ID, ("otp", "totp", "fingerprint"))
        return newest_otp(sandbox)

    def log_in() -> None:
        threads.append(threading.current_thread())
        assert relatch.login(provider(sandbox, callback)).state == "active"

    if in_main_thread:
        log_in()
    else:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(log_in).result()
    caller, thread = threads
    assert (thread is caller) is in_main_thread
    assert thread.daemon is not in_main_thread


def test_callbacks_take_a_question_or_nothing(sandbox: Sandbox) -> None:
    seen: list[Any] = []

    class Asks:
        def __call__(self, question: relatch.Question) -> str:
            seen.append(question)
            return newest_otp(sandbox)

        def method(self) -> str:
            seen.append(None)
            return newest_otp(sandbox)

    def prefilled(_prompt: str, stream: object = None) -> str:
        seen.append(stream)
        return newest_otp(sandbox)

    def gathers(*arguments: object) -> str:
        seen.extend(arguments)
        return newest_otp(sandbox)

    for callback in (Asks(), Asks().method, functools.partial(prefilled, "OTP: "), gathers):
        relatch.login(provider(sandbox, callback))
    kinds = [type(question) for question in seen]
    assert kinds == [relatch.Question, type(None), type(None), relatch.Question]


ERRORS = [ValueError("made up"), asyncio.CancelledError(), GeneratorExit()]
# In a coroutine they end the event loop: see the tests of those.
ENDS = [KeyboardInterrupt(), SystemExit(1)]


@pytest.mark.parametrize(
    ("error", "is_async"), [(error, True) for error in ERRORS] + [(error, False) for error in ERRORS + ENDS]
)
async def test_what_a_callback_raises_ends_that_login_alone(
    sandbox: Sandbox, error: BaseException, is_async: bool
) -> None:
    def raises() -> str:
        raise error

    async def raises_later() -> str:
        await asyncio.sleep(0)
        raise error

    with pytest.raises(relatch.SecondFactorRequired) as required:
        await relatch.login_async(provider(sandbox, raises_later if is_async else raises))
    assert required.value.__cause__ is error
    assert sandbox.counts() | {"register": 1, "login": 0} == sandbox.counts()
    assert required.value.challenge is not None
    assert required.value.challenge.complete(otp=newest_otp(sandbox)).state == "active"


@pytest.mark.parametrize("answer", [None, 123456, b"654321", "", "12 34", "no code", ["123456"], "\ud800"])
def test_nonsense_is_an_error_and_nothing_is_sent(sandbox: Sandbox, answer: Any) -> None:
    asked: list[None] = []

    def callback() -> Any:
        asked.append(None)
        return answer

    with pytest.raises(relatch.SecondFactorRequired) as required:
        relatch.login(provider(sandbox, callback))
    assert required.value.field == "otp"
    assert len(asked) == 1
    assert sandbox.counts() | {"register": 1, "login": 0} == sandbox.counts()


def test_an_answer_that_is_late_is_dropped(sandbox: Sandbox) -> None:
    go_on, answered = threading.Event(), threading.Event()

    def callback() -> str:
        sandbox.advance(121)  # the time for an answer is up
        assert go_on.wait(LIMIT)
        answered.set()
        return newest_otp(sandbox)

    # In the main thread nothing can be raised before the callback has returned.
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(relatch.login, provider(sandbox, callback))
        required = waiting.exception(LIMIT)
    go_on.set()
    assert answered.wait(LIMIT)
    assert sandbox.counts()["login"] == 0
    assert isinstance(required, relatch.SecondFactorRequired)
    assert required.challenge is not None
    assert required.challenge.complete(otp=newest_otp(sandbox)).state == "active"


def test_an_answer_that_is_late_in_the_main_thread_is_dropped(sandbox: Sandbox) -> None:
    def callback() -> str:
        sandbox.advance(121)
        return newest_otp(sandbox)

    with pytest.raises(relatch.SecondFactorRequired):
        relatch.login(provider(sandbox, callback))
    assert sandbox.counts()["login"] == 0


def test_a_callback_in_the_main_thread_may_log_in_itself(sandbox: Sandbox) -> None:
    def outer() -> str:
        inner = relatch.login(sandbox.synapsewave(sso_token=lambda: SSO_TOKEN))
        inner.logout()
        return newest_otp(sandbox)

    assert relatch.login(provider(sandbox, outer)).state == "active"


def test_a_callback_in_the_main_thread_may_return_a_coroutine(sandbox: Sandbox) -> None:
    async def answer() -> str:
        return newest_otp(sandbox)

    assert relatch.login(provider(sandbox, lambda: answer())).state == "active"  # noqa: PLW0108 no coroutine function


def test_a_question_that_nobody_waits_for_is_not_asked(sandbox: Sandbox) -> None:
    """The caller is gone before the first step is answered: no prompt comes after it, and the next call is asked."""
    asked: list[None] = []

    def callback() -> str:
        asked.append(None)
        return newest_otp(sandbox)

    held = provider(sandbox, callback)
    sandbox.fault(on="register", fault="hold", when="after")
    with pytest.raises(relatch.RequestTimeout):
        relatch.login(held, timeout=0.2)
    sandbox.release()
    assert relatch.login(held).state == "active"
    assert (len(asked), sandbox.counts()["login"], sandbox.counts()["login_rejected"]) == (1, 1, 0)


def test_a_session_is_of_use_after_a_callback_failed(sandbox: Sandbox) -> None:
    answers = ["newest", "no code", "newest"]

    def callback() -> str:
        answer = answers.pop(0)
        return newest_otp(sandbox) if answer == "newest" else answer

    session = relatch.login(provider(sandbox, callback))
    first = session.token()
    with pytest.raises(relatch.SecondFactorRequired):
        session.refresh()
    assert session.token() == first
    assert session.refresh().access_token != first
    assert answers == []


def test_a_login_waits_longer_than_a_call_for_a_human(sandbox: Sandbox) -> None:
    def callback() -> str:
        # The clock of the session: the call's own limit is over.
        sandbox.advance(60)
        return newest_otp(sandbox)

    assert relatch.login(provider(sandbox, callback), timeout=30).state == "active"


def test_an_sso_callback_is_asked_for_each_login(sandbox: Sandbox) -> None:
    sandbox.configure(synapsewave={"sso_single_use": False})
    asked: list[relatch.Question] = []

    def callback(question: relatch.Question) -> str:
        asked.append(question)
        return SSO_TOKEN

    session = relatch.login(sandbox.synapsewave(sso_token=callback))
    session.refresh()
    assert [(question.wanted, question.methods) for question in asked] == [("sso_token", ())] * 2


def test_what_an_sso_callback_raises_is_the_cause(sandbox: Sandbox) -> None:
    error = LookupError("made up")

    def callback() -> str:
        raise error

    with pytest.raises(relatch.RelatchError) as failed:
        relatch.login(sandbox.synapsewave(sso_token=callback))
    assert (failed.value.field, failed.value.__cause__) == ("sso_token", error)
    assert sandbox.counts()["total"] == 0


def test_a_callback_for_a_token_has_a_time_limit(sandbox: Sandbox) -> None:
    go_on = threading.Event()

    def callback() -> str:
        assert go_on.wait(LIMIT)
        return SSO_TOKEN

    with pytest.raises(relatch.RequestTimeout) as late:
        relatch.login(sandbox.synapsewave(sso_token=callback, sso_timeout=0.05))
    go_on.set()
    assert late.value.field == "sso_token"
    assert sandbox.counts()["total"] == 0


def test_a_session_says_what_it_waits_for(sandbox: Sandbox) -> None:
    asked: list[None] = []

    def callback() -> str:
        asked.append(None)
        return newest_otp(sandbox) if len(asked) == 1 else "no code"

    session = relatch.login(provider(sandbox, callback))
    assert session.challenge is None
    with pytest.raises(relatch.SecondFactorRequired):
        session.refresh()
    assert session.challenge is not None
    first = session.token()
    assert session.challenge.complete(otp=newest_otp(sandbox)).token() != first
    assert session.challenge is None


def test_a_callback_may_use_another_session(sandbox: Sandbox) -> None:
    other = relatch.login(sandbox.seven_g())

    def callback() -> str:
        other.refresh()
        return newest_otp(sandbox)

    assert relatch.login(provider(sandbox, callback)).state == "active"


def test_a_callback_is_forgotten_with_what_could_ask_it(sandbox: Sandbox) -> None:
    class Callback:
        def __call__(self) -> str:
            return newest_otp(sandbox)

    callback = Callback()
    reference = weakref.ref(callback)
    held = provider(sandbox, callback)
    session = relatch.login(held)
    del callback, held
    assert reference() is not None
    session.logout()
    del session
    # What the first leaves is in the queue before the question to the second.
    relatch.login(provider(sandbox, lambda: newest_otp(sandbox)))
    callback_threads_end()
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize("logs_in", [False, True])
def test_a_callback_that_refers_to_what_could_ask_it_is_forgotten(sandbox: Sandbox, logs_in: bool) -> None:
    class Broker:
        def __init__(self) -> None:
            self.provider = provider(sandbox, self.ask)
            self.session = relatch.login(self.provider) if logs_in else None

        def ask(self) -> str:
            return newest_otp(sandbox)

    reference = weakref.ref(Broker())
    callback_threads_end()
    gc.collect()
    assert reference() is None


def test_a_session_keeps_its_callback(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.synapsewave(second_factor=relatch.Otp(lambda: newest_otp(sandbox))))
    gc.collect()
    assert session.refresh().access_token
    challenge = relatch.begin(sandbox.synapsewave(second_factor=relatch.Otp(lambda: newest_otp(sandbox))))
    gc.collect()
    completed = challenge.complete(otp=newest_otp(sandbox))
    del challenge
    gc.collect()
    assert completed.refresh().access_token


def test_thousand_callbacks_start_one_thread() -> None:
    before = threading.active_count()
    held = [relatch.Otp(lambda: "123456") for _ in range(1000)]
    assert threading.active_count() <= before + 1
    assert dispatcher.thread is not None
    assert len(held) == 1000
