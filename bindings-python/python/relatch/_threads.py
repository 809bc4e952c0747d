"""Threads that are threads, whatever a program has made of Python's.

gevent and eventlet put greenlets in the place of threads. One that waits in native code would stop all others.
"""

from __future__ import annotations

import _thread
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any, TypeAlias


def new_thread(run: Callable[[], object], name: str) -> Thread:
    """A daemon thread, to be started."""
    if _is_patched():
        return _Unpatched(run)
    # Debuggers and profilers know these.
    return threading.Thread(target=run, name=name, daemon=True)


def new_lock() -> threading.RLock:
    """A lock that the same thread may take again."""
    lock: threading.RLock = _interpreters_own().RLock()
    return lock


def is_main() -> bool:
    """Whether this is the thread that Ctrl-C interrupts."""
    return not _is_patched() and threading.current_thread() is threading.main_thread()


def end(thread: Thread) -> None:
    """Has a thread raise SystemExit, which ends it without a word, once it is back in Python code."""
    import ctypes  # noqa: PLC0415 hardly ever needed

    if not isinstance(thread, _Unpatched) and thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit))


class _Unpatched:
    """A daemon thread that the module `threading` did not make."""

    daemon = True

    def __init__(self, run: Callable[[], object]) -> None:
        self._run = run
        self._threads = _interpreters_own()
        self._ended = self._threads.allocate_lock()

    def start(self) -> None:
        self._ended.acquire()
        try:
            self._threads.start_new_thread(self._call, ())
        except RuntimeError:
            self._ended.release()
            raise

    def _call(self) -> None:
        try:
            self._run()
        finally:
            self._ended.release()

    def join(self, timeout: float) -> None:
        """Waits for its end, for so many seconds at most."""
        if self._ended.acquire(timeout=timeout):
            self._ended.release()


Thread: TypeAlias = threading.Thread | _Unpatched


def _is_patched() -> bool:
    """Whether what tells threads apart is no function of the interpreter's any more."""
    return not isinstance(_thread.get_ident, type(len))


def _interpreters_own() -> ModuleType:
    """The module `_thread` as the interpreter makes it."""
    if not _is_patched():
        return _thread
    specification: Any = _thread.__spec__
    own: ModuleType = specification.loader.create_module(specification)
    specification.loader.exec_module(own)
    return own
