"""What the native module makes of the options of a session."""

from __future__ import annotations

import os

from relatch import _relatch
from relatch._errors import InvalidConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from relatch._options import Options

_PEM = "-----BEGIN "


def native(options: Options) -> _relatch.Options:
    """The options, checked.

    Raises:
        InvalidConfig: One of them is wrong; ``field`` names it.
        TypeError: There is no such option.
    """
    certificates = options.get("ca_certificates")
    if certificates is None:
        return _relatch.Options(**options)
    return _relatch.Options(**{**options, "ca_certificates": _pem(certificates)})


def _pem(certificates: object) -> bytes:
    if isinstance(certificates, bytes):
        return certificates
    if isinstance(certificates, str) and certificates.lstrip().startswith(_PEM):
        return certificates.encode(errors="replace")
    if not isinstance(certificates, (str, os.PathLike)):
        found = type(certificates).__name__
        raise InvalidConfig(f"ca_certificates must be a path or PEM, not {found}.", field="ca_certificates")
    try:
        with open(certificates, "rb") as file:  # noqa: PTH123 pathlib takes long to import
            return file.read()
    except (OSError, ValueError) as error:
        raise InvalidConfig(f"ca_certificates cannot be read: {error}", field="ca_certificates") from error
