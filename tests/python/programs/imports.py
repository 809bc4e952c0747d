"""Prints what importing relatch brought with it: the number of threads, then the modules that are slow to import."""

from __future__ import annotations

import os
import sys

import relatch

threads = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1  # noqa: PTH112, PTH208
provider = relatch.SevenG(username="api_user", password="made up", environment="test")
session = relatch.resume(provider, ("access", "refresh"))
slow = {"asyncio", "dataclasses", "inspect", "json", "logging", "pathlib", "typing"}
print(threads, *sorted(slow & set(sys.modules)))
