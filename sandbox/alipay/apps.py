"""The apps registered with Alipay, each with the keys that its console page would show."""

import base64
import re
import secrets

from msgspec import Struct
from msgspec.structs import replace

from sandbox.alipay.signing import MakeKeys, load_public_key
from sandbox.refusals import NotThere, NotValid
from sandbox.shapes import digits
from sandbox.state import Shelf, State

BOTH, OPEN_ID, USER_ID = "both", "open_id", "user_id"
IDS = (BOTH, OPEN_ID, USER_ID)
APP_ID = re.compile(r"20\d{14}")
AES_KEY_BYTES = 16


class App(Struct, frozen=True):
    app_id: str
    name: str
    app_public_key: str
    ids: str
    app_group: str | None
    alipay_private_key: str
    alipay_public_key: str
    aes_key: str

    def shown(self) -> dict[str, object]:
        """What the console shows: everything but Alipay's own private key."""
        return {
            "app_id": self.app_id,
            "name": self.name,
            "ids": self.ids,
            "app_group": self.app_group,
            "app_public_key": self.app_public_key,
            "alipay_public_key": self.alipay_public_key,
            "aes_key": self.aes_key,
        }


class Apps:
    """The register of apps."""

    def __init__(self, state: State, make_keys: MakeKeys) -> None:
        self._make_keys = make_keys
        self._state = state
        self._apps = Shelf(state, "alipay_apps", App)

    def create(
        self, name: str, app_public_key: str, ids: str, app_group: str | None, app_id: str | None = None
    ) -> App:
        """Register an app with its public key; Alipay's keys for it are made now."""
        load_public_key(app_public_key)
        app_id = app_id or "2021" + digits(12)
        if not APP_ID.fullmatch(app_id):
            raise NotValid("app_id is 20 and 14 digits")
        private, public = self._make_keys()
        aes_key = base64.b64encode(secrets.token_bytes(AES_KEY_BYTES)).decode()
        app = App(app_id, name, app_public_key, ids, app_group, private, public, aes_key)
        with self._state.change():
            if self.find(app_id):
                raise NotValid(f"there is an app {app_id} already")
            self._apps.put(app_id, app)
        return app

    def change_ids(self, app_id: str, ids: str) -> App:
        """Move the app along from user_id to open_id, or back."""
        with self._state.change():
            app = replace(self.get(app_id), ids=ids)
            self._apps.put(app_id, app)
        return app

    def find(self, app_id: str) -> App | None:
        """The app, if it is registered."""
        return self._apps.get(app_id)

    def get(self, app_id: str) -> App:
        """The app, which must be registered."""
        app = self.find(app_id)
        if app is None:
            raise NotThere(f"Alipay knows no app {app_id}")
        return app

    def all(self) -> list[App]:
        """Every app, oldest first."""
        return self._apps.all()
