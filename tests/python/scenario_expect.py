"""Compares what a call of a scenario came to with what is expected of it."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

import relatch
from relatch._errors import CLASSES

# What a call yields, by the words of the scenarios; `token` is what is saved and compared.
Yield = dict[str, Any]


def check_error(outcome: object, expected: dict[str, Any]) -> None:
    """Compares an error with what a scenario expects of it."""
    assert isinstance(outcome, relatch.RelatchError), f"{outcome!r} instead of {expected}"
    assert outcome.code == expected["error"], f"{outcome!r} instead of {expected}"
    assert type(outcome) is CLASSES[outcome.code]
    for name in ("cause", "field", "status", "sent", "server_code", "server_message", "snippet"):
        assert name not in expected or getattr(outcome, name) == expected[name], f"{name}: {outcome!r}"
    assert not expected.get("retry_at") or outcome.retry_at is not None
    check_words(outcome)


def check_words(error: relatch.RelatchError) -> None:
    """A notebook shows the text of an error and nothing else: the values that it carries are in there."""
    told = [error.server_message, error.server_code]
    if error.retry_at is not None:
        # To the next whole second, so that nobody comes early.
        at = error.retry_at.astimezone(timezone.utc) + timedelta(microseconds=999_999)
        told.append(f"{at:at %H:%M:%S UTC}")
    assert [value for value in told if value is not None and value not in str(error)] == [], repr(error)


def check_result(result: Yield, expected: dict[str, Any], saved: dict[str, str]) -> None:
    """Compares a result with what a scenario expects of it."""
    if "same_as" in expected:
        assert result["token"] == saved[expected["same_as"]]
    if "differs_from" in expected:
        assert result["token"] != saved[expected["differs_from"]]
    for name in ("valid", "url", "methods"):
        assert name not in expected or result[name] == expected[name]
    for name, value in expected.get("result", {}).items():
        assert result["result"][name] == value
    if "profile" in result:
        check_profile(result["profile"], expected)


def check_profile(profile: relatch.Profile, expected: dict[str, Any]) -> None:
    """Compares a profile, whose properties say the same as the mapping."""
    for name, value in expected.get("fields", {}).items():
        assert profile[name] == value
        # What relatch has no name for has no property.
        assert getattr(profile, name, value) == value
    for name in expected.get("secrets", []):
        secret = profile.secret(name)
        assert secret
        assert getattr(profile, name, secret) == secret
        assert secret not in repr(profile)
    assert [name for name in expected.get("hidden", []) if name in profile] == []
