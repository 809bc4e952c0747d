"""Times: seconds since 1970 in the core, aware datetimes for users."""

from __future__ import annotations

from datetime import datetime, timezone


def moment(seconds: float) -> datetime:
    """The time as an aware datetime in UTC; one that a datetime cannot hold becomes the nearest that it can."""
    try:
        return datetime.fromtimestamp(seconds, timezone.utc)
    except (OverflowError, OSError, ValueError):
        edge = datetime.max if seconds > 0 else datetime.min
        return edge.replace(tzinfo=timezone.utc)


def moment_if(seconds: float | None) -> datetime | None:
    """A time that may be missing, as an aware datetime."""
    return None if seconds is None else moment(seconds)
