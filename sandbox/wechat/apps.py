"""The apps registered with WeChat: mini-programs and official accounts, bound to an open platform or not."""

import re

from msgspec import Struct
from msgspec.structs import replace

from sandbox.refusals import NotThere, NotValid
from sandbox.shapes import hexadecimal
from sandbox.state import Shelf, State

MINI_PROGRAM = "mini_program"
OFFICIAL_ACCOUNT = "official_account"
KINDS = (MINI_PROGRAM, OFFICIAL_ACCOUNT)
APP_ID = re.compile(r"wx[0-9a-f]{16}")
SECRET = re.compile(r"[0-9a-f]{32}")


class App(Struct, frozen=True):
    app_id: str
    secret: str
    name: str
    kind: str
    open_platform: str | None


class Apps:
    """The register of apps."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._apps = Shelf(state, "wechat_apps", App)

    def create(
        self,
        name: str,
        kind: str,
        open_platform: str | None,
        app_id: str | None = None,
        secret: str | None = None,
    ) -> App:
        """Register an app; what is not given is drawn."""
        app = App(app_id or "wx" + hexadecimal(16), secret or hexadecimal(32), name, kind, open_platform)
        if not APP_ID.fullmatch(app.app_id):
            raise NotValid("app_id is wx and 16 hexadecimal digits")
        if not SECRET.fullmatch(app.secret):
            raise NotValid("secret is 32 hexadecimal digits")
        with self._state.change():
            if self.find(app.app_id):
                raise NotValid(f"there is an app {app.app_id} already")
            self._apps.put(app.app_id, app)
        return app

    def bind(self, app_id: str, open_platform: str | None) -> App:
        """Bind an app to an open platform (开放平台), from when on its people have a unionid."""
        with self._state.change():
            app = replace(self.get(app_id), open_platform=open_platform)
            self._apps.put(app_id, app)
        return app

    def find(self, app_id: str) -> App | None:
        """The app, if it is registered."""
        return self._apps.get(app_id)

    def get(self, app_id: str) -> App:
        """The app, which must be registered."""
        app = self.find(app_id)
        if app is None:
            raise NotThere(f"WeChat knows no app {app_id}")
        return app

    def all(self) -> list[App]:
        """Every app, oldest first."""
        return self._apps.all()
