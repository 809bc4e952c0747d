"""One class for each code, what an error carries, and what survives a pickle."""

from __future__ import annotations

import inspect
import pickle
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args, get_type_hints

import pytest

import relatch
from relatch import _errors, _relatch
from support import MORNING

if TYPE_CHECKING:
    from relatch.testing import Sandbox


def public_classes() -> list[type[relatch.RelatchError]]:
    values = [getattr(relatch, name) for name in relatch.__all__]
    classes = [value for value in values if inspect.isclass(value) and issubclass(value, relatch.RelatchError)]
    return [value for value in classes if value is not relatch.RelatchError]


def test_every_code_has_a_class_of_its_own() -> None:
    assert set(_errors.CLASSES) == set(_relatch.ERROR_CODES)
    assert set(_errors.CLASSES.values()) == set(public_classes())
    for code, error in _errors.CLASSES.items():
        assert error.code == code
        assert error.__doc__


def test_every_class_says_what_helps_as_the_core_does() -> None:
    assert {code: error.recovery for code, error in _errors.CLASSES.items()} == dict(_relatch.RECOVERIES)
    names = {"Literal": Literal, "datetime": datetime, "Challenge": relatch.Challenge, "Any": Any, "ClassVar": ClassVar}
    words = get_args(get_type_hints(relatch.RelatchError, localns=names)["recovery"])
    assert set(words) == {word for _, word in _relatch.RECOVERIES}
    assert all(f'"{word}"' in str(relatch.RelatchError.__doc__) for word in words)
    assert relatch.RequestTimeout().is_transient
    assert relatch.LockoutGuard().is_transient
    assert not relatch.InvalidCredentials().is_transient
    assert not relatch.RelatchError().is_transient


def test_every_cause_and_event_kind_is_documented() -> None:
    assert all(f'"{cause}"' in str(relatch.RelatchError.__doc__) for cause in _relatch.CAUSES)
    kind = get_type_hints(relatch.Event, localns={"Literal": Literal, "datetime": datetime})["kind"]
    assert get_args(kind) == _relatch.EVENT_KINDS


@pytest.mark.parametrize(
    ("error", "base"),
    [
        (relatch.InvalidConfig, ValueError),
        (relatch.InvalidConfig, TypeError),
        (relatch.TransportError, ConnectionError),
        (relatch.RequestTimeout, TimeoutError),
        (relatch.RequestTimeout, relatch.TransportError),
        (relatch.TlsError, relatch.TransportError),
        (relatch.ProxyError, relatch.TransportError),
    ],
)
def test_errors_are_what_python_programs_catch(error: type[Exception], base: type[Exception]) -> None:
    assert issubclass(error, base)


@pytest.mark.parametrize("error", public_classes())
def test_errors_keep_everything_when_pickled(error: type[relatch.RelatchError]) -> None:
    details: dict[str, Any] = {
        "field": "username",
        "status": 429,
        "server_code": "E1",
        "server_message": "words",
        "retry_at": datetime(2030, 1, 1, tzinfo=timezone.utc),
        "failures": 2,
        "cause": "rotation_lost",
        "sent": "maybe",
        "snippet": "piece",
        "methods": ["totp"],
        "key": "an account",
    }
    assert set(details) == set(error._DETAILS)
    original = error("what happened", **details)
    copied = pickle.loads(pickle.dumps(original))  # noqa: S301 its own
    assert type(copied) is error
    assert str(copied) == original.message == copied.message == "what happened"
    assert {name: getattr(copied, name) for name in details} == details
    assert getattr(original, "errno", None) is None


def test_unknown_details_are_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        relatch.RelatchError("what happened", colour="red")


def test_a_refusal_carries_what_the_server_said(sandbox: Sandbox) -> None:
    with pytest.raises(relatch.InvalidCredentials) as refused:
        relatch.login(sandbox.seven_g(password="wrong"))
    error = refused.value
    assert (error.code, error.status, error.server_message) == (
        "invalid_credentials",
        401,
        "Invalid username or password",
    )
    assert (error.field, error.retry_at, error.cause, error.methods) == (None, None, None, None)


def test_a_time_to_wait_for_is_an_aware_datetime(sandbox: Sandbox) -> None:
    sandbox.fault(on="login", fault="answer", status=429, retry_after=120)
    with pytest.raises(relatch.RateLimited) as limited:
        relatch.login(sandbox.seven_g())
    assert limited.value.retry_at is not None
    wait = limited.value.retry_at - MORNING
    assert 120 <= wait.total_seconds() < 180


def test_the_cause_of_a_failed_connection_is_told(sandbox: Sandbox) -> None:
    sandbox.down()
    with pytest.raises(ConnectionError) as failed:
        sandbox.seven_g().health()
    assert isinstance(failed.value, relatch.TransportError)
    assert failed.value.sent == "no"
    chain, cause = [], failed.value.__cause__
    while cause is not None:
        chain.append(type(cause))
        cause = cause.__cause__
    assert chain[-1] is ConnectionRefusedError


def test_a_time_that_is_none_says_nothing_of_the_end_and_milliseconds_are_told_by_their_size(sandbox: Sandbox) -> None:
    provider = sandbox.seven_g(credentials=False)
    for never in (1e300, 2**80, 32503680000, 253402300799, datetime.max.replace(tzinfo=timezone.utc)):
        session = relatch.resume(provider, ("opaque", "refresh", never))
        assert session.expires_at is not None
        assert 2000 < session.expires_at.year < 2200
    at = datetime(2040, 1, 1, tzinfo=timezone.utc)
    assert relatch.resume(provider, ("opaque", "refresh", at.timestamp() * 1000)).expires_at == at
