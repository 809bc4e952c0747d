"""The user as a system describes it."""

from __future__ import annotations

from collections.abc import Mapping

from relatch import _once
from relatch._record import brief

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TypeVar

    _Value = TypeVar("_Value")
    _Base = Mapping[str, Any]
else:
    _Base = Mapping


class Profile(_Base):
    """A user as the system describes it: a mapping that cannot be changed, and a property for each name that is known.

    Everything is optional. A property is None where the system did not say, or not in the documented type; what relatch
    has no name for is in the mapping as it came. Secrets are not: they have properties of their own, and `secret`. A
    copy or a pickle of a profile holds no secrets.

    Example:
        >>> session.profile.exchanges
        ['NSE_EQ', 'BSE_EQ']
        >>> session.profile["user_name"]
        'TEST USER'
    """

    __slots__ = ("_fields", "_secrets")

    _fields: dict[str, Any]
    _secrets: dict[str, str]

    def __init__(self, fields: dict[str, Any], secrets: dict[str, str] | None = None) -> None:
        self._fields = fields
        self._secrets = secrets or {}

    def secret(self, name: str) -> str | None:
        """A secret by its name: one of the properties' names, or as the system spells it.

        Args:
            name: The name.

        Returns:
            The secret, or None where there is none of that name.

        Example:
            >>> session.profile.secret("session_token")
        """
        return self._secrets.get(name)

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Profile({brief(self._fields)})"

    def __reduce__(self) -> tuple[type[Profile], tuple[dict[str, Any]]]:
        return type(self), (self._fields,)

    def _get(self, name: str, kind: type[_Value]) -> _Value | None:
        value = self._fields.get(name)
        # To Python a truth is a number.
        known = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        return value if known else None

    @property
    def username(self) -> str | None:
        """The user name (7G)."""
        return self._get("username", str)

    @property
    def instance_id(self) -> str | None:
        """The instance (7G)."""
        return self._get("instance_id", str)

    @property
    def roles(self) -> list[Any] | None:
        """The roles, each as the system describes it (7G)."""
        return self._get("roles", list)

    @property
    def user_id(self) -> str | None:
        """The user, as the system spells it."""
        return self._get("user_id", str)

    @property
    def alias_id(self) -> str | None:
        """Another name of the user."""
        return self._get("alias_id", str)

    @property
    def user_name(self) -> str | None:
        """The user's name, as people say it."""
        return self._get("user_name", str)

    @property
    def user_status(self) -> int | None:
        """The user's status; what the numbers mean is not documented."""
        return self._get("user_status", int)

    @property
    def login_time(self) -> str | None:
        """When the user logged in, as the system writes it: in India's time."""
        return self._get("login_time", str)

    @property
    def exchanges(self) -> list[str] | None:
        """The exchanges that the user may trade at."""
        return self._get("exchanges", list)

    @property
    def broadcast_exchanges(self) -> list[str] | None:
        """The exchanges whose market data the user may have."""
        return self._get("broadcast_exchanges", list)

    @property
    def product_types(self) -> list[str] | None:
        """The product types that the user may trade."""
        return self._get("product_types", list)

    @property
    def product_types_by_exchange(self) -> dict[str, list[str]] | None:
        """The product types that the user may trade, by exchange."""
        return self._get("product_types_by_exchange", dict)

    @property
    def mpin_enabled(self) -> bool | None:
        """Whether the user has an MPIN."""
        return self._get("mpin_enabled", bool)

    @property
    def fingerprint_enabled(self) -> bool | None:
        """Whether the user has registered a fingerprint."""
        return self._get("fingerprint_enabled", bool)

    @property
    def totp_enabled(self) -> bool | None:
        """Whether the user has registered an authenticator."""
        return self._get("totp_enabled", bool)

    @property
    def ptn_type(self) -> str | None:
        """The kind of second factors that the user may use."""
        return self._get("ptn_type", str)

    @property
    def user_code(self) -> str | None:
        """The user's code at the broker."""
        return self._get("user_code", str)

    @property
    def group_id(self) -> str | None:
        """The user's group."""
        return self._get("group_id", str)

    @property
    def group_code(self) -> str | None:
        """The code of the user's group."""
        return self._get("group_code", str)

    @property
    def news_categories(self) -> str | None:
        """The categories of news that the user gets."""
        return self._get("news_categories", str)

    @property
    def message_socket(self) -> str | None:
        """The address of the order messages."""
        return self._get("message_socket", str)

    @property
    def broadcast_socket(self) -> str | None:
        """The address of the market data feed; see `Session.feed`."""
        return self._get("broadcast_socket", str)

    @property
    def second_broadcast_sockets(self) -> list[str] | None:
        """Further addresses of the market data feed."""
        return self._get("second_broadcast_sockets", list)

    @property
    def poa(self) -> str | None:
        """Whether the broker has a power of attorney, as the system writes it."""
        return self._get("poa", str)

    @property
    def gtd_default_days(self) -> int | None:
        """For how many days an order is good unless it says otherwise."""
        return self._get("gtd_default_days", int)

    @property
    def gtd_max_days(self) -> int | None:
        """For how many days an order may be good at most."""
        return self._get("gtd_max_days", int)

    @property
    def gtd_validity_name(self) -> str | None:
        """What such an order's validity is called."""
        return self._get("gtd_validity_name", str)

    @property
    def gtd_config_details(self) -> str | None:
        """More of such orders, as the system writes it."""
        return self._get("gtd_config_details", str)

    @property
    def manager_ip(self) -> str | None:
        """The address of the user's manager server."""
        return self._get("manager_ip", str)

    @property
    def tsl_allowed(self) -> list[Any] | None:
        """Where trailing stop losses are allowed."""
        return self._get("tsl_allowed", list)

    @property
    def edis_for_mtf(self) -> bool | None:
        """Whether margin trading needs an electronic delivery instruction."""
        return self._get("edis_for_mtf", bool)

    @property
    def show_jump_price_both_ltp_and_trigger_price(self) -> bool | None:
        """Whether jump prices are shown for last and trigger price."""
        return self._get("show_jump_price_both_ltp_and_trigger_price", bool)

    @property
    def password_expiry_days(self) -> str | None:
        """In how many days the password expires, as the system writes it."""
        return self._get("password_expiry_days", str)

    @property
    def amo_allowed(self) -> bool | None:
        """Whether the user may place orders after the market has closed."""
        return self._get("amo_allowed", bool)

    @property
    def max_order_slices(self) -> int | None:
        """Into how many slices an order may be cut."""
        return self._get("max_order_slices", int)

    @property
    def participant_code(self) -> str | None:
        """The participant's code."""
        return self._get("participant_code", str)

    @property
    def derivatives_participant_code(self) -> str | None:
        """The participant's code for derivatives."""
        return self._get("derivatives_participant_code", str)

    @property
    def session_token(self) -> str | None:
        """The session token, whose use is not documented. A secret."""
        return self._secrets.get("session_token")

    @property
    def oc_token(self) -> str | None:
        """The token that the system calls ocToken. A secret."""
        return self._secrets.get("oc_token")

    @property
    def cft(self) -> str | None:
        """The value that the system calls CFT. A secret."""
        return self._secrets.get("cft")

    @property
    def broadcast_token(self) -> str | None:
        """The token of the market data feed; see `Session.feed`. A secret."""
        return self._secrets.get("broadcast_token")


_once.keep_classes(globals())
