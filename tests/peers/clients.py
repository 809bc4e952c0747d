"""Who is measured."""

from __future__ import annotations

import json
import platform
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from situations import Kind

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# The newest releases of some peers do not run on the oldest Node that relatch does: theirs comes with them.
NODE = HERE / "node" / "node_modules" / ".bin" / "node"


@dataclass(frozen=True)
class Client:
    """One row of the table."""

    # The function that opens it, in the language's own file of clients.
    function: str
    kind: Kind
    heading: str
    # The packages whose versions are told.
    packages: tuple[str, ...]
    # Whether it begins with tokens from elsewhere; the others log in by themselves.
    holds_tokens: bool = True

    def version(self) -> str:
        """The versions of what is installed."""
        if self.function == "relatch":
            return relatch_version()
        found = {"node": _npm_version, "rust": _crate_version}.get(self.kind, metadata.version)
        return ", ".join(f"{package} {found(package)}" for package in self.packages)


CLIENTS = (
    Client("relatch", "threads", "**relatch**", ()),
    Client("authlib", "threads", "Authlib, `OAuth2Session`", ("Authlib", "requests")),
    Client("requests_oauthlib", "threads", "requests-oauthlib", ("requests-oauthlib", "oauthlib")),
    Client("google_auth", "threads", "google-auth", ("google-auth",)),
    Client("httpx_auth", "threads", "httpx-auth, password flow", ("httpx-auth", "httpx"), holds_tokens=False),
    Client("azure_core", "threads", "azure-core, bearer policy", ("azure-core",)),
    Client("hand_written", "threads", "hand-written, a lock", ("requests",), holds_tokens=False),
    Client("relatch", "asyncio", "**relatch**", ()),
    Client("authlib", "asyncio", "Authlib, `AsyncOAuth2Client`", ("Authlib", "httpx2")),
    Client("azure_core", "asyncio", "azure-core, async bearer policy", ("azure-core", "aiohttp")),
    Client("hand_written", "asyncio", "hand-written, a lock", ("aiohttp",), holds_tokens=False),
    Client("relatch", "node", "**relatch**", ()),
    Client("googleAuthLibrary", "node", "google-auth-library", ("google-auth-library",)),
    Client("openidClient", "node", "openid-client", ("openid-client",)),
    Client("axiosAuthRefresh", "node", "axios-auth-refresh, one instance", ("axios-auth-refresh", "axios")),
    Client("axiosAuthRefreshTwice", "node", "axios-auth-refresh, two instances", ("axios-auth-refresh", "axios")),
    Client("simpleOauth2", "node", "simple-oauth2", ("simple-oauth2",)),
    Client("azureCore", "node", "@azure/core-rest-pipeline, bearer policy", ("@azure/core-rest-pipeline",)),
    Client("handWritten", "node", "hand-written, one promise", (), holds_tokens=False),
    Client("relatch", "rust", "**relatch**", ()),
    Client("hand_written", "rust", "hand-written, a mutex", ("reqwest", "tokio"), holds_tokens=False),
)

LANGUAGES: dict[Kind, str] = {
    "threads": "Python, threads",
    "asyncio": "Python, asyncio",
    "node": "Node",
    "rust": "Rust",
}


def relatch_version() -> str:
    """The one version of everything, and of which commit."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    commit = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
    return f"{_cargo_metadata()['relatch']}, {commit or 'this tree'}"


def _npm_version(package: str) -> str:
    manifest = json.loads((HERE / "node" / "node_modules" / package / "package.json").read_text())
    return str(manifest["version"])


def _crate_version(package: str) -> str:
    return _cargo_metadata()[package]


def _cargo_metadata() -> dict[str, str]:
    if not _VERSIONS:
        command = ["cargo", "metadata", "--locked", "--format-version", "1"]
        told = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
        _VERSIONS.update({package["name"]: package["version"] for package in json.loads(told)["packages"]})
    return _VERSIONS


_VERSIONS: dict[str, str] = {}


def platforms() -> str:
    """The languages themselves."""
    node, rust = (
        subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
        for program in (str(NODE), "rustc")
    )
    return f"CPython {platform.python_version()}, Node {node[0].removeprefix('v')}, rustc {rust[1]}"
