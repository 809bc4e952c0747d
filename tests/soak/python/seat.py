"""A user of the server, and all that is done with the session that this user has at the moment."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import relatch

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from random import Random

    from tally import Tally

# Seconds between two reports that the server has refused the current token: sooner, and the session would be taken for
# one whose new tokens are refused as well.
BETWEEN_REFUSALS = 150.0
# Seconds that a login may take. The code of an authenticator may have to be the next one.
PATIENCE = 90.0
# Seconds that somebody waits who has no session.
PAUSE = 2.0
HASTE = 0.01


class Seat:
    """One user."""

    def __init__(self, account: str, provider: relatch.SevenG | relatch.Synapsewave, tally: Tally) -> None:
        self._account = account
        self._provider = provider
        self._tally = tally
        self._session: relatch.Session | None = None
        # A session and the token that it began with.
        self._begun: tuple[relatch.Session, str] | None = None
        self._refused = time.monotonic()
        self._daily = isinstance(provider, relatch.Synapsewave)

    async def log_in(self) -> bool:
        """Opens a session. Returns whether it could."""
        with self._tally.call("login", self._account):
            session = await relatch.login_async(self._provider, timeout=PATIENCE)
            session.subscribe(self._tally.hear)
            self._session = session
            self._begun = (session, _access_token(session))
            return True
        return False

    async def mind(self, random: Random, stop: asyncio.Event) -> None:
        """Ends the session and opens another, and says that the server refuses the token, from time to time."""
        while not await _stopped(stop, random.uniform(20, 90)):
            session = self._session
            if session is None or random.random() < 0.7:
                self._session = None
                if session:
                    with self._tally.call("question", self._account):
                        await session.logout_async()
                while not await self.log_in() and not await _stopped(stop, PAUSE):
                    pass
            elif time.monotonic() - self._refused > BETWEEN_REFUSALS:
                self._refused = time.monotonic()
                with self._tally.call("refresh", self._account, own=self._own(session)):
                    await session.report_unauthorized_async(await session.token_async())

    async def use(self, random: Random, stop: asyncio.Event) -> None:
        """Uses the session as a program with an event loop does."""
        while not await _stopped(stop, random.uniform(0.02, 0.3)):
            session = self._session
            if session is None:
                await _stopped(stop, PAUSE)
            elif random.random() < 0.05:
                await self._leave(session, random)
            else:
                await self._call(session, random.random(), hasty=random.random() < 0.1)

    async def _call(self, session: relatch.Session, chosen: float, *, hasty: bool) -> None:
        timeout = HASTE if hasty else PATIENCE
        what = "question" if chosen >= 0.99 else _kind(hasty=hasty, refresh=chosen >= 0.97)
        with self._tally.call(what, self._account, own=self._own(session, hasty=hasty)):
            if chosen < 0.6:
                await session.token_async(timeout=timeout)
            elif chosen < 0.8:
                await session.headers_async(timeout=timeout)
            elif chosen < 0.9:
                await asyncio.gather(*(session.token_async(timeout=timeout) for _ in range(10)))
            elif chosen < 0.97:
                late = self._late(session)
                if late is None:
                    await session.token_async(timeout=timeout)
                else:
                    await session.report_unauthorized_async(late, timeout=timeout)
            elif chosen < 0.99:
                await (session.feed_async(timeout=timeout) if self._daily else session.refresh_async(timeout=timeout))
            elif isinstance(self._provider, relatch.SevenG):
                await self._provider.lookup_async("info")
            else:
                await session.validate_async()

    async def _leave(self, session: relatch.Session, random: Random) -> None:
        """Goes away before the call has ended."""
        refresh = random.random() < 0.1 and not self._daily
        with self._tally.call(_kind(refresh=refresh), self._account, own=self._own(session)):
            task = asyncio.ensure_future(session.refresh_async() if refresh else session.token_async())
            await asyncio.sleep(random.uniform(0, 0.01))
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()

    def use_in_thread(self, random: Random, stop: threading.Event) -> None:
        """Uses the session as a program with threads does."""
        while not stop.wait(random.uniform(0.02, 0.3)):
            session = self._session
            if session is None:
                stop.wait(PAUSE)
                continue
            hasty, chosen = random.random() < 0.1, random.random()
            what = _kind(hasty=hasty, refresh=chosen >= 0.99)
            with self._tally.call(what, self._account, own=self._own(session, hasty=hasty)):
                timeout = HASTE if hasty else PATIENCE
                if chosen < 0.7:
                    session.token(timeout=timeout)
                elif chosen < 0.9 or self._daily:
                    session.headers(timeout=timeout)
                elif chosen < 0.99 and (late := self._late(session)) is not None:
                    session.report_unauthorized(late, timeout=timeout)
                elif chosen >= 0.99:
                    session.refresh(timeout=timeout)

    def _late(self, session: relatch.Session) -> str | None:
        """A token that the session had and that has been replaced."""
        begun, current = self._begun, _access_token(session)
        return begun[1] if begun and begun[0] is session and begun[1] != current else None

    def _own(self, session: relatch.Session, *, hasty: bool = False) -> Callable[[str], bool]:
        """What a caller brings about: it has hardly any time, or somebody has ended the session."""
        return lambda code: (code == "closed" and session is not self._session) or (hasty and code == "timeout")


def _access_token(session: relatch.Session) -> str:
    tokens = session.tokens
    return tokens.access_token if tokens else ""


def _kind(*, hasty: bool = False, refresh: bool) -> str:
    if hasty:
        return "hasty"
    return "refresh" if refresh else "token"


async def _stopped(stop: asyncio.Event, seconds: float) -> bool:
    """Waits so long, or until it is time to stop."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except asyncio.TimeoutError:
        return False
    return True
