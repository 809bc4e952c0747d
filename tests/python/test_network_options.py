"""What a server sees of the options of the network."""

from __future__ import annotations

import socket
import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import relatch
from between import Between

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relatch.testing import Sandbox

MADE_UP = Path(__file__).parent.parent / "made_up"
AUTHORITY = MADE_UP / "authority.pem"
CLIENT = MADE_UP / "client.pem"


@pytest.fixture
def between(sandbox: Sandbox) -> Iterator[Between]:
    with Between(sandbox.url) as between:
        yield between


def wanting(sandbox: Sandbox) -> Between:
    """A server that wants to know its clients."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(MADE_UP / "server.pem")
    context.load_verify_locations(AUTHORITY)
    context.verify_mode = ssl.CERT_REQUIRED
    return Between(sandbox.url, tls=context)


async def use(provider: relatch.SevenG, **options: Any) -> None:
    """Makes a request of each kind: plain and awaited, of a session and of none."""
    provider.health(**options)
    await provider.lookup_async(**options)
    session = relatch.login(provider, **options)
    session.refresh()
    tokens = session.tokens
    assert tokens is not None
    session.logout()
    await relatch.refresh_async(provider, tokens, **options)
    (await relatch.login_async(provider, **options)).logout()


async def test_user_agent(sandbox: Sandbox, between: Between) -> None:
    await use(sandbox.seven_g(base_url=between.url), user_agent="my-program/1.0 (made up)")
    assert len(between.requests) >= 5
    assert {request.headers["user-agent"] for request in between.requests} == {"my-program/1.0 (made up)"}
    between.requests.clear()
    await use(sandbox.seven_g(base_url=between.url))
    assert {request.headers["user-agent"] for request in between.requests} == {f"relatch/{relatch.__version__}"}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere not all of 127.0.0.0/8 is this machine")
async def test_local_address(sandbox: Sandbox, between: Between) -> None:
    for address in ("127.0.0.2", "127.0.0.3"):
        between.requests.clear()
        await use(sandbox.seven_g(base_url=between.url), local_address=address)
        assert {request.address for request in between.requests} == {address}


async def test_address_family(sandbox: Sandbox) -> None:
    addresses: dict[str, str] = {"ipv4": "127.0.0.1", "ipv6": "::1"}
    for family, host in addresses.items():
        try:
            socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
        except OSError:
            pytest.skip(f"this machine has no {host}")
        with Between(sandbox.url, host=host) as between:
            named = between.url.replace("[::1]", "localhost").replace("127.0.0.1", "localhost")
            await use(sandbox.seven_g(base_url=named), address_family=family)
            assert {request.address for request in between.requests} == {host}
            before = len(between.requests)
            [other] = addresses.keys() - {family}
            options: Any = {"address_family": other}
            with pytest.raises(relatch.TransportError) as refused:
                sandbox.seven_g(base_url=named).health(**options)
            assert refused.value.sent == "no"
            assert len(between.requests) == before


@pytest.mark.parametrize("form", [Path, str, Path.read_text, Path.read_bytes], ids=["path", "str", "text", "bytes"])
async def test_client_certificate(sandbox: Sandbox, form: Any) -> None:
    with wanting(sandbox) as between:
        provider = sandbox.seven_g(base_url=between.url)
        await use(provider, ca_certificates=form(AUTHORITY), client_certificate=form(CLIENT))
        shown = {str(request.certificate["subject"]) for request in between.requests}
        assert shown == {"((('commonName', 'made-up client'),),)"}


def test_without_a_client_certificate_nothing_is_sent(sandbox: Sandbox) -> None:
    with wanting(sandbox) as between:
        provider = sandbox.seven_g(base_url=between.url)
        for _ in range(3):
            with pytest.raises(relatch.TlsError, match="client_certificate") as refused:
                relatch.login(provider, ca_certificates=AUTHORITY)
            assert refused.value.sent == "no"
        assert between.requests == []


async def test_a_first_step_and_an_account_have_them_too(sandbox: Sandbox) -> None:
    with Between(sandbox.synapsewave_url) as between:
        account = relatch.SynapsewaveAccount(
            sandbox=sandbox, user_id="UCC123456", base_url=between.url, user_agent="my-program/2.0"
        )
        account.send_otp()
        await account.send_otp_async()
        user = sandbox.synapsewave(base_url=between.url, second_factor=None)
        relatch.begin(user, user_agent="my-program/2.0")
        await relatch.begin_async(user, user_agent="my-program/2.0")
        assert [request.headers["user-agent"] for request in between.requests] == ["my-program/2.0"] * 4
