"""One phone's code, and the windows that limit sending and guessing (docs/security.md)."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.clock import epoch_seconds, from_epoch
from domain.errors import RuleBroken, TooMany

CODE_DIGITS = 6
CODE_LIFE = timedelta(minutes=5)
TRIES_MAX = 5
WRONG_TRIES_PER_DAY = 10
DAY = timedelta(hours=24)
SENDS = ((timedelta(minutes=1), 1), (timedelta(hours=1), 5), (DAY, 10))
"""At most so many sends to one phone in any stretch of that length."""
IDENTITY_SENDS_PER_DAY = 10
ADDRESS_SENDS_PER_HOUR = 30
ADDRESS_SENDS_PER_DAY = 200

LONG_AGO = from_epoch(0)


class CodeWrong(RuleBroken):
    code = "sms-code-wrong"
    title = "The code is wrong."
    message = "验证码错误"


class CodeExpired(RuleBroken):
    code = "sms-code-expired"
    title = "There is no code waiting for this phone, or it is too old; ask for a new one."
    message = "验证码已失效，请重新获取"


class CodeLocked(TooMany):
    code = "sms-code-locked"
    title = "Too many wrong codes; wait until the window ends."
    message = "验证码错误次数过多，请稍后再试"


class SendLimited(TooMany):
    code = "sms-send-limited"
    title = "A code was sent a moment ago, or too many were sent; wait."
    message = "验证码发送过于频繁，请稍后再试"


class Purpose(StrEnum):
    """What a code proves; a code for one purpose is worthless for another."""

    LOGIN = "login"
    PHONE = "phone"


class Challenge(Struct, frozen=True):
    """The latest code of one phone. A new code kills the old one; the windows live on."""

    phone_index: str
    challenge_id: str = ""
    purpose: Purpose = Purpose.LOGIN
    code_mark: bytes = b""
    """HMAC of code, phone, purpose and challenge; the code itself is stored nowhere."""
    expires_at: datetime = LONG_AGO
    tries: int = 0
    is_used: bool = True
    used_by: str = ""
    """Which request spent the code: an id that it made for itself."""
    sent: tuple[int, ...] = ()
    wrong: tuple[int, ...] = ()
    """Milliseconds since 1970 of the last sends and tries, at most 24 hours back."""
    version: int = 0

    def send(self, challenge_id: str, purpose: Purpose, code_mark: bytes, now: datetime) -> "Challenge":
        """A fresh code. Raises SendLimited or CodeLocked."""
        self._refuse_while_locked(now)
        sent = _recent(self.sent, now)
        waits = []
        for window, most in SENDS:
            inside = [at for at in sent if at > _ms(now - window)]
            if len(inside) >= most:
                waits.append(_seconds_left(inside[-most], window, now))
        if waits:
            raise SendLimited(retry_after_seconds=max(waits))
        return replace(
            self,
            challenge_id=challenge_id,
            purpose=purpose,
            code_mark=code_mark,
            expires_at=now + CODE_LIFE,
            tries=0,
            is_used=False,
            used_by="",
            sent=(*sent, _ms(now)),
            wrong=_recent(self.wrong, now),
            version=self.version + 1,
        )

    def attempt(self, now: datetime) -> "Challenge":
        """Counts a try before anything is compared. Raises CodeLocked or CodeExpired."""
        self._refuse_while_locked(now)
        if self.is_used or now >= self.expires_at:
            raise CodeExpired
        wrong = (*_recent(self.wrong, now), _ms(now))
        return replace(self, tries=self.tries + 1, wrong=wrong, version=self.version + 1)

    def use(self, challenge_id: str, now: datetime, by: str) -> "Challenge":
        """The code was right: it is spent, and its try was not a wrong one. Raises CodeExpired."""
        if self.challenge_id != challenge_id or self.is_used or now >= self.expires_at:
            raise CodeExpired
        return replace(self, is_used=True, used_by=by, wrong=self.wrong[:-1], version=self.version + 1)

    def _refuse_while_locked(self, now: datetime) -> None:
        if self.tries >= TRIES_MAX and not self.is_used and now < self.expires_at:
            raise CodeLocked(retry_after_seconds=epoch_seconds(self.expires_at) - epoch_seconds(now) + 1)
        wrong = _recent(self.wrong, now)
        if len(wrong) >= WRONG_TRIES_PER_DAY:
            raise CodeLocked(retry_after_seconds=_seconds_left(wrong[-WRONG_TRIES_PER_DAY], DAY, now))


def _recent(times: tuple[int, ...], now: datetime) -> tuple[int, ...]:
    return tuple(at for at in times if at > _ms(now - DAY))


def _ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def _seconds_left(began_at: int, window: timedelta, now: datetime) -> int:
    left = began_at + int(window.total_seconds()) * 1000 - _ms(now)
    return max(-(-left // 1000), 1)
