"""A client with the habits of the vendor's own one for Python gets on with the sandbox.

It looks at no HTTP status, expects a Content-Type on every answer, sends PUT and DELETE with a length of nothing and no
type, and reads the tokens and the feed's address right out of the data.
"""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from relatch.testing import API_KEY, MPIN, USER_ID, USER_PASSWORD
from support import LIMIT

if TYPE_CHECKING:
    from relatch.testing import Sandbox

SESSION = "/authentication/v1/user/session"


class Client:
    """What the vendor's client does on the wire."""

    def __init__(self, base_url: str) -> None:
        self._base = urlsplit(base_url)
        self.token: str | None = None
        self.others: dict[str, Any] = {}

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection(self._base.netloc, timeout=LIMIT)
        try:
            connection.putrequest(method, self._base.path + path, skip_accept_encoding=True)
            data = b"" if body is None else json.dumps(body).encode()
            if body is not None:
                connection.putheader("Content-Type", "application/json")
            if self.token is not None:
                connection.putheader("Authorization", f"Bearer {self.token}")
            connection.putheader("Content-Length", str(len(data)))
            connection.endheaders(data)
            answer = connection.getresponse()
            text = answer.read().decode()
            # A missing header is a KeyError there, too.
            kind = dict(answer.getheaders())["content-type"]
            assert kind.startswith("application/json")
            parsed: dict[str, Any] = json.loads(text)
            return parsed
        finally:
            connection.close()

    def login(self, **factors: str) -> dict[str, Any]:
        body = {"user_id": USER_ID, "api_key": API_KEY, "source": "WEBAPI", **factors}
        answer = self.call("POST", SESSION, body)
        if answer["status"] == "success":
            self.token, self.others = answer["data"]["access_token"], answer["data"]["others"]
        return answer


def test_it_logs_in_validates_and_logs_out(sandbox: Sandbox) -> None:
    client = Client(sandbox.synapsewave_url)
    code = sandbox.totp(user_id=USER_ID)
    answer = client.login(login_type="PASSWORD", password=USER_PASSWORD, second_auth_type="TOTP", second_auth=code)
    assert (answer["status"], answer["code"]) == ("success", "s-101")
    assert client.others["broadCastSocket"].startswith("wss://")
    assert client.call("PUT", SESSION)["data"] == "true"
    assert client.call("DELETE", SESSION)["message"] == "Successfully Logged Out"
    assert client.call("PUT", SESSION)["status"] == "error"
    kinds = [entry["kind"] for entry in sandbox.audit()]
    assert kinds == ["login", "validate", "logout", "validate"]


def test_it_logs_in_with_an_mpin(sandbox: Sandbox) -> None:
    client = Client(sandbox.synapsewave_url)
    code = sandbox.totp(user_id=USER_ID)
    assert client.login(login_type="MPIN", password=MPIN, second_auth_type="TOTP", second_auth=code)["data"]
    assert client.call("GET", "/authentication/v1/user/balance")["status"] == "success"


def test_refusals_are_read_from_the_body(sandbox: Sandbox) -> None:
    client = Client(sandbox.synapsewave_url)
    answer = client.login(password=USER_PASSWORD, second_auth_type="TOTP", second_auth="00000000")
    assert (answer["status"], answer["code"], answer["errors"]) == ("error", "e-101", "e-17")
    assert client.token is None
    assert client.call("GET", "/authentication/v1/none-such") == {"message": "Missing Authentication Token"}
