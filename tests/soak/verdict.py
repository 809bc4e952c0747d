"""What the readings of one process say about its memory."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import linear_regression, median
from typing import Any

MEBIBYTE = 1024.0 * 1024.0
# What may be warming up: the first five minutes, or a fifth of a short run.
WARM_UP = 300.0
# Bytes by which memory may grow after the warm-up.
MOST_DRIFT = 2 * MEBIBYTE
TENTH = 10


@dataclass
class Memory:
    """How the memory of one process went, after the warm-up. In bytes; the slope in bytes per hour."""

    begin: float
    end: float
    # Of the ten parts of the run: a hump between the beginning and the end is no flat memory either.
    highest: float
    slope: float

    @property
    def drift(self) -> float:
        """By how much it has grown."""
        return self.highest - self.begin


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
    values = [value for _, value in points]
    tenths = [values[len(values) * part // TENTH : len(values) * (part + 1) // TENTH] for part in range(TENTH)]
    medians = [median(part) for part in tenths]
    slope, _ = linear_regression([at for at, _ in points], values)
    return Memory(medians[0], medians[-1], max(medians), slope * 3600)
