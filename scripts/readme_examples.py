"""The examples of the README, as programs: what is printed there is what is run here.

A block of code below the comment `example: NAME` is the example of that name. As a command it writes one to standard
output: `python scripts/readme_examples.py node`.
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
BLOCK = re.compile(r"<!-- example: (?P<name>\w+) -->\n```\w+\n(?P<code>.*?)```\n", re.DOTALL)


def examples() -> dict[str, str]:
    """All examples by name."""
    return {found["name"]: found["code"] for found in BLOCK.finditer(README.read_text(encoding="utf-8"))}


def as_program(name: str) -> str:
    """An example as a program: a notebook's cell, which may await, becomes the body of a coroutine."""
    code = examples()[name]
    if "await " not in code or name.startswith("node"):
        return code
    imports, body = code.split("\n\n", 1)
    return f"{imports}\n\n\nasync def cell() -> None:\n{textwrap.indent(body, '    ')}\n\nasyncio.run(cell())\n"


if __name__ == "__main__":
    sys.stdout.write(as_program(sys.argv[1]))
