"""What a package for users must hold, and what it must not: seen in the wheel and in the npm package themselves."""

from __future__ import annotations

import os
import re
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LICENCES = ("LICENSE", "THIRD-PARTY-LICENSES.txt")
IS_NATIVE = re.compile(r"\.(so|node)$")
# A home directory, wherever the package was built.
HOME = re.compile(rb"/(?:root|home|Users)/[\w.-]+[/\w.-]*")
SYMBOL_VERSION = re.compile(rb"GLIBC_(\d+)\.(\d+)")
# The most that a native library may be: a build that keeps its symbols is three times as large.
MOST_BYTES = 12 * 2**20


def files(package: Path) -> dict[str, bytes]:
    """The files of a wheel or of an npm package, by the path they have in it."""
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as archive:
            return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    with tarfile.open(package) as archive:
        opened = {member.name: archive.extractfile(member) for member in archive.getmembers()}
        return {name: file.read() for name, file in opened.items() if file is not None}


def builders_paths() -> list[bytes]:
    """Where this machine has the sources: this folder, and those of the crates and of the tool chain."""
    home = Path.home()
    folders = [ROOT, os.environ.get("CARGO_HOME", home / ".cargo"), os.environ.get("RUSTUP_HOME", home / ".rustup")]
    return [os.fsencode(folder) for folder in folders]


def problems(package: Path, glibc: tuple[int, int] | None) -> list[str]:
    """What is wrong with a package.

    Args:
        package: A wheel, or what `npm pack` has made.
        glibc: The newest version of glibc that its native library may ask for; None: whatever this machine has.
    """
    found = files(package)
    native = {name: data for name, data in found.items() if IS_NATIVE.search(name)}
    wrong = [f"it holds {len(native)} native libraries: {', '.join(native)}"] if len(native) != 1 else []
    wrong += [problem for name, data in native.items() for problem in native_problems(name, data, glibc)]
    for licence in LICENCES:
        texts = [data for name, data in found.items() if name.rpartition("/")[2] == licence]
        if texts != [(ROOT / licence).read_bytes()]:
            wrong.append(f"it holds {len(texts)} files {licence}, or another text than the repository's")
    return [f"{package.name}: {problem}" for problem in wrong]


def native_problems(name: str, data: bytes, glibc: tuple[int, int] | None) -> list[str]:
    """What is wrong with a native library: its size, the paths in it, the glibc that it asks for."""
    wrong = []
    if len(data) > MOST_BYTES:
        wrong.append(f"{name} has {len(data) / 2**20:.1f} MiB: is it a release build?")
    paths = {path.decode() for path in HOME.findall(data)}
    paths |= {path.decode() for path in builders_paths() if path in data}
    if paths:
        wrong.append(f"{name} holds paths of the machine that built it: {', '.join(sorted(paths)[:5])}")
    newest = max(((int(major), int(minor)) for major, minor in SYMBOL_VERSION.findall(data)), default=(0, 0))
    if glibc and newest > glibc:
        wrong.append(f"{name} needs glibc {newest[0]}.{newest[1]}, and may need {glibc[0]}.{glibc[1]}")
    return wrong
