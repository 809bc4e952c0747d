"""The README's examples for Python run as they are printed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "readme_examples.py"

EXPECTED = {
    "python": ["dict_keys(['Authorization', 'Version'])", "characters", "1 refresh on the wire"],
    "jupyter": ["1 token for 1000 callers, 1 refresh"],
    "python_synapsewave": ["TEST USER ['NSE_EQ', 'BSE_EQ']", "2 logins in two days, 0 codes used twice"],
    "notebook_synapsewave": ["one of ('otp', 'totp', 'fingerprint') until", "active"],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_example_prints_what_the_readme_says(name: str) -> None:
    program = subprocess.run([sys.executable, SCRIPT, name], check=True, capture_output=True, text=True).stdout
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    for line in EXPECTED[name]:
        assert line in done.stdout
