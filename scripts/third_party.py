"""Writes THIRD-PARTY-LICENSES.txt: the licence texts of every crate that the wheel and the Node addon are linked from.

Both packages carry the file. `make lint` says when it is out of date (`--check`); without that it is written anew.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "THIRD-PARTY-LICENSES.txt"
PACKAGES = ("relatch-python", "relatch-node")
# What is distributed. The dependencies of other platforms are left out: the file is the same wherever it is made.
TARGET = "x86_64-unknown-linux-gnu"
IS_LICENCE = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)
# Of a crate that leaves the choice, MIT is chosen: these are the texts of the others.
OTHER_CHOICES = re.compile(r"apache|isc|unlicense|copying|cc0|boringssl", re.IGNORECASE)
INTRODUCTION = """\
relatch is under the Apache License 2.0 (LICENSE). Its Python wheel and its Node addon are linked from the crates below,
whose licences ask that their texts come along. Where a crate leaves the choice between MIT and another licence, it is
used under MIT. The Rust standard library, which is linked as well, is used under MIT: copyright the Rust project's
developers.
"""
MIT = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES
OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."""


class Crate(NamedTuple):
    """A dependency: what it is called, under which licence it comes, and what cargo knows of it."""

    name: str
    version: str
    licence: str
    folder: Path
    authors: tuple[str, ...]


def cargo(*arguments: str) -> str:
    """What cargo answers."""
    return subprocess.run(["cargo", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout.decode()


def linked() -> set[tuple[str, str]]:
    """Names and versions of everything that ends up in either package: no build scripts, no macros, no tests."""
    found = set()
    for package in PACKAGES:
        options = ("--edges", "normal,no-proc-macro", "--target", TARGET, "--prefix", "none", "--format", "{p}")
        for line in cargo("tree", "--locked", "--package", package, *options).splitlines():
            name, version, *where = line.split()
            if not any(part.startswith("(/") for part in where):  # the crates of this workspace have a path
                found.add((name, version.removeprefix("v")))
    return found


def crates() -> list[Crate]:
    """The same with their folders, by name."""
    wanted = linked()
    known = json.loads(cargo("metadata", "--locked", "--format-version", "1"))["packages"]
    found = [
        Crate(crate["name"], crate["version"], crate["license"], Path(crate["manifest_path"]).parent, crate["authors"])
        for crate in known
        if (crate["name"], crate["version"]) in wanted
    ]
    return sorted(found)


def texts(crate: Crate) -> list[str]:
    """The licence texts that a crate brings; the one of MIT if it brings none and is under MIT."""
    files = sorted(path for path in crate.folder.iterdir() if path.is_file() and IS_LICENCE.match(path.name))
    is_choice = "MIT" in re.split(r"/| OR |[()]", crate.licence)
    chosen = [path for path in files if not (is_choice and OTHER_CHOICES.search(path.name))] or files
    if not chosen and is_choice:
        holders = ", ".join(name.partition(" <")[0] for name in crate.authors) or f"the authors of {crate.name}"
        return [f"MIT License\n\nCopyright (c) {holders}\n\n{MIT}"]
    if not chosen:
        sys.exit(f"{crate.name} brings no licence text: add the one of {crate.licence} to scripts/third_party.py")
    return ["\n".join(line.rstrip() for line in path.read_text("utf-8").strip().splitlines()) for path in chosen]


def page() -> str:
    """The whole file: each text once, below the crates that it belongs to."""
    found = crates()
    users: dict[str, list[str]] = defaultdict(list)
    for crate in found:
        for text in texts(crate):
            users[text].append(f"{crate.name} {crate.version}")
    rule = "-" * 80
    overview = "".join(f"{crate.name} {crate.version}: {crate.licence}\n" for crate in found)
    parts = [f"{rule}\n{', '.join(names)}\n{rule}\n\n{text}\n" for text, names in users.items()]
    return "\n".join([INTRODUCTION, overview, *parts])


def main() -> int:
    """Writes the file, or says whether it is as it would be written."""
    text = page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        print(f"{PAGE.name} is not what the dependencies ask for: python3 scripts/third_party.py", file=sys.stderr)
        return 1
    print(f"{PAGE.name} is up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
