"""Ends in every way that a program can, with calls in flight or with a session that somebody still uses.

Usage: host_exit.py sys-exit|sys-exit-loop|os-exit|unhandled|executor|threads|atexit|atexit-after|global|delete|
    delete-logout|finalize|subinterpreter
"""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

LIMIT = 15
CALLERS = 20


def at_the_very_end() -> None:
    """Runs after the exit hook of relatch, for it was registered before."""
    if "atexit-after" in sys.argv:
        print("token:", outcome(session.token), outcome(lambda: asyncio.run(session.token_async())))
        sandbox_moved = outcome(lambda: sandbox.advance(1210))
        print("expired:", sandbox_moved, outcome(session.token), outcome(session.refresh))
        print("expired, asyncio:", outcome(lambda: asyncio.run(session.token_async())))
        print("login:", outcome(lambda: relatch.login(sandbox.seven_g())))
        print("logout:", outcome(session.logout), session.state, flush=True)


atexit.register(at_the_very_end)

import relatch  # noqa: E402
from relatch.testing import Sandbox  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

sandbox = Sandbox()
session = relatch.login(sandbox.seven_g())


def outcome(call: Callable[[], Any]) -> str:
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return "ok"


def hold_refresh() -> None:
    """The next refresh reaches the server and gets no answer."""
    sandbox.advance(1210)
    sandbox.fault(on="refresh", fault="hold", when="after", times=None)


def block(daemon: bool) -> None:
    """Threads of which each waits in a call, blocking or in a loop of its own."""
    hold_refresh()

    def wait_in_loop() -> None:
        asyncio.run(session.token_async())

    for number in range(CALLERS):
        wait: Callable[[], object] = session.token if number % 2 else wait_in_loop
        threading.Thread(target=wait, daemon=daemon).start()
    sandbox.wait_for("refresh", 1)


def sys_exit() -> None:
    block(daemon=True)
    sys.exit(3)


def sys_exit_loop() -> None:
    """In the middle of a loop whose tasks wait."""

    async def main() -> None:
        hold_refresh()
        tasks = [asyncio.create_task(session.token_async()) for _ in range(CALLERS)]
        await asyncio.to_thread(sandbox.wait_for, "refresh", 1)
        sys.exit(len(tasks) - CALLERS + 3)

    asyncio.run(main())


def os_exit() -> None:
    block(daemon=False)
    os._exit(3)


def unhandled() -> None:
    """An exception ends the program; what it says of it is its own."""
    sys.excepthook = lambda kind, _error, _traceback: print(kind.__name__, flush=True)
    block(daemon=True)
    raise LookupError("the program has a defect")


def executor() -> None:
    """Threads that Python waits for, in calls that get their answer or whose time is up during the exit."""
    hold_refresh()
    pool, ends = ThreadPoolExecutor(CALLERS), list[str]()
    for number in range(CALLERS):
        call = partial(session.token, timeout=0.2 if number % 2 else None)
        pool.submit(outcome, call).add_done_callback(lambda end: ends.append(end.result()))
    atexit.register(lambda: print(sorted(set(ends)), len(ends), flush=True))
    sandbox.wait_for("refresh", 1)

    def answer() -> None:
        """Once the threads whose time is up are gone: by then the main thread is at its end."""
        while len(ends) < CALLERS // 2:
            outcome(lambda: session.token(timeout=0.01))
        sandbox.release()

    threading.Thread(target=answer).start()


def threads() -> None:
    """A thread that is no daemon works on after the main thread has ended, as if nothing were."""
    main_thread = threading.current_thread()

    def work() -> None:
        main_thread.join()
        old = session.token()
        sandbox.advance(1210)
        print("token:", session.token() != old, outcome(lambda: asyncio.run(session.refresh_async())), flush=True)
        print("login:", outcome(lambda: relatch.login(sandbox.seven_g()).logout()), flush=True)

    threading.Thread(target=work).start()


def at_exit() -> None:
    """An exit handler of the program, registered after the import: all works as ever."""

    def end() -> None:
        sandbox.advance(1210)
        print("token:", outcome(session.token), outcome(lambda: asyncio.run(session.token_async())))
        print("logout:", outcome(session.logout), session.state, sandbox.counts()["refresh"], flush=True)

    atexit.register(end)


def at_exit_after() -> None:
    session.subscribe(lambda _event: None)


def in_global() -> None:
    """Whatever a module holds when it is taken down: sessions, subscriptions, questions, providers, loops."""
    kept = [relatch.login(sandbox.seven_g(), keep_alive=True) for _ in range(5)]
    subscriptions = [other.subscribe(lambda event: print(event.kind)) for other in kept]
    cycle: list[Any] = [kept, subscriptions, sandbox.seven_g(), relatch.begin(sandbox.synapsewave(second_factor=None))]
    cycle.append(cycle)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(kept[0].token_async())
    loop.close()
    globals()["kept"] = [cycle, loop, session.token_async]
    sys.modules["kept_alive"] = type(sys)("kept_alive")
    sys.modules["kept_alive"].session = kept[0]  # type: ignore[attr-defined]


class Owner:
    """Uses its session when it is deleted, which may be when hardly anything is left."""

    def __init__(self, act: Callable[[relatch.Session], object]) -> None:
        self.session = relatch.login(sandbox.synapsewave(second_factor=relatch.Pan("ABCDE1234F")))
        self.act = act
        self.itself: Owner | None = None

    def __del__(self) -> None:
        self.act(self.session)


def delete() -> None:
    """A token that is still good needs nobody."""
    owner = Owner(lambda session: print("token:", len(session.token()) > 0, flush=True))
    globals()["owner"] = owner.itself = owner


def delete_logout() -> None:
    """A logout at the very end, on which nothing may hang."""

    def end(session: relatch.Session) -> None:
        session.logout()
        print("logout:", session.state, flush=True)

    owner = Owner(end)
    globals()["owner"] = owner.itself = owner


def finalize() -> None:
    """A finalizer is an exit handler, and so has the network still."""
    other = relatch.login(sandbox.synapsewave(second_factor=relatch.Pan("ABCDE1234F")))

    def end() -> None:
        other.logout()
        print("logout:", other.state, sandbox.counts()["logout"], flush=True)

    globals()["finalizer"] = weakref.finalize(session, end)


def subinterpreter() -> None:
    """Another interpreter of the process cannot have it, and says so; this one is not harmed."""
    if sys.version_info >= (3, 13):
        import _interpreters as interpreters  # noqa: PLC0415
    else:
        import _xxsubinterpreters as interpreters  # type: ignore[import-not-found]  # noqa: PLC0415

    code = "try:\n import relatch\nexcept ImportError as error:\n assert 'interpreter' in str(error)\n"
    interpreter = interpreters.create()
    print("subinterpreter:", interpreters.run_string(interpreter, code))
    interpreters.destroy(interpreter)
    sandbox.advance(1210)
    print("token:", outcome(session.token))


{
    "sys-exit": sys_exit,
    "sys-exit-loop": sys_exit_loop,
    "os-exit": os_exit,
    "unhandled": unhandled,
    "executor": executor,
    "threads": threads,
    "atexit": at_exit,
    "atexit-after": at_exit_after,
    "global": in_global,
    "delete": delete,
    "delete-logout": delete_logout,
    "finalize": finalize,
    "subinterpreter": subinterpreter,
}[sys.argv[1]]()
