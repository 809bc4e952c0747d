"""Events reach their callbacks: in order, on one thread, whatever another callback does."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

import relatch
from relatch import _events, _time
from relatch._events import _dispatcher
from support import LIMIT, MORNING, Heard

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from relatch.testing import Sandbox


def test_events_come_in_order_with_what_they_carry(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.seven_g())
    heard = Heard(session)
    tokens = session.refresh()
    sandbox.fault(on="refresh", fault="answer", status=401)
    session.report_unauthorized(tokens.access_token)
    session.logout()
    events = heard.wait_for(5)
    assert [event.kind for event in events] == [
        "refreshed",
        "unauthorized",
        "refresh_failed",
        "logged_in",
        "logged_out",
    ]
    assert events[0].expires_at == tokens.expires_at
    assert events[0].code is None
    assert events[2].code is not None
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert events[0].at.tzinfo is not None
    with pytest.raises(AttributeError):
        events[0].kind = "logged_in"


def test_all_callbacks_run_on_one_daemon_thread(sandbox: Sandbox) -> None:
    threads: set[threading.Thread] = set()
    sessions = [relatch.login(sandbox.seven_g()) for _ in range(3)]
    heard = []
    for session in sessions:
        session.subscribe(lambda _event: threads.add(threading.current_thread()))
        heard.append(Heard(session))
    for session in sessions:
        session.refresh()
    for one in heard:
        one.wait_for(1)
    assert len(threads) == 1
    assert all(thread.daemon and thread is not threading.current_thread() for thread in threads)


def test_a_callback_that_fails_is_reported_and_ends_nothing(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", reported.append)

    def failing(_event: relatch.Event) -> None:
        raise SystemExit("a callback")

    session = relatch.login(sandbox.seven_g())
    session.subscribe(failing)
    heard = Heard(session)
    session.refresh()
    session.refresh()
    heard.wait_for(2)
    assert [(type(report.exc_value), report.object) for report in reported] == [(SystemExit, failing)] * 2


def test_nothing_is_called_after_cancel(sandbox: Sandbox) -> None:
    called: list[relatch.Event] = []
    session = relatch.login(sandbox.seven_g())
    with session.subscribe(called.append) as subscription:
        heard = Heard(session)
        session.refresh()
        heard.wait_for(1)
    session.refresh()
    heard.wait_for(2)
    subscription.cancel()
    assert len(called) == 1


def test_a_subscription_that_is_cancelled_while_its_event_is_on_its_way_gets_no_call(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_its_way, go_on = threading.Event(), threading.Event()

    def moment(seconds: float) -> datetime:
        on_its_way.set()
        assert go_on.wait(LIMIT)
        return _time.moment(seconds)

    monkeypatch.setattr(_events, "moment", moment)
    called: list[relatch.Event] = []
    session = relatch.login(sandbox.seven_g())
    subscription = session.subscribe(called.append)
    heard = Heard(session)
    session.refresh()
    assert on_its_way.wait(LIMIT)
    subscription.cancel()
    go_on.set()
    heard.wait_for(1)
    assert called == []


def test_a_callback_that_waits_for_who_cancels_it_is_no_deadlock(sandbox: Sandbox) -> None:
    in_callback, cancelled, done = threading.Event(), threading.Event(), threading.Event()

    def callback(_event: relatch.Event) -> None:
        in_callback.set()
        assert cancelled.wait(LIMIT)
        done.set()

    session = relatch.login(sandbox.seven_g())
    subscription = session.subscribe(callback)
    session.refresh()
    assert in_callback.wait(LIMIT)
    subscription.cancel()
    cancelled.set()
    assert done.wait(LIMIT)


def test_a_callback_may_cancel_itself_and_use_the_session(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.seven_g())
    done = threading.Event()
    tokens: list[str] = []

    def once(_event: relatch.Event) -> None:
        subscription.cancel()
        tokens.append(session.token())
        done.set()

    subscription = session.subscribe(once)
    session.refresh()
    assert done.wait(LIMIT)
    assert tokens == [session.token()]


def test_callbacks_are_forgotten_with_their_session(sandbox: Sandbox) -> None:
    class Callback:
        def __call__(self, event: relatch.Event) -> None:
            """Need not do anything."""

    session, other = (relatch.login(sandbox.seven_g()) for _ in range(2))
    callback = Callback()
    reference = weakref.ref(callback)
    session.subscribe(callback)
    heard = Heard(other)
    del callback, session
    # What the first session leaves is in the queue before what the second one says.
    other.refresh()
    heard.wait_for(1)
    gc.collect()
    assert reference() is None


class App:
    """As many programs are: it has a session, whose events it hears."""

    def __init__(self, session: relatch.Session) -> None:
        self.session = session
        self.subscription = session.subscribe(self.hear)

    def hear(self, event: relatch.Event) -> None:
        """Need not do anything."""


def apps() -> int:
    return sum(type(thing) is App for thing in gc.get_objects())


@pytest.mark.parametrize("logs_out", ["never", "before", "after"])
def test_a_session_whose_callback_refers_to_it_is_forgotten(sandbox: Sandbox, logs_out: str) -> None:
    other = relatch.login(sandbox.seven_g())
    heard = Heard(other)
    session = relatch.login(sandbox.seven_g())
    if logs_out == "before":
        session.logout()
    app = App(session)
    assert apps() == 1
    if logs_out == "after":
        session.logout()
    del app, session
    other.refresh()
    heard.wait_for(1)
    gc.collect()
    # What the collector finds is let go of once the events have been told that had happened until then.
    other.refresh()
    heard.wait_for(2)
    gc.collect()
    assert apps() == 0


@pytest.mark.parametrize("refers", [False, True])
def test_what_happened_to_a_session_is_told_when_it_is_gone(sandbox: Sandbox, refers: bool) -> None:
    go_on, done = threading.Event(), threading.Event()
    kinds: list[str] = []
    held: list[relatch.Session] = []

    def hear(event: relatch.Event, _held: list[relatch.Session] = held) -> None:
        assert go_on.wait(LIMIT)
        kinds.append(event.kind)
        if event.kind == "logged_out":
            done.set()

    session = relatch.login(sandbox.seven_g())
    session.subscribe(hear)
    if refers:
        held.append(session)
    session.refresh()
    session.logout()
    del session, held, hear
    gc.collect()
    go_on.set()
    assert done.wait(LIMIT)
    assert kinds == ["refreshed", "logged_out"]


def test_a_session_that_is_closed_has_no_subscribers(sandbox: Sandbox) -> None:
    session = relatch.login(sandbox.seven_g())
    session.logout()

    def callback(_event: relatch.Event) -> None:
        """Is never called."""

    with session.subscribe(callback) as subscription, _dispatcher.lock:
        assert callback not in {listener.callback for listener in _dispatcher.listeners.values()}
    subscription.cancel()


def test_logging_out_ends_subscriptions(sandbox: Sandbox) -> None:
    session, other = (relatch.login(sandbox.seven_g()) for _ in range(2))

    def of_session(_event: relatch.Event) -> None:
        """Need not do anything."""

    def of_other(_event: relatch.Event) -> None:
        """Need not do anything."""

    def listening() -> set[Callable[[relatch.Event], object]]:
        # Not how many there are: those of other tests go in their own time.
        with _dispatcher.lock:
            return {listener.callback for listener in _dispatcher.listeners.values()} & {of_session, of_other}

    session.subscribe(of_session)
    other.subscribe(of_other)
    heard = Heard(other)
    assert listening() == {of_session, of_other}
    session.logout()
    other.refresh()
    heard.wait_for(1)
    assert listening() == {of_other}


def test_a_callback_that_is_too_slow_is_told_how_much_it_missed(sandbox: Sandbox) -> None:
    reports, events, go_on = 12_000, [], threading.Event()

    def slow(event: relatch.Event) -> None:
        assert go_on.wait(LIMIT)
        events.append(event)

    session = relatch.login(sandbox.seven_g())
    # Two tokens in a row are refused: from now on each report is an event and nothing else.
    for _ in range(2):
        session.report_unauthorized(session.token())
        sandbox.advance(6)
    session.subscribe(slow)
    token = session.token()
    for _ in range(reports):
        with pytest.raises(relatch.ReloginRequired):
            session.report_unauthorized(token)
    heard = Heard(session)
    go_on.set()
    session.logout()
    heard.wait_for(1)
    dropped = [event for event in events if event.kind == "dropped"]
    assert len(dropped) == 1
    told = sum(event.kind == "unauthorized" for event in events)
    assert told <= 10_000
    assert dropped[0].count == reports - told
    assert events[-1].kind == "logged_out"


def test_a_session_says_what_it_waits_for_and_until_when(sandbox: Sandbox) -> None:
    # The sandbox begins at the start of a step, whose code the first login uses.
    session = relatch.login(sandbox.synapsewave())
    heard = Heard(session)
    with ThreadPoolExecutor(1) as pool:
        refreshed = pool.submit(session.refresh)
        [waiting] = heard.wait_for(1)
        assert (waiting.kind, waiting.reason) == ("waiting", "totp_step")
        assert waiting.until is not None
        assert waiting.at < waiting.until <= MORNING + timedelta(seconds=32)
        assert sandbox.counts()["login"] == 1
        sandbox.advance(32)
        refreshed.result(LIMIT)
    assert sandbox.counts()["login"] == 2
