"""The rules of a server that rotates refresh tokens: one family of tokens for each login, ended by any reuse."""

from __future__ import annotations

import base64
import json
import secrets
import time
from dataclasses import dataclass, field

USER = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"


class ReusedError(Exception):
    """A refresh token that is not the newest of a living family."""


@dataclass
class Pair:
    """An access token and the refresh token that came with it."""

    access_token: str
    refresh_token: str
    expires_in: int


@dataclass(eq=False)
class Family:
    """What descends from one login. Access tokens live to their end unless the family is revoked."""

    newest: str = ""
    revoked: bool = False


@dataclass
class Account:
    """One user for one measurement."""

    name: str
    # Seconds that the next tokens live; the last number goes on for ever. The first tokens may have expired already.
    lifetimes: list[int]
    # What goes wrong at a refresh ("lost", "500" or "429"), and how often; -1 is always.
    fault: str = ""
    times: int = -1
    # Answers of the token endpoint wait until they are released.
    hold: bool = False
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    refreshes: int = 0
    logins: int = 0
    families: dict[str, Family] = field(default_factory=dict)
    access: dict[str, tuple[Family, float]] = field(default_factory=dict)

    def log_in(self) -> Pair:
        """A new family."""
        self.logins += 1
        return self._issue(Family())

    def refresh(self, refresh_token: str) -> Pair:
        """The next pair of a family. Reuse ends the family, with the tokens of the first exchange.

        Raises:
            ReusedError: The token is unknown, was spent before, or belongs to a family that has ended.
        """
        family = self.families.get(refresh_token)
        if family is None or family.revoked or family.newest != refresh_token:
            if family is not None:
                family.revoked = True
            raise ReusedError
        return self._issue(family)

    def take_fault(self) -> str:
        """What goes wrong at this refresh."""
        if self.times == 0:
            return ""
        self.times -= 1
        return self.fault

    def admits(self, access_token: str) -> bool:
        """Whether the protected resource answers to this token."""
        family, end = self.access.get(access_token, (Family(revoked=True), 0.0))
        return not family.revoked and time.time() < end

    def is_alive(self) -> bool:
        """Whether the newest family has not been revoked."""
        newest = list(self.families.values())[-1:]
        return bool(newest) and not newest[0].revoked

    def _issue(self, family: Family) -> Pair:
        lifetime = self.lifetimes.pop(0) if len(self.lifetimes) > 1 else self.lifetimes[0]
        end = int(time.time()) + lifetime
        pair = Pair(self._json_web_token(end), f"{self.name}.{secrets.token_urlsafe(24)}", lifetime)
        family.newest = pair.refresh_token
        self.families[pair.refresh_token] = family
        self.access[pair.access_token] = (family, end)
        return pair

    def _json_web_token(self, end: int) -> str:
        claims = {USER: self.name, "UserID": "1", "InstanceID": "1", "exp": end, "jti": secrets.token_hex(8)}
        parts = [{"alg": "HS256", "typ": "JWT"}, claims]
        texts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
        return ".".join([*texts, "c2lnbmF0dXJl"])
