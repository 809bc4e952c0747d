"""Works in processes of multiprocessing and concurrent.futures, and prints what they and then the parent saw.

Usage: host_multiprocessing.py fork|forkserver|spawn
"""

from __future__ import annotations

import multiprocessing
import pickle
import sys
from concurrent.futures import ProcessPoolExecutor

import relatch
from relatch.testing import PASSWORD, USERNAME, Sandbox

# Seconds of real time for what the processes do.
LIMIT = 15
WORKERS = 2
USERS = [f"user{number}" for number in range(8)]

# Where the parent has logged in before; in processes that are forked from it, what they inherit.
inherited: relatch.Session | None = None


def user_of(session: relatch.Session) -> str:
    """The user that the server has issued the token for."""
    return str(next(value for name, value in session.claims.items() if name.endswith("/nameidentifier")))


def log_in(url: str, user: str) -> tuple[str, bool]:
    """A login of the child's own, and a refresh of what came of it."""
    with relatch.login(relatch.SevenG(username=user, password=PASSWORD, base_url=url)) as session:
        token = session.token()
        return user_of(session), session.refresh().access_token == session.token() != token


def use_inherited(url: str, token: str) -> str:
    """What the child has of the parent's session: its token until that is refused, then a login of its own."""
    if inherited is None:
        return log_in(url, USERNAME)[0]
    assert inherited.token() == token
    assert inherited.report_unauthorized(token) != token
    return user_of(inherited)


def work(url: str, user: str, token: str) -> None:
    """The target of a Process, whose exit status tells how it went."""
    sys.exit(0 if (log_in(url, user), use_inherited(url, token)) == ((user, True), USERNAME) else 1)


def in_pool(method: str, url: str) -> None:
    calls = [(url, user) for user in USERS]
    with multiprocessing.get_context(method).Pool(WORKERS) as pool:
        ends = pool.starmap_async(log_in, calls, chunksize=1).get(LIMIT)
    print("pool:", ends == [(user, True) for user in USERS])


def in_executor(method: str, url: str) -> None:
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(WORKERS, mp_context=context) as executor:
        ends = [executor.submit(log_in, url, user).result(LIMIT) for user in USERS[:4]]
    print("executor:", ends == [(user, True) for user in USERS[:4]])


def in_processes(method: str, url: str, token: str) -> None:
    context = multiprocessing.get_context(method)
    calls = [(url, user, token) for user in USERS[:3]]
    processes = [context.Process(target=work, args=call) for call in calls]  # type: ignore[attr-defined]
    for process in processes:
        process.start()
    for process in processes:
        process.join(LIMIT)
    print("processes:", [process.exitcode for process in processes])


def refusal(session: relatch.Session) -> str:
    """What a program is told that hands a session to another process."""
    try:
        pickle.dumps(session)
    except TypeError as error:
        return str(error).partition(",")[0]
    return "pickled"


def main(method: str) -> None:
    global inherited  # noqa: PLW0603 children find it there
    accounts = [{"username": user, "password": PASSWORD} for user in (USERNAME, *USERS)]
    sandbox = Sandbox(accounts=accounts)
    session = inherited = relatch.login(sandbox.seven_g())
    in_pool(method, sandbox.url)
    in_executor(method, sandbox.url)
    in_processes(method, sandbox.url, session.token())
    print(refusal(session))
    before = sandbox.counts()["refresh"]
    sandbox.advance(1210)
    session.token()
    counts = sandbox.counts()
    print("parent: refresh", counts["refresh"] - before, "reused", counts["reused"], "login", counts["login"])
    assert (counts["login_rejected"], counts["refresh_rejected"]) == (0, 0)


if __name__ == "__main__":
    main(sys.argv[1])
