"""The locks of npm hold the packages of every platform: else `npm ci` refuses them, or `npm install` changes them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("package-lock.json", "tests/peers/node/package-lock.json")


def missing(lock: Path) -> list[str]:
    """The packages that others of this lock want, where their platform is this one or another, and that it lacks."""
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    names = {path.rpartition("node_modules/")[2] for path in packages}
    wanted = {
        name
        for package in packages.values()
        for kind in ("dependencies", "devDependencies", "optionalDependencies")
        for name in package.get(kind, {})
    }
    return sorted(wanted - names)


def main() -> int:
    """Prints what is missing; the exit status says whether anything is."""
    problems = [f"{lock} lacks {name}" for lock in LOCKS for name in missing(ROOT / lock)]
    for problem in problems:
        print(f"{problem}: make it anew, by `npm install --package-lock-only` without the old one", file=sys.stderr)
    if not problems:
        print(f"whole: {', '.join(LOCKS)}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
