"""Session keys: one for each person in each app, a new one with every login."""

import base64
import hmac
import json
import secrets

from msgspec import Struct
from msgspec.structs import replace

from sandbox.clock import Clock
from sandbox.refusals import NotThere
from sandbox.state import Shelf, State
from sandbox.wechat.errors import Refused
from sandbox.wechat.signatures import encrypt_open_data, raw_data_signature, session_signature

KEY_BYTES = 16
LIFETIME_SECONDS = 3 * 24 * 3600
"""WeChat publishes no lifetime; the sandbox takes three days."""


class Session(Struct, frozen=True):
    app_id: str
    openid: str
    session_key: str
    expires_at: float


class Sessions:
    """The one valid session key of each person in each app."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._clock = clock
        self._sessions = Shelf(state, "wechat_sessions", Session)

    def start(self, app_id: str, openid: str) -> Session:
        """A login makes a new key; the old one is worth nothing from now on."""
        session = Session(app_id, openid, new_key(), self._clock.seconds() + LIFETIME_SECONDS)
        self._sessions.put(f"{app_id} {openid}", session)
        return session

    def reset(self, session: Session) -> Session:
        """A new key that ends when the old one would have."""
        session = replace(session, session_key=new_key())
        self._sessions.put(f"{session.app_id} {session.openid}", session)
        return session

    def check(self, app_id: str, openid: str, signature: str, sig_method: str) -> Session:
        """The session if the signature proves that the caller knows its key."""
        if sig_method != "hmac_sha256":
            raise Refused(87008)
        session = self._sessions.get(f"{app_id} {openid}")
        if session is None:
            raise Refused(40003)
        if self._clock.seconds() >= session.expires_at:
            raise Refused(87007)
        if not hmac.compare_digest(session_signature(session.session_key).encode(), signature.encode()):
            raise Refused(87009)
        return session

    def open_data(self, app_id: str, openid: str, data: dict[str, object]) -> dict[str, str]:
        """What `wx.getUserInfo` and its like hand to the app: signed as it is, and encrypted with a mark."""
        session = self._sessions.get(f"{app_id} {openid}")
        if session is None:
            raise NotThere("the person has not logged in to the app")
        iv = secrets.token_bytes(KEY_BYTES)
        watermark = {"timestamp": int(self._clock.seconds()), "appid": app_id}
        raw_data = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        marked = json.dumps({**data, "watermark": watermark}, ensure_ascii=False, separators=(",", ":"))
        return {
            "raw_data": raw_data,
            "signature": raw_data_signature(raw_data, session.session_key),
            "encrypted_data": encrypt_open_data(marked.encode(), session.session_key, iv),
            "iv": base64.b64encode(iv).decode(),
        }


def new_key() -> str:
    """Sixteen bytes as base64."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
