"""Second factors of a login."""

from __future__ import annotations

from relatch import _once, _questions, _relatch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import NoReturn

    from typing_extensions import Self

    from relatch._questions import Question


class SecondFactor(_relatch.SecondFactor):
    """A second factor of one user: `Totp`, `Otp`, `Fingerprint` or `Pan`. Its repr shows nothing of it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}([redacted])"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} is a secret and is neither pickled nor copied: "
            "share the object, or make a new one where it is needed"
        )


class Totp(SecondFactor):
    """Makes the codes of an authenticator app (RFC 6238), by the server's clock and never one twice.

    A session that holds it logs in again by itself.

    Args:
        secret: What the system showed when the authenticator was registered: base32, in any case and with blanks or
            hyphens; or the whole ``otpauth://totp/...`` URI of its QR code.

    Raises:
        InvalidConfig: It is neither; ``field`` is "totp".

    Example:
        >>> relatch.Totp("JBSW Y3DP EHPK 3PXP")
        Totp([redacted])
    """

    __slots__ = ()

    def __new__(cls, secret: str) -> Self:
        """See the class."""
        [secret] = _relatch.hold(secret)
        return super().__new__(cls, "totp", "secret", secret)


class Otp(SecondFactor):
    """Asks a callback for the one-time password that the system sends to its user, once for each login.

    The callback may block, as ``input`` does. In a blocking call of the main thread it runs right there: Ctrl-C ends
    the prompt and the call together, and a time limit that passes is seen once it has returned. For other calls it runs
    on a daemon thread of its own. A result that can be awaited is awaited in the event loop that the call came from, if
    it came from one and that still runs, else in one of its own. A blocking call that is made in the event loop where a
    result is being awaited ends that login at once: do not mix the two.

    When the last call that waits for an answer is given up, so is the question: a coroutine is cancelled, what a
    function still returns is void, and the next call asks anew. In an interactive Python a function on a thread of its
    own is ended by SystemExit then, so that it does not take the next line that is typed.

    Whatever the callback raises ends that login with `SecondFactorRequired`, whose ``__cause__`` it becomes; so does an
    answer that is no OTP, or none in time. `KeyboardInterrupt` and `SystemExit` of a coroutine end its event loop as
    well. A session asks only when it is told to log in or to refresh, and a login that everybody has let go of, its
    provider too, asks nobody.

    Args:
        callback: A function, plain or ``async``, that returns the OTP. It is given a `Question` if it has a parameter
            that must be given, or a first one named ``question``.
        timeout: Seconds that an answer is waited for.

    Raises:
        InvalidConfig: `callback` is no such function, or `timeout` is wrong; ``field`` says which.

    Example:
        >>> relatch.Otp(lambda question: getpass(f"OTP of {question.user}: "))
        Otp([redacted])
    """

    __slots__ = ("_callback",)

    _callback: _questions.Callback

    def __new__(
        cls,
        callback: Callable[[], str | Awaitable[str]] | Callable[[Question], str | Awaitable[str]],
        *,
        timeout: float = 120.0,
    ) -> Self:
        """See the class."""
        [callback] = _relatch.hold(callback)
        made = _questions.callback_of(callback, field="callback", timeout=timeout, timeout_field="timeout")
        self = super().__new__(cls, "otp", "callback", made.native)
        self._callback = made
        return self


class Fingerprint(SecondFactor):
    """The identifier of the device on which the user has registered a fingerprint.

    Args:
        udid: The identifier.

    Raises:
        InvalidConfig: It is no text, or an empty one; ``field`` is "second_factor".

    Example:
        >>> relatch.Fingerprint("made-up-udid")
        Fingerprint([redacted])
    """

    __slots__ = ()

    def __new__(cls, udid: str) -> Self:
        """See the class."""
        [udid] = _relatch.hold(udid)
        return super().__new__(cls, "fingerprint", "udid", udid)


class Pan(SecondFactor):
    """The number that the Indian tax office knows the user by.

    Args:
        pan: The number.

    Raises:
        InvalidConfig: It is no text, or an empty one; ``field`` is "second_factor".

    Example:
        >>> relatch.Pan("ABCDE1234F")
        Pan([redacted])
    """

    __slots__ = ()

    def __new__(cls, pan: str) -> Self:
        """See the class."""
        [pan] = _relatch.hold(pan)
        return super().__new__(cls, "pan", "pan", pan)


_once.keep_classes(globals())
