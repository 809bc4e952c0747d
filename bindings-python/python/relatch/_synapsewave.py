"""Synapsewave: which broker to log in to, and as which user or dealer."""

from __future__ import annotations

from relatch import _known, _once, _questions, _relatch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Literal, NoReturn

    from typing_extensions import Self

    from relatch._factors import SecondFactor
    from relatch._question_dispatcher import Handler
    from relatch._questions import Question
    from relatch.testing import Sandbox


class Synapsewave(_relatch.Synapsewave):
    """Synapsewave, for one user of one broker.

    A login takes one first factor, `password`, `mpin`, `fingerprint`, `sso_token` or `register_token`, and what second
    factor goes with it. Without any, tokens from elsewhere can be used. A session lasts until the end of the day in
    India; then it logs in again by itself where that needs no human.

    Args:
        base_url: The address that the broker gave, with its path: https, or http to this machine.
        user_id: The user, as the broker spells it.
        api_key: The key that the broker gave.
        password: The password. Without a second factor the server asks for one: see `begin`.
        mpin: The MPIN, 4 to 6 digits. A second factor other than the PAN goes with it.
        fingerprint: The identifier of the device on which the user has registered a fingerprint.
        sso_token: A token of another identity provider, or a function, plain or ``async``, that is asked for one for
            each login, as `Otp` asks its callback. A token is taken to be good for one login.
        sso_timeout: Seconds that the answer of such a function is waited for.
        register_token: That of a first step which was made elsewhere. A second factor other than the PAN goes with it.
        login_type: A login type that relatch does not know, sent as given with `password` as its value.
        second_factor: `Totp`, `Otp`, `Fingerprint` or `Pan`.
        x_api_key: What the ``x-api-key`` header says: `api_key` unless given; False for no such header.
        source: "WEBAPI" (the default) or "MOBILEAPI", as the broker's licence says.
        udid: The identifier of the device that logs in.
        version: The version of the program that logs in.
        build_version: That of its build.
        device_info: More of the device: texts by their names, sent as given.
        allow_insecure: Let plain http leave this machine.
        sandbox: A `relatch.testing.Sandbox` to log in to, whose clock the sessions follow; `base_url` and `api_key` are
            its own unless given.

    Raises:
        InvalidConfig: An argument is wrong, or what the system does not take together; ``field`` names it.

    Example:
        >>> provider = relatch.Synapsewave(
        ...     base_url="https://broker.example/prod/interactive",
        ...     user_id="UCC123456",
        ...     api_key="...",
        ...     password="...",
        ...     second_factor=relatch.Totp("JBSW Y3DP EHPK 3PXP"),
        ... )
        >>> session = relatch.login(provider)
    """

    __slots__ = ("_callback",)

    _callback: Handler | None

    def __new__(
        cls,
        *,
        base_url: str | None = None,
        user_id: str | None = None,
        api_key: str | None = None,
        password: str | None = None,
        mpin: str | None = None,
        fingerprint: str | None = None,
        sso_token: str | Callable[[], str | Awaitable[str]] | Callable[[Question], str | Awaitable[str]] | None = None,
        sso_timeout: float = 120.0,
        register_token: str | None = None,
        login_type: str | None = None,
        second_factor: SecondFactor | None = None,
        x_api_key: str | Literal[False] | None = None,
        source: Literal["WEBAPI", "MOBILEAPI"] | None = None,
        udid: str | None = None,
        version: str | None = None,
        build_version: str | None = None,
        device_info: Mapping[str, str] | None = None,
        allow_insecure: bool = False,
        sandbox: Sandbox | None = None,
    ) -> Self:
        """See the class."""
        base_url, user_id, api_key, x_api_key = _relatch.hold(base_url, user_id, api_key, x_api_key)
        password, mpin, fingerprint, second_factor = _relatch.hold(password, mpin, fingerprint, second_factor)
        sso_token, register_token, login_type = _relatch.hold(sso_token, register_token, login_type)
        source, udid, version, build_version = _relatch.hold(source, udid, version, build_version)
        device_info, allow_insecure, sandbox = _relatch.hold(device_info, allow_insecure, sandbox)
        callback = _questions.callback_if(
            sso_token, field="sso_token", timeout=sso_timeout, timeout_field="sso_timeout"
        )
        self = super().__new__(
            cls,
            base_url=base_url,
            user_id=user_id,
            api_key=api_key,
            password=password,
            mpin=mpin,
            fingerprint=fingerprint,
            sso_token=sso_token if callback is None else callback.native,
            register_token=register_token,
            login_type=login_type,
            second_factor=second_factor,
            x_api_key=x_api_key,
            source=source,
            udid=udid,
            version=version,
            build_version=build_version,
            device_info=device_info,
            allow_insecure=allow_insecure,
            sandbox=sandbox,
        )
        self._callback = callback or _questions.held(self._asks)
        return self

    @property
    def user_id(self) -> str | None:
        """The user, or None where none was given."""
        return self.user

    def __repr__(self) -> str:
        return _shown(self)

    def __reduce__(self) -> NoReturn:
        _refuse(self)


