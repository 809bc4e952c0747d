"""What the readings of one process say about its memory."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import linear_regression, median
from typing import Any

MEBIBYTE = 1024.0 * 1024.0
# What may be warming up: the first five minutes, or a fifth of a short run.
WARM_UP = 300.0
# Bytes by which memory may differ between the beginning and the end, after the warm-up.
MOST_DRIFT = 2 * MEBIBYTE
TENTH = 10


@dataclass
class Memory:
    """How the memory of one process went, after the warm-up. In bytes; the slope in bytes per hour."""

    begin: float
    end: float
    slope: float
    largest: float

    @property
    def drift(self) -> float:
        """By how much it has grown."""
        return self.end - self.begin


def memory(readings: list[tuple[float, dict[str, Any]]], seconds: float, key: str) -> Memory:
    """Judges the readings of a process.

    Args:
        readings: When, in seconds since the beginning, and what.
        seconds: How long the run was.
        key: Which of the kernel's figures, such as "Anonymous", in kB.

    Raises:
        ValueError: There are too few readings to say anything.
    """
    warm = min(WARM_UP, seconds / 5)
    points = [(at, float(reading["memory"][key]) * 1024) for at, reading in readings if at >= warm]
    if len(points) < TENTH:
        raise ValueError(f"{len(points)} readings after the warm-up are too few")
    tenth = max(1, len(points) // TENTH)
    values = [value for _, value in points]
    begin, end = median(values[:tenth]), median(values[-tenth:])
    slope, _ = linear_regression([at for at, _ in points], values)
    return Memory(begin, end, slope * 3600, max(values) - begin)
