"""What a scenario's providers are made of: the sandbox's users unless it says otherwise, and callbacks that answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import relatch
from relatch import testing
from scenario_calls import HangsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from relatch.testing import Sandbox
    from scenario_calls import Calls

# What "right" stands for.
RIGHT = {
    "mpin": testing.MPIN,
    "fingerprint": testing.UDID,
    "sso_token": testing.SSO_TOKEN,
    "totp": testing.TOTP_SECRET,
    "pan": testing.PAN,
}
FIRST_FACTORS = ("mpin", "fingerprint", "sso_token", "register_token")
FORWARDED = ("user_id", "api_key", "x_api_key", "base_url", "source")


class RaisedError(Exception):
    """What a callback of a scenario raises."""


class Providers:
    """Makes the providers of one scenario, and counts how often their callbacks were asked."""

    def __init__(self, sandbox: Sandbox, calls: Calls, saved: dict[str, str]) -> None:
        self.asked = 0
        self._sandbox = sandbox
        self._calls = calls
        self._saved = saved

    def make(self, given: dict[str, Any]) -> relatch.Provider:
        """The provider that a scenario describes.

        Raises:
            InvalidConfig: It is one that cannot be.
        """
        given = dict(given)
        system = given.pop("system")
        if system == "7g":
            return self._sandbox.seven_g(**given)
        if system == "synapsewave_dealer":
            return self._sandbox.synapsewave_dealer(**given)
        assert system == "synapsewave"
        for name in FIRST_FACTORS:
            if name in given:
                given[name] = self._first_factor(name, given[name])
        factor = given.get("second_factor")
        given["second_factor"] = None if factor is None else self._second_factor(factor)
        if given.get("credentials") is False:
            given = {name: value for name, value in given.items() if name != "user_id"}
        return self._sandbox.synapsewave(**given)

    def account(self, given: dict[str, Any]) -> relatch.SynapsewaveAccount:
        """The account client for the user that a scenario describes."""
        settings = {name: given[name] for name in FORWARDED if name in given}
        return relatch.SynapsewaveAccount(**{"sandbox": self._sandbox, "user_id": testing.USER_ID, **settings})

    def _first_factor(self, name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return self._saved[value["saved"]] if "saved" in value else self._callback(value["callback"])
        return RIGHT[name] if value == "right" else value

    def _second_factor(self, factor: dict[str, Any]) -> relatch.SecondFactor:
        factor = dict(factor)
        timeout = factor.pop("timeout", 120.0)
        ((kind, value),) = factor.items()
        if kind == "otp":
            return relatch.Otp(self._callback(value), timeout=timeout)
        value = RIGHT[kind] if value == "right" else value
        return {"totp": relatch.Totp, "fingerprint": relatch.Fingerprint, "pan": relatch.Pan}[kind](value)

    def _callback(self, answers: list[Any]) -> Callable[[], Any]:
        left = list(answers)

        def answer() -> Any:
            self.asked += 1
            return self._answer(left.pop(0) if len(left) > 1 else left[0])

        return self._calls.callback(answer)

    def _answer(self, answer: Any) -> Any:
        if isinstance(answer, str):
            return answer
        if "answer" in answer:
            return answer["answer"]
        ((word, _true),) = answer.items()
        if word == "outbox":
            return newest_otp(self._sandbox)
        if word == "hang":
            # What goes by while nobody answers: more than any scenario gives a callback that hangs.
            self._sandbox.advance(61)
        raise {"raise": RaisedError, "hang": HangsError, "cancel": asyncio.CancelledError}[word]


def newest_otp(sandbox: Sandbox) -> str:
    """The newest OTP in the sandbox's outbox."""
    otp: str = sandbox.outbox()[-1]["otp"]
    return otp
