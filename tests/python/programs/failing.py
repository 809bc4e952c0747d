"""What both canaries do with an error."""

from __future__ import annotations

import contextlib
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import relatch


@contextlib.contextmanager
def failing(*expected: type[relatch.RelatchError]) -> Iterator[None]:
    """Shows the error that must come, in every way there is."""
    try:
        yield
    except expected as error:
        traceback.print_exc()
        print(repr(error), str(error), vars(error), error.args)
    else:
        raise AssertionError(f"no {expected}")
