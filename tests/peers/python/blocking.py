"""The clients that block, each as its documentation shows it, shared by all threads of the program.

Each function opens a client and returns a call: one GET of the protected resource, whose status it returns.
"""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from task import Task

SCOPE = "read"


def authlib(task: Task) -> Callable[[], int]:
    """https://docs.authlib.org/en/latest/client/oauth2.html, "Refresh & Auto Update Token"."""
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # this server speaks plain http
    from authlib.integrations.requests_client import OAuth2Session  # noqa: PLC0415

    session = OAuth2Session(
        "client", "secret", token=token(task), token_endpoint=task.token_url, update_token=lambda *_, **__: None
    )
    return lambda: session.get(task.resource).status_code


def requests_oauthlib(task: Task) -> Callable[[], int]:
    """https://requests-oauthlib.readthedocs.io/en/latest/oauth2_workflow.html#refreshing-tokens, the third way."""
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    from requests_oauthlib import OAuth2Session  # noqa: PLC0415

    def save(new: dict[str, Any]) -> None:
        session.token = new

    session = OAuth2Session(
        "client",
        token=token(task),
        auto_refresh_url=task.token_url,
        auto_refresh_kwargs={"client_id": "client", "client_secret": "secret"},
        token_updater=save,
    )
    return lambda: session.get(task.resource).status_code


def google_auth(task: Task) -> Callable[[], int]:
    """https://googleapis.dev/python/google-auth/latest/reference/google.oauth2.credentials.html."""
    from google.auth.transport.requests import AuthorizedSession  # noqa: PLC0415
    from google.oauth2.credentials import Credentials  # noqa: PLC0415

    # It wants the time without a time zone.
    expiry = datetime.now(timezone.utc).replace(tzinfo=None) + timedelta(seconds=task.expires_in)
    credentials = Credentials(
        task.access_token,
        refresh_token=task.refresh_token,
        token_uri=task.token_url,
        client_id="client",
        client_secret="secret",
        expiry=expiry,
    )
    session = AuthorizedSession(credentials)
    return lambda: session.get(task.resource).status_code


def httpx_auth(task: Task) -> Callable[[], int]:
    """Its README, "Resource Owner Password Credentials flow"."""
    import httpx  # noqa: PLC0415
    from httpx_auth import OAuth2ResourceOwnerPasswordCredentials  # noqa: PLC0415

    auth = OAuth2ResourceOwnerPasswordCredentials(task.token_url, username=task.username, password=task.password)
    client = httpx.Client(auth=auth, timeout=20)
    client.get(task.resource)  # logs in
    return lambda: client.get(task.resource).status_code


def azure_core(task: Task) -> Callable[[], int]:
    """The reference of azure.core.credentials.TokenCredential, and the docstrings of azure.core.pipeline."""
    import requests  # noqa: PLC0415
    from azure.core.credentials import AccessToken  # noqa: PLC0415
    from azure.core.pipeline import Pipeline  # noqa: PLC0415
    from azure.core.pipeline.policies import BearerTokenCredentialPolicy, RetryPolicy  # noqa: PLC0415
    from azure.core.pipeline.transport import HttpRequest, RequestsTransport  # noqa: PLC0415

    class Credential:
        """What the user of the library writes: the policy asks it for a new token when one is due."""

        def __init__(self) -> None:
            self._refresh_token = ""

        def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
            if not self._refresh_token:
                self._refresh_token = task.refresh_token
                return AccessToken(task.access_token, int(time.time()) + task.expires_in)
            form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
            answer = requests.post(task.token_url, data=form, timeout=20)
            answer.raise_for_status()
            new = answer.json()
            self._refresh_token = new["refresh_token"]
            return AccessToken(new["access_token"], int(time.time()) + new["expires_in"])

    policies = [RetryPolicy(), BearerTokenCredentialPolicy(Credential(), SCOPE)]
    pipeline: Any = Pipeline(RequestsTransport(), policies)

    def call() -> int:
        # Without the option it refuses plain http.
        answer = pipeline.run(HttpRequest("GET", task.resource), enforce_https=False)
        return int(answer.http_response.status_code)

    # Puts the first token into the policy.
    policies[1].authorize_request(unsent_request(), SCOPE)  # type: ignore[attr-defined]
    return call


def unsent_request() -> Any:
    """A request for the policy to put a token into."""
    from azure.core.pipeline import PipelineContext, PipelineRequest  # noqa: PLC0415
    from azure.core.pipeline.transport import HttpRequest  # noqa: PLC0415

    return PipelineRequest(HttpRequest("GET", "https://localhost"), PipelineContext(None))


def hand_written(task: Task) -> Callable[[], int]:
    """The client over requests that `make bench` compares with."""
    from hand_written import requests_client  # noqa: PLC0415

    http = requests_client.http_client(task.callers)
    session = requests_client.Session(http, task.url, task.username, task.password)
    return lambda: http.get(task.resource, headers=session.headers(), timeout=20).status_code


def relatch(task: Task) -> Callable[[], int]:
    """README.md: a session that goes on with tokens from elsewhere, and holds credentials."""
    import requests  # noqa: PLC0415

    import relatch  # noqa: PLC0415

    provider = relatch.SevenG(base_url=task.url, username=task.username, password=task.password)
    tokens = {"access_token": task.access_token, "refresh_token": task.refresh_token}
    session = relatch.resume(provider, tokens)
    return lambda: requests.get(task.resource, headers=session.headers(), timeout=20).status_code


def token(task: Task) -> dict[str, Any]:
    """The tokens as an OAuth 2 library stores them."""
    return {
        "access_token": task.access_token,
        "refresh_token": task.refresh_token,
        "token_type": "Bearer",
        "expires_in": task.expires_in,
        "expires_at": int(time.time()) + task.expires_in,
    }
