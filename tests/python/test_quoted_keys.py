"""No error quotes a private key that was given as the certificates to trust, or as those to show."""

from __future__ import annotations

import base64
import hashlib
import traceback
from typing import TYPE_CHECKING, Any

import pytest

import relatch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _made_up(seed: str, lines: int) -> list[str]:
    """The lines of a block, as long as those of PEM."""
    digests = b"".join(hashlib.sha512(f"{seed} {number}".encode()).digest() for number in range(lines))
    text = base64.b64encode(digests).decode()
    return [text[start : start + 64] for start in range(0, 64 * lines, 64)]


def _block(label: str) -> list[str]:
    return [f"-----BEGIN {label}-----", *_made_up(label, 12), f"-----END {label}-----"]


# What `openssl pkcs12 -in client.p12` prints.
ATTRIBUTES = [
    "Bag Attributes",
    "    friendlyName: kestrel-at-the-broker",
    "    localKeyID: 54 69 6D 65 20 31 37 36 34 33",
    "Key Attributes: <No Attributes>",
]
SUBJECT = ["subject=CN = kestrel-at-the-broker", "issuer=CN = heron-authority"]
LABELS = ("ENCRYPTED PRIVATE KEY", "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY")
DUMPS: dict[str, list[str]] = {label: [*ATTRIBUTES, *_block(label)] for label in LABELS}
DUMPS["both"] = [*ATTRIBUTES, *_block("PRIVATE KEY"), *ATTRIBUTES[:3], *SUBJECT, *_block("CERTIFICATE")]
DUMPS["cut"] = [*ATTRIBUTES, *_block("PRIVATE KEY")[:-3]]
DUMPS["without its lines"] = ["".join(_made_up("PRIVATE KEY", 12))]
DUMPS["key in one line"] = [" ".join(_block("PRIVATE KEY"))]
TEXTS = {name: "\n".join(lines) + ("\n" if len(lines) > 1 else "") for name, lines in DUMPS.items()}


def _quotes(shown: str) -> list[str]:
    """What of the dumps is in a text: eight characters in a row of a line that tells something."""
    lines = [line.strip() for lines in DUMPS.values() for line in lines if not line.startswith("-----")]
    words = {"kestrel", "heron", "54 69 6D"}
    runs = {line[start : start + 8] for line in lines if " " not in line for start in range(len(line) - 7)}
    return [run for run in (runs | words) if run in shown]


def _all_of(error: BaseException) -> str:
    texts: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        texts += [str(seen), repr(seen), repr(seen.args), repr(vars(seen)), *getattr(seen, "__notes__", [])]
        printed = traceback.TracebackException.from_exception(seen, capture_locals=True)
        package = "".join(repr(frame.locals) for frame in printed.stack if "/relatch/" in frame.filename)
        texts.append(package)
        seen = seen.__cause__ or seen.__context__
    return "\n".join(texts)


def _forms(text: str, tmp_path: Path) -> list[Any]:
    file = tmp_path / "dump.pem"
    file.write_text(text, encoding="utf-8")
    utf_16 = tmp_path / "utf_16.pem"
    utf_16.write_text(text, encoding="utf-16")
    return [text, text.replace("\n", "\r\n"), text.encode(), text.encode("utf-16"), file, str(file), utf_16]


@pytest.mark.parametrize("field", ["ca_certificates", "client_certificate"])
@pytest.mark.parametrize("dump", TEXTS)
async def test_a_dump_of_a_key_is_not_quoted(field: str, dump: str, tmp_path: Path) -> None:
    provider = relatch.SevenG(environment="test")
    calls: list[Callable[..., Any]] = [
        lambda **options: relatch.login(provider, **options),
        lambda **options: relatch.begin(provider, **options),
        lambda **options: relatch.resume(provider, ("access", "refresh"), **options),
        lambda **options: relatch.refresh(provider, ("access", "refresh"), **options),
        provider.health,
        provider.lookup,
        lambda **options: relatch.SynapsewaveAccount(
            base_url="https://broker.example", user_id="UCC1", api_key="made up", **options
        ),
    ]
    for form in _forms(TEXTS[dump], tmp_path):
        for call in calls:
            with pytest.raises(relatch.InvalidConfig) as refused:
                call(**{field: form})
            assert refused.value.field == field
            assert _quotes(_all_of(refused.value)) == []
        for awaited in (relatch.login_async, relatch.begin_async):
            with pytest.raises(relatch.InvalidConfig) as refused:
                await awaited(provider, **{field: form})
            assert _quotes(_all_of(refused.value)) == []


@pytest.mark.parametrize("dump", TEXTS)
def test_a_dump_in_the_place_of_a_proxy_or_a_name_is_not_quoted(dump: str) -> None:
    provider = relatch.SevenG(environment="test")
    for field in ("proxy", "local_address", "address_family", "user_agent", "relogin"):
        options: dict[str, Any] = {field: TEXTS[dump]}
        with pytest.raises(relatch.RelatchError) as refused:
            relatch.login(provider, **options)
        assert _quotes(_all_of(refused.value)) == []
    for field in ("environment", "base_url", "username", "password"):
        settings: dict[str, Any] = {field: TEXTS[dump]}
        with pytest.raises(relatch.RelatchError) as refused:
            relatch.SevenG(**{"password": "made up", **settings})
        assert _quotes(_all_of(refused.value)) == []
