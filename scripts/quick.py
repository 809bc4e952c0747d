"""Runs every word of `make help` in a short form, so that none of them breaks unseen.

`make quick` calls this in CI, after the words that CI runs whole. A word of the Makefile that neither CI nor the table
below names is an error, which `make lint` finds by `--check`. Arguments: names of words; all of the table unless given.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
CI = ROOT / ".ci" / "run"
# Seconds for one word, building included; one that takes longer hangs.
LIMIT = 1800

# Release builds that are quick to make: nothing of a quick run is measured, and what is released is built by the words
# themselves.
PROFILE = {
    "CARGO_PROFILE_RELEASE_LTO": "off",
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
    "CARGO_PROFILE_RELEASE_OPT_LEVEL": "1",
}

# The words, in the order in which they profit from one another's builds, and what make is told.
QUICK: dict[str, tuple[str, ...]] = {
    "help": (),
    "demo": (),
    "docs": (),
    "fuzz": ("FUZZ=--replay",),
    "soak": ("SOAK_BUILD=dev", "SOAK_SECONDS=20", "SOAK_SEEDS=500"),
    "peers": ("PEERS=--quick --situation lost",),
    "wheel": (),
    "tarball": (),
    "packages": ("PACKAGES=--quick",),
    "bench": ("BENCH=--quick",),
    "clean": (),
}


def make(*arguments: str, folder: Path = ROOT) -> int:
    """Runs make, showing what it prints; returns its exit status."""
    command = ["make", "--no-print-directory", *arguments]
    print(f"\n##### {' '.join(command)}", flush=True)
    environment = PROFILE | os.environ
    process = subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True)
    try:
        return process.wait(LIMIT)
    except BaseException as error:
        # The whole group: what a hanging word has started must not outlive it.
        os.killpg(process.pid, signal.SIGKILL)
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        print(f"make {' '.join(arguments)}: over {LIMIT} seconds", file=sys.stderr)
        return 1


def ignored(path: Path) -> bool:
    """Whether .gitignore names this path, which is one that a build or an installation has made."""
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    patterns = [line.rstrip("/") for line in lines if line and not line.startswith("#")]
    whole = f"/{path.relative_to(ROOT)}"
    return any(fnmatch(whole if pattern.startswith("/") else path.name, pattern) for pattern in patterns)


def sources_and_products(folder: Path = ROOT) -> Iterator[tuple[Path, bool]]:
    """Every file of the repository, and every file or folder that .gitignore names; and whether it is one of those."""
    for path in sorted(folder.iterdir()):
        if ignored(path):
            yield path, True
        elif path.is_dir() and path.name != ".git":
            yield from sources_and_products(path)
        elif path.is_file():
            yield path, False


def clean() -> int:
    """Runs `make clean` in a copy, in which what is built and installed here is a name without content.

    Returns:
        Its exit status; 1 if something is left, or a source is gone.
    """
    with tempfile.TemporaryDirectory(prefix="relatch-clean-") as name:
        copy = Path(name)
        kept: list[Path] = []
        built: list[Path] = []
        for path, is_product in sources_and_products():
            target = copy / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            if not is_product:
                shutil.copy2(path, target)
            elif path.is_dir():
                target.mkdir()
            else:
                target.touch()
            (built if is_product else kept).append(target)
        status = make("clean", folder=copy)
        wrong = [f"is still there: {path.relative_to(copy)}" for path in built if path.exists()]
        wrong += [f"is gone: {path.relative_to(copy)}" for path in kept if not path.exists()]
        print("\n".join(wrong) or f"{len(built)} things are removed, and {len(kept)} files are as they were")
        return status or bool(wrong)


def uncovered() -> list[str]:
    """What differs between the words of `make help` and those that CI runs."""
    output = subprocess.run(["make", "--no-print-directory", "help"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    words = {line.split()[1] for line in output.stdout.decode().splitlines()}
    whole = set(re.findall(r"^make --no-print-directory (\w+)$", CI.read_text(encoding="utf-8"), re.MULTILINE))
    run = whole | set(QUICK)
    missing = [f"CI does not run `make {word}`: scripts/quick.py must name it" for word in sorted(words - run)]
    unknown = [
        f"scripts/quick.py names `make {word}`, which is not in `make help`" for word in sorted(set(QUICK) - words)
    ]
    return missing + unknown


def run_all(words: list[str]) -> int:
    """Runs these words, whatever happened to the one before; returns how many failed."""
    failed = []
    times = []
    for word in words:
        begun = time.monotonic()
        if clean() if word == "clean" else make(word, *QUICK[word]):
            failed.append(word)
        times.append((word, time.monotonic() - begun))
    print("\nseconds:", ", ".join(f"{word} {seconds:.0f}" for word, seconds in times))
    print(f"quick: {len(words) - len(failed)} words run, {len(failed)} failed {' '.join(failed)}".rstrip())
    return len(failed)


def main() -> int:
    """Checks the table, and runs it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare the table with `make help` and CI")
    parser.add_argument("words", nargs="*", metavar="WORD", help=", ".join(QUICK))
    options = parser.parse_args()
    if unknown := sorted(set(options.words) - set(QUICK)):
        parser.error(f"no such word: {', '.join(unknown)}; there are {', '.join(QUICK)}")
    if problems := uncovered():
        print("\n".join(problems), file=sys.stderr)
        return 1
    if options.check:
        print("every word of `make help` runs in CI")
        return 0
    return 1 if run_all(options.words or list(QUICK)) else 0


if __name__ == "__main__":
    sys.exit(main())
