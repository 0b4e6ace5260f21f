"""WeChat as a whole: its registers and what can be asked of them."""

from msgspec import Struct

from sandbox.clock import Clock
from sandbox.people import People
from sandbox.state import Shelf, State
from sandbox.wechat import codes
from sandbox.wechat.apps import MINI_PROGRAM, App, Apps
from sandbox.wechat.codes import Codes
from sandbox.wechat.errors import Refused
from sandbox.wechat.identities import Identities
from sandbox.wechat.sessions import Session, Sessions
from sandbox.wechat.tokens import Tokens

LOGINS_PER_MINUTE_MAX = 100
MINUTE_SECONDS = 60


class LoginMinute(Struct, frozen=True):
    """How often one person logged in to one app within a minute."""

    started_at: float
    count: int


class Wechat:
    """Everything behind api.weixin.qq.com."""

    def __init__(self, state: State, clock: Clock, people: People) -> None:
        self.state = state
        self.clock = clock
        self.people = people
        self.apps = Apps(state)
        self.identities = Identities(state)
        self.codes = Codes(state, clock)
        self.sessions = Sessions(state, clock)
        self.tokens = Tokens(state, clock)
        self._minutes = Shelf(state, "wechat_login_minutes", LoginMinute)

    def mint_code(self, purpose: str, app_id: str, person_id: str) -> str:
        """The person's phone asks WeChat for a code for the app."""
        app = self.apps.get(app_id)
        person = self.people.get(person_id)
        return self.codes.mint(purpose, app.app_id, person.person_id)

    def log_in(self, app: App, js_code: str) -> tuple[Session, str | None]:
        """A login code becomes a session and, with an open platform, a unionid."""
        if app.kind != MINI_PROGRAM:
            raise Refused(40013)
        code = self.codes.check(js_code, codes.LOGIN, app.app_id)
        self._count(f"{app.app_id} {code.person_id}")
        self.codes.use(code)
        openid = self.identities.openid(app, code.person_id)
        session = self.sessions.start(app.app_id, openid)
        return session, self.identities.unionid(app, code.person_id)

    def phone(self, app_id: str, text: str, openid: str | None) -> dict[str, object]:
        """A phone code becomes the number that the person shared."""
        app = self.apps.get(app_id)
        if app.kind != MINI_PROGRAM:
            raise Refused(48001)
        code = self.codes.check(text, codes.PHONE, app_id)
        if openid and self.identities.owner(app_id, openid) != code.person_id:
            raise Refused(40003)
        self.codes.use(code)
        person = self.people.get(code.person_id)
        is_foreign = person.phone != person.national_phone
        return {
            "phoneNumber": f"+{person.country_code}{person.national_phone}" if is_foreign else person.phone,
            "purePhoneNumber": person.national_phone,
            "countryCode": person.country_code,
            "watermark": {"timestamp": int(self.clock.seconds()), "appid": app_id},
        }

    def open_data(self, app_id: str, person_id: str, data: dict[str, object] | None) -> dict[str, str]:
        """Signed and encrypted data for the app, as the person's phone would hand it over."""
        app = self.apps.get(app_id)
        person = self.people.get(person_id)
        openid = self.identities.openid(app, person_id)
        default: dict[str, object] = {
            "nickName": person.name,
            "gender": 0,
            "language": "zh_CN",
            "avatarUrl": "",
        }
        return self.sessions.open_data(app_id, openid, default if data is None else data)

    def _count(self, key: str) -> None:
        now = self.clock.seconds()
        minute = self._minutes.get(key)
        if minute is None or not 0 <= now - minute.started_at < MINUTE_SECONDS:
            minute = LoginMinute(now, 0)
        if minute.count >= LOGINS_PER_MINUTE_MAX:
            raise Refused(45011)
        self._minutes.put(key, LoginMinute(minute.started_at, minute.count + 1))
