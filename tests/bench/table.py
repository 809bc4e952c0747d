"""The table that is printed."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from figures import Goal

SPREAD = "(min .. max)"
HEADINGS = ("figure", "unit", "relatch", SPREAD, "hand-written", SPREAD, "with", "ratio", "goal", "met?")
# Columns of text; the others are numbers and stand to the right.
LEFT = {0, 1, 6, 8, 9}


@dataclass
class Row:
    """A figure with all that was measured for it."""

    name: str
    unit: str
    relatch: list[float]
    hand_written: list[float]
    # The library that the hand-written client uses.
    rival: str
    goal: Goal | None

    @property
    def ratio(self) -> float:
        """The median of relatch by that of the hand-written client."""
        other = statistics.median(self.hand_written)
        return statistics.median(self.relatch) / other if other else float("nan")

    def cells(self) -> tuple[str, ...]:
        """The row as texts."""
        goal, met = "-", "-"
        if self.goal is not None:
            goal = f"<= {self.goal.most:g}x" if self.goal.relative else f"<= {self.goal.most:g} {self.unit}"
            met = "yes" if self.goal.is_met(statistics.median(self.relatch), self.ratio) else "NO"
        return (
            self.name,
            self.unit,
            *spread(self.relatch),
            *spread(self.hand_written),
            self.rival,
            f"{self.ratio:.2f}",
            goal,
            met,
        )


def spread(values: list[float]) -> tuple[str, str]:
    """The median, and the least and the most."""
    return number(statistics.median(values)), f"({number(min(values))} .. {number(max(values))})"


def number(value: float) -> str:
    """Three digits that count, and no more than are known."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def lines(rows: list[Row]) -> list[str]:
    """The whole table."""
    texts = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(cells[column]) for cells in texts) for column in range(len(HEADINGS))]
    table = [
        "  ".join(
            cell.ljust(width) if column in LEFT else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()
        for cells in texts
    ]
    table.insert(1, "-" * max(map(len, table)))
    return table
