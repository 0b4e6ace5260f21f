"""Codes that the phone hands to an app and the app hands to its server: good once, for five minutes."""

from msgspec import Struct
from msgspec.structs import replace

from sandbox.clock import Clock
from sandbox.shapes import LETTERS_AND_DIGITS, hexadecimal, pick
from sandbox.state import Shelf, State
from sandbox.wechat.errors import Refused

LOGIN = "login"
PHONE = "phone"
LIFETIME_SECONDS = 300
LENGTHS = {LOGIN: 32, PHONE: 64}


class Code(Struct, frozen=True):
    code: str
    purpose: str
    app_id: str
    person_id: str
    issued_at: float
    used_at: float | None


class Codes:
    """All codes, of both purposes."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._clock = clock
        self._codes = Shelf(state, "wechat_codes", Code)

    def mint(self, purpose: str, app_id: str, person_id: str) -> str:
        """What `wx.login` or the phone button gives the app."""
        shape = (
            "0" + pick(LETTERS_AND_DIGITS, LENGTHS[LOGIN] - 1)
            if purpose == LOGIN
            else hexadecimal(LENGTHS[PHONE])
        )
        code = Code(shape, purpose, app_id, person_id, self._clock.seconds(), None)
        self._codes.put(code.code, code)
        return code.code

    def check(self, text: str, purpose: str, app_id: str) -> Code:
        """The code if this app may use it now."""
        code = self._codes.get(text)
        if code is None or code.purpose != purpose:
            raise Refused(40029)
        if code.app_id != app_id:
            # Only the phone call tells that the code is another app's; a login merely calls it invalid.
            raise Refused(40013 if purpose == PHONE else 40029)
        if not 0 <= self._clock.seconds() - code.issued_at < LIFETIME_SECONDS:
            raise Refused(40029)
        if code.used_at is not None:
            raise Refused(40163)
        return code

    def use(self, code: Code) -> None:
        """From now on it has been used."""
        self._codes.put(code.code, replace(code, used_at=self._clock.seconds()))
