"""Authorisation codes and the user tokens they are exchanged for."""

from msgspec import Struct
from msgspec.structs import replace

from sandbox.alipay.errors import Refused
from sandbox.clock import Clock
from sandbox.shapes import digits, hexadecimal, pick
from sandbox.state import Shelf, State

CODE_LIFETIME_SECONDS = 180
"""Alipay promises between three minutes and a day; the sandbox takes the shortest."""

TOKEN_LIFETIME_SECONDS = 15 * 24 * 3600
REFRESH_LIFETIME_SECONDS = 30 * 24 * 3600
AUTH_BASE, AUTH_USER = "auth_base", "auth_user"
SCOPES = (AUTH_BASE, AUTH_USER)


class AuthCode(Struct, frozen=True):
    app_id: str
    person_id: str
    scope: str
    issued_at: float
    is_used: bool


class UserToken(Struct, frozen=True):
    access_token: str
    refresh_token: str
    app_id: str
    person_id: str
    scope: str
    issued_at: float
    is_refreshed: bool


class Tokens:
    """Codes become tokens, tokens are refreshed."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._clock = clock
        self._codes = Shelf(state, "alipay_codes", AuthCode)
        self._tokens = Shelf(state, "alipay_tokens", UserToken)
        self._refresh_tokens = Shelf(state, "alipay_refresh_tokens", UserToken)

    def mint_code(self, app_id: str, person_id: str, scope: str) -> str:
        """What `my.getAuthCode` gives the app."""
        code = hexadecimal(28) + "Q" + pick("ABCDEFGHX", 1) + digits(2)
        self._codes.put(code, AuthCode(app_id, person_id, scope, self._clock.seconds(), is_used=False))
        return code

    def exchange(self, text: str, app_id: str) -> UserToken:
        """A code for a token: once, in time, and only for the app it was made for."""
        code = self._codes.get(text)
        if code is None or code.is_used or code.app_id != app_id:
            raise Refused("40002", "isv.code-invalid", in_error_response=True)
        if not 0 <= self._clock.seconds() - code.issued_at < CODE_LIFETIME_SECONDS:
            raise Refused("40002", "isv.code-invalid", in_error_response=True)
        self._codes.put(text, replace(code, is_used=True))
        return self._issue(app_id, code.person_id, code.scope)

    def refresh(self, text: str, app_id: str) -> UserToken:
        """A refresh token for a new pair; each is good once."""
        token = self._refresh_tokens.get(text)
        if token is None:
            raise Refused("40002", "isv.refresh-token-invalid", in_error_response=True)
        if token.app_id != app_id:
            raise Refused("40002", "isv.unmatched-app-id", in_error_response=True)
        if token.is_refreshed:
            raise Refused("40002", "isv.refreshed-token-invalid", in_error_response=True)
        if self._clock.seconds() - token.issued_at >= REFRESH_LIFETIME_SECONDS:
            raise Refused("40002", "isv.refresh-token-time-out", in_error_response=True)
        self._refresh_tokens.put(text, replace(token, is_refreshed=True))
        return self._issue(app_id, token.person_id, token.scope)

    def check(self, text: str, app_id: str) -> UserToken:
        """The token if this app may use it now."""
        token = self._tokens.get(text)
        if token is None or token.app_id != app_id:
            raise Refused("20001", "aop.invalid-auth-token")
        if self._clock.seconds() - token.issued_at >= TOKEN_LIFETIME_SECONDS:
            raise Refused("20001", "aop.auth-token-time-out")
        return token

    def _issue(self, app_id: str, person_id: str, scope: str) -> UserToken:
        token = UserToken(
            new_token(), new_token(), app_id, person_id, scope, self._clock.seconds(), is_refreshed=False
        )
        self._tokens.put(token.access_token, token)
        self._refresh_tokens.put(token.refresh_token, token)
        return token


def new_token() -> str:
    """In the shape in which Alipay writes tokens."""
    return f"composeB{hexadecimal(26)}{pick('ABCDEFX', 1)}{digits(2)}"