class SynapsewaveDealer(_relatch.SynapsewaveDealer):
    """Synapsewave, for one dealer of one broker. There is no second factor.

    Args:
        base_url: The address that the broker gave, with its path: https, or http to this machine.
        user_id: The dealer.
        password: The password. Without it tokens from elsewhere can be used.
        api_key: The key that the broker gave.
        x_api_key: What the ``x-api-key`` header says: `api_key` unless given; False for no such header.
        version: The version of the program that logs in.
        build_version: That of its build.
        allow_insecure: Let plain http leave this machine.
        sandbox: A `relatch.testing.Sandbox` to log in to, as for `Synapsewave`.

    Raises:
        InvalidConfig: An argument is wrong; ``field`` names it.

    Example:
        >>> relatch.SynapsewaveDealer(base_url="https://broker.example/prod", user_id="DEALER01", api_key="...")
        SynapsewaveDealer(user_id='DEALER01', base_url='https://broker.example/prod')
    """

    __slots__ = ()

    def __new__(
        cls,
        *,
        base_url: str | None = None,
        user_id: str | None = None,
        password: str | None = None,
        api_key: str | None = None,
        x_api_key: str | Literal[False] | None = None,
        version: str | None = None,
        build_version: str | None = None,
        allow_insecure: bool = False,
        sandbox: Sandbox | None = None,
    ) -> Self:
        """See the class."""
        base_url, user_id, password, api_key = _relatch.hold(base_url, user_id, password, api_key)
        x_api_key, version, build_version = _relatch.hold(x_api_key, version, build_version)
        allow_insecure, sandbox = _relatch.hold(allow_insecure, sandbox)
        return super().__new__(
            cls,
            base_url=base_url,
            user_id=user_id,
            password=password,
            api_key=api_key,
            x_api_key=x_api_key,
            version=version,
            build_version=build_version,
            allow_insecure=allow_insecure,
            sandbox=sandbox,
        )

    @property
    def user_id(self) -> str | None:
        """The dealer, or None where none was given."""
        return self.user

    def __repr__(self) -> str:
        return _shown(self)

    def __reduce__(self) -> NoReturn:
        _refuse(self)


def _shown(provider: Synapsewave | SynapsewaveDealer) -> str:
    return f"{type(provider).__name__}(user_id={provider.user_id!r}, base_url={provider.base_url!r})"


def _refuse(provider: _relatch.Provider) -> NoReturn:
    raise TypeError(
        f"a {type(provider).__name__} may hold a password and is neither pickled nor copied: "
        "share the object, or make a new one where it is needed"
    )


_known.list_keywords(Synapsewave, SynapsewaveDealer)
_once.keep_classes(globals())
