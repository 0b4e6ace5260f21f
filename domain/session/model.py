"""A login, which is also its own record; the token is known to nobody but the client."""

import hashlib
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from domain.errors import NotAuthenticated

IDLE = timedelta(hours=2)
ABSOLUTE = timedelta(days=7)
EXTEND_AFTER = timedelta(minutes=30)
KEPT = timedelta(days=180)
DEVICE_MAX = 64


class SessionEnded(NotAuthenticated):
    code = "session-ended"
    title = "This login has ended; log in again."
    message = "登录已失效，请重新登录"


class Session(Struct, frozen=True):
    """Ends after 2 idle hours or 7 days; kept 180 days as a login record."""

    session_id: str
    """SHA-256 of the secret, in hex."""
    member_id: str
    channel_id: str
    identity: str
    """The identity that logged in, as text."""
    member_version: int
    """What the login was opened on."""
    device: str
    opened_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    def is_alive(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at

    def extended(self, now: datetime) -> "Session | None":
        """The session with its end moved forward; None while that is not due (at most every 30 minutes)."""
        end = min(now + IDLE, self.opened_at + ABSOLUTE)
        return replace(self, expires_at=end) if end - self.expires_at >= EXTEND_AFTER else None

    def revoked(self, now: datetime) -> "Session":
        return replace(self, revoked_at=now)


class Sweep(Struct, frozen=True):
    """Sessions of a member that are to end: those opened on an older version than this one, but for one.

    With `identity`, only those that it logged in. Clocks are not asked: those of two functions differ.
    """

    sweep_id: str
    member_id: str
    member_version: int
    at: datetime
    spared: str = ""
    identity: str = ""

    def covers(self, session: Session) -> bool:
        is_meant = not self.identity or session.identity == self.identity
        is_older = session.member_version < self.member_version
        return is_meant and is_older and session.session_id != self.spared


class Login(Struct, frozen=True):
    """A session just opened, with the token that only this answer holds."""

    token: str
    expires_in: int
    member_id: str


def session_id_of(secret: str) -> str:
    """What the table knows of a token's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
