"""SECURITY.md names every kind of secret that the canary looks for, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CANARY = ROOT / "tests" / "rust" / "canary.rs"
PAGE = ROOT / "SECURITY.md"


def test_the_page_names_what_the_canary_looks_for() -> None:
    listed = re.search(r"const KINDS: .*?\[(.*?)\];", CANARY.read_text(encoding="utf-8"), re.DOTALL)
    assert listed is not None
    kinds = set(re.findall(r'"([^"]+)"', listed[1]))
    assert len(kinds) >= 20
    section = PAGE.read_text(encoding="utf-8").split("## What is never shown")[1].split("## ")[0]
    named = {
        name for names in re.findall(r"\(((?:`[^`]+`[,\s]*)+)\)", section) for name in re.findall(r"`([^`]+)`", names)
    }
    assert named == kinds
