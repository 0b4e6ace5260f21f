"""Access tokens of apps: two families that leave each other alone."""

import secrets

from msgspec import Struct
from msgspec.structs import replace

from sandbox.clock import Clock
from sandbox.state import Shelf, State
from sandbox.wechat.errors import Refused

CLASSIC = "token"
STABLE = "stable_token"
LIFETIME_SECONDS = 7200
GRACE_SECONDS = 300
FORCED_PER_DAY_MAX = 20
FORCED_APART_SECONDS = 30
DAY_SECONDS = 24 * 3600


class Token(Struct, frozen=True):
    token: str
    app_id: str
    expires_at: float
    is_superseded: bool


class Current(Struct, frozen=True):
    """The latest token of an app in one family, and when it was last forced."""

    token: str
    forced_at: list[float]


class Tokens:
    """Issues tokens and knows which are good."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._clock = clock
        self._tokens = Shelf(state, "wechat_tokens", Token)
        self._current = Shelf(state, "wechat_current_tokens", Current)

    def classic(self, app_id: str) -> Token:
        """`/cgi-bin/token`: a new one with every call; the one before lives on for five minutes."""
        return self._issue(CLASSIC, app_id, GRACE_SECONDS, [])

    def stable(self, app_id: str, *, force: bool) -> Token:
        """`/cgi-bin/stable_token`: the same one until shortly before its end, unless forced."""
        now = self._clock.seconds()
        current = self._current.get(f"{STABLE} {app_id}")
        token = self._tokens.get(current.token) if current else None
        forced_at = [at for at in current.forced_at if 0 <= now - at < DAY_SECONDS] if current else []
        if force:
            if len(forced_at) >= FORCED_PER_DAY_MAX:
                raise Refused(45009)
            if not token or not forced_at or now - forced_at[-1] >= FORCED_APART_SECONDS:
                return self._issue(STABLE, app_id, 0, [*forced_at, now])
        if token and GRACE_SECONDS <= token.expires_at - now <= LIFETIME_SECONDS:
            return token
        return self._issue(STABLE, app_id, GRACE_SECONDS, forced_at)

    def app_of(self, text: str) -> str:
        """The app that a good token belongs to."""
        if not text:
            raise Refused(41001)
        token = self._tokens.get(text)
        if token is None:
            raise Refused(40014)
        if self._clock.seconds() >= token.expires_at:
            raise Refused(40001 if token.is_superseded else 42001)
        return token.app_id

    def remaining_seconds(self, token: Token) -> int:
        """What `expires_in` says."""
        return round(token.expires_at - self._clock.seconds())

    def _issue(self, family: str, app_id: str, grace_seconds: int, forced_at: list[float]) -> Token:
        now = self._clock.seconds()
        current = self._current.get(f"{family} {app_id}")
        former = self._tokens.get(current.token) if current else None
        if former:
            ends_at = min(former.expires_at, now + grace_seconds)
            self._tokens.put(former.token, replace(former, expires_at=ends_at, is_superseded=True))
        text = f"{60 + secrets.randbelow(40)}_{secrets.token_urlsafe(100)}"
        token = Token(text, app_id, now + LIFETIME_SECONDS, is_superseded=False)
        self._tokens.put(text, token)
        self._current.put(f"{family} {app_id}", Current(text, forced_at))
        return token
