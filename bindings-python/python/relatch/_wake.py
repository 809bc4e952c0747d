"""The end of a wait in an event loop."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio


def set_futures(futures: list[asyncio.Future[None]]) -> None:
    """Lets the tasks go on that wait for these futures, unless they were cancelled meanwhile.

    The native module has the event loop call it. It is Python, so that a daemon thread whose interpreter goes away in
    the middle of it has no native frame on its stack.
    """
    for future in futures:
        if not future.done():
            future.set_result(None)
