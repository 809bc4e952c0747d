"""A user's factors at a Synapsewave broker: passwords, MPINs and authenticators."""

from __future__ import annotations

from relatch import _once, _relatch, _signatures
from relatch._record import Record, brief

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, NoReturn

    from typing_extensions import Self, Unpack

    from relatch._options import Network
    from relatch._session import Session
    from relatch.testing import Sandbox


class TotpRegistration(Record):
    """What an authenticator app is set up with. Its repr shows nothing of it.

    Attributes:
        secret: What codes are made of, the base32 text that `Totp` takes.
        qr_image: The same as a picture to scan, as the server sent it; None where it sent none.
        user_id: The user, as the server spells it.
    """

    __slots__ = __match_args__ = ("secret", "qr_image", "user_id")

    secret: str
    qr_image: str | None
    user_id: str | None

    def __init__(self, secret: str, qr_image: str | None = None, user_id: str | None = None) -> None:
        self._set(secret, qr_image, user_id)

    def __repr__(self) -> str:
        return f"TotpRegistration(secret=[redacted], user_id={brief(self.user_id)})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a TotpRegistration holds a secret and is neither pickled nor copied: keep the secret yourself")


class SynapsewaveAccount(_relatch.SynapsewaveAccount):
    """Manages the factors of one user of one broker. Each method makes one request, and none is made again.

    What a method gets wrong may count at the server as a failed login does; the lockout guard knows nothing of that. A
    method that yields nothing else returns the server's words. All raise `InvalidConfig` for an argument that cannot be
    right, with nothing sent, and else what a login raises. Each has a twin for asyncio whose name ends in ``_async``,
    with the same arguments, result and errors.

    Args:
        base_url: The address that the broker gave, with its path.
        user_id: The user, as the broker spells it.
        api_key: The key that the broker gave.
        x_api_key: What the ``x-api-key`` header says: `api_key` unless given; False for no such header.
        source: "WEBAPI" (the default) or "MOBILEAPI".
        allow_insecure: Let plain http leave this machine.
        sandbox: A `relatch.testing.Sandbox`, as for `Synapsewave`.
        **options: How the network is used: see `Network`.

    Raises:
        InvalidConfig: An argument is wrong; ``field`` names it.

    Example:
        >>> account = relatch.SynapsewaveAccount(base_url=url, user_id="UCC123456", api_key="...")
        >>> account.send_otp()
        >>> account.set_password(account.verify_otp(input("OTP: ")), getpass("new password: "))
    """

    __slots__ = ()

    def __new__(
        cls,
        *,
        base_url: str | None = None,
        user_id: str | None = None,
        api_key: str | None = None,
        x_api_key: str | Literal[False] | None = None,
        source: Literal["WEBAPI", "MOBILEAPI"] | None = None,
        allow_insecure: bool = False,
        sandbox: Sandbox | None = None,
        **options: Unpack[Network],
    ) -> Self:
        """See the class."""
        base_url, user_id, api_key, x_api_key = _relatch.hold(base_url, user_id, api_key, x_api_key)
        source, allow_insecure, sandbox = _relatch.hold(source, allow_insecure, sandbox)
        return super().__new__(
            cls,
            options,
            base_url=base_url,
            user_id=user_id,
            api_key=api_key,
            x_api_key=x_api_key,
            source=source,
            allow_insecure=allow_insecure,
            sandbox=sandbox,
        )

    def send_otp(self) -> str:
        """Has a one-time password sent to the user, for `verify_otp` or `register_totp`.

        Returns:
            The server's words.
        """
        return _message(self._call("send_otp", {}))

    async def send_otp_async(self) -> str:
        """`send_otp` for asyncio, with the same arguments, result and errors."""
        return _message(await self._call_async("send_otp", {}))

    def verify_otp(self, otp: str) -> str:
        """Exchanges the one-time password for a temporary token.

        Args:
            otp: What was sent to the user.

        Returns:
            The token, for `set_password`.
        """
        [otp] = _relatch.hold(otp)
        return _secret(self._call("verify_otp", {"otp": otp}))

    async def verify_otp_async(self, otp: str) -> str:
        """`verify_otp` for asyncio, with the same arguments, result and errors."""
        [otp] = _relatch.hold(otp)
        return _secret(await self._call_async("verify_otp", {"otp": otp}))

    def set_password(self, temp_token: str, new_password: str) -> str:
        """Sets a new password.

        Args:
            temp_token: What `verify_otp` returned.
            new_password: The password to be.

        Returns:
            The server's words.
        """
        temp_token, new_password = _relatch.hold(temp_token, new_password)
        return _message(self._call("set_password", {"temp_token": temp_token, "new_password": new_password}))

    async def set_password_async(self, temp_token: str, new_password: str) -> str:
        """`set_password` for asyncio, with the same arguments, result and errors."""
        temp_token, new_password = _relatch.hold(temp_token, new_password)
        return _message(
            await self._call_async("set_password", {"temp_token": temp_token, "new_password": new_password})
        )

    def change_password(self, old_password: str, new_password: str) -> str:
        """Replaces the password.

        Args:
            old_password: The password as it is.
            new_password: The password to be.

        Returns:
            The server's words.
        """
        old_password, new_password = _relatch.hold(old_password, new_password)
        return _message(self._call("change_password", {"old_password": old_password, "new_password": new_password}))

    async def change_password_async(self, old_password: str, new_password: str) -> str:
        """`change_password` for asyncio, with the same arguments, result and errors."""
        old_password, new_password = _relatch.hold(old_password, new_password)
        return _message(
            await self._call_async("change_password", {"old_password": old_password, "new_password": new_password})
        )

    def send_mpin_otp(self) -> str:
        """Has a one-time password sent to the user, for `set_mpin`.

        Returns:
            The server's words.
        """
        return _message(self._call("send_mpin_otp", {}))

    async def send_mpin_otp_async(self) -> str:
        """`send_mpin_otp` for asyncio, with the same arguments, result and errors."""
        return _message(await self._call_async("send_mpin_otp", {}))

    def set_mpin(self, mpin: str, otp: str, *, udid: str | None = None) -> str:
        """Sets a new MPIN, and the device of the user's fingerprint if one is given.

        Args:
            mpin: The MPIN to be, 4 to 6 digits.
            otp: What was sent to the user.
            udid: The device of the user's fingerprint, 50 characters at most.

        Returns:
            The server's words.
        """
        mpin, otp, udid = _relatch.hold(mpin, otp, udid)
        return _message(self._call("set_mpin", {"mpin": mpin, "otp": otp, "udid": udid}))

    async def set_mpin_async(self, mpin: str, otp: str, *, udid: str | None = None) -> str:
        """`set_mpin` for asyncio, with the same arguments, result and errors."""
        mpin, otp, udid = _relatch.hold(mpin, otp, udid)
        return _message(await self._call_async("set_mpin", {"mpin": mpin, "otp": otp, "udid": udid}))

    def change_mpin(self, old_mpin: str, new_mpin: str) -> str:
        """Replaces the MPIN.

        Args:
            old_mpin: The MPIN as it is.
            new_mpin: The MPIN to be, 4 to 6 digits.

        Returns:
            The server's words.
        """
        old_mpin, new_mpin = _relatch.hold(old_mpin, new_mpin)
        return _message(self._call("change_mpin", {"old_mpin": old_mpin, "new_mpin": new_mpin}))

    async def change_mpin_async(self, old_mpin: str, new_mpin: str) -> str:
        """`change_mpin` for asyncio, with the same arguments, result and errors."""
        old_mpin, new_mpin = _relatch.hold(old_mpin, new_mpin)
        return _message(await self._call_async("change_mpin", {"old_mpin": old_mpin, "new_mpin": new_mpin}))

    def register_mpin(self, session: Session, mpin: str, *, udid: str | None = None) -> str:
        """Registers an MPIN for the session's user, and the device of the fingerprint if one is given.

        Args:
            session: A session of this user.
            mpin: The MPIN to be, 4 to 6 digits.
            udid: The device of the user's fingerprint, 50 characters at most.

        Returns:
            The server's words.
        """
        session, mpin, udid = _relatch.hold(session, mpin, udid)
        return _message(self._call("register_mpin", {"mpin": mpin, "udid": udid}, session))

    async def register_mpin_async(self, session: Session, mpin: str, *, udid: str | None = None) -> str:
        """`register_mpin` for asyncio, with the same arguments, result and errors."""
        session, mpin, udid = _relatch.hold(session, mpin, udid)
        return _message(await self._call_async("register_mpin", {"mpin": mpin, "udid": udid}, session))

    def register_totp(self, otp: str, *, app_name: str | None = None) -> TotpRegistration:
        """Registers an authenticator app; it counts once `verify_totp` has seen a code of it.

        Args:
            otp: What was sent to the user.
            app_name: The name that the app shows.

        Returns:
            What the app is set up with.
        """
        otp, app_name = _relatch.hold(otp, app_name)
        return _registration(self._call("register_totp", {"otp": otp, "app_name": app_name}))

    async def register_totp_async(self, otp: str, *, app_name: str | None = None) -> TotpRegistration:
        """`register_totp` for asyncio, with the same arguments, result and errors."""
        otp, app_name = _relatch.hold(otp, app_name)
        return _registration(await self._call_async("register_totp", {"otp": otp, "app_name": app_name}))

    def verify_totp(self, session: Session, code: str) -> str:
        """Puts the registered authenticator app to use.

        Args:
            session: A session of this user.
            code: What the app shows now.

        Returns:
            The server's words.
        """
        session, code = _relatch.hold(session, code)
        return _message(self._call("verify_totp", {"code": code}, session))

    async def verify_totp_async(self, session: Session, code: str) -> str:
        """`verify_totp` for asyncio, with the same arguments, result and errors."""
        session, code = _relatch.hold(session, code)
        return _message(await self._call_async("verify_totp", {"code": code}, session))

    def delete_totp(self, session: Session) -> str:
        """Takes the authenticator app out of use.

        Args:
            session: A session of this user.

        Returns:
            The server's words.
        """
        [session] = _relatch.hold(session)
        return _message(self._call("delete_totp", {}, session))

    async def delete_totp_async(self, session: Session) -> str:
        """`delete_totp` for asyncio, with the same arguments, result and errors."""
        [session] = _relatch.hold(session)
        return _message(await self._call_async("delete_totp", {}, session))

    def __repr__(self) -> str:
        return f"SynapsewaveAccount(user_id={self.user_id!r}, base_url={self.base_url!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a SynapsewaveAccount holds a key and is neither pickled nor copied: make a new one")


_signatures.show(_signatures.NETWORK, SynapsewaveAccount.__new__)


def _message(result: dict[str, str | None]) -> str:
    return result["message"] or ""


def _secret(result: dict[str, str | None]) -> str:
    return result["secret"] or ""


def _registration(result: dict[str, str | None]) -> TotpRegistration:
    return TotpRegistration(_secret(result), result.get("qr_image"), result.get("user_id"))


_once.keep_classes(globals())
