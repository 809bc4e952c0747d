"""One version for everything: the workspace's in Cargo.toml, which npm and the installed Python package must match."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent


def cargo_versions() -> dict[str, str]:
    """The version of every crate of the workspace, as cargo reads it."""
    command = ["cargo", "metadata", "--format-version", "1", "--no-deps"]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    return {f"crate {package['name']}": package["version"] for package in json.loads(output)["packages"]}


def npm_versions() -> dict[str, str]:
    """The version of the npm package, and what its lock says of it."""
    manifest = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    return {
        "package.json": manifest["version"],
        "package-lock.json": lock["version"],
        "package-lock.json, packages": lock["packages"][""]["version"],
    }


def main() -> int:
    """Prints what differs; the exit status says whether anything does."""
    crates = cargo_versions()
    expected = crates["crate relatch"]
    # Python spells a pre-release differently (0.2.0-alpha.1 is 0.2.0a1): only the meaning must be the same.
    installed = importlib.metadata.version("relatch")
    differing = {name: found for name, found in {**crates, **npm_versions()}.items() if found != expected}
    if Version(installed) != Version(expected):
        differing["installed Python package"] = installed
    for name, found in differing.items():
        print(f"{name} has version {found}, the workspace has {expected}", file=sys.stderr)
    if not differing:
        print(f"one version everywhere: {expected}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
