"""What this process has used, as the operating system counts it."""

from __future__ import annotations

import ctypes
import gc
import re
from pathlib import Path

C_LIBRARY = ctypes.CDLL(None)


def resident() -> float:
    """Resident memory in bytes, without what was freed and only not given back.

    ``statm`` would lag behind by some pages for each processor.
    """
    gc.collect()
    if hasattr(C_LIBRARY, "malloc_trim"):
        C_LIBRARY.malloc_trim(0)
    found = re.search(r"^Rss:\s+(\d+) kB$", Path("/proc/self/smaps_rollup").read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError("the kernel does not tell this process's memory")
    return int(found[1]) * 1024.0
