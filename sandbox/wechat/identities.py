"""Who a person is to an app: the openid of each app, the unionid of each open platform."""

from msgspec import Struct

from sandbox.shapes import LETTERS_AND_DIGITS, URL_SAFE, pick
from sandbox.state import Shelf, State
from sandbox.wechat.apps import App

ID_LENGTH = 28
FAMILY_LENGTH = 6


class Identity(Struct, frozen=True):
    person_id: str
    text: str


class Identities:
    """Drawn when first needed, the same ever after."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ids = Shelf(state, "wechat_identities", Identity)
        self._owners = Shelf(state, "wechat_identity_owners", Identity)

    def openid(self, app: App, person_id: str) -> str:
        """The person's identifier in this app."""
        return self._id(app.app_id, person_id)

    def unionid(self, app: App, person_id: str) -> str | None:
        """The person's identifier across the apps of one open platform."""
        return self._id("open:" + app.open_platform, person_id) if app.open_platform else None

    def owner(self, app_id: str, openid: str) -> str | None:
        """Whose openid it is in this app."""
        identity = self._owners.get(f"{app_id} {openid}")
        return identity.person_id if identity else None

    def _id(self, scope: str, person_id: str) -> str:
        with self._state.change():
            known = self._ids.get(f"{scope} {person_id}")
            if known:
                return known.text
            # The identifiers of one app share their first characters, as WeChat's do.
            family = self._ids.get(scope) or Identity("", "o" + pick(LETTERS_AND_DIGITS, FAMILY_LENGTH - 1))
            self._ids.put(scope, family)
            identity = Identity(person_id, family.text + pick(URL_SAFE, ID_LENGTH - FAMILY_LENGTH))
            self._ids.put(f"{scope} {person_id}", identity)
            self._owners.put(f"{scope} {identity.text}", identity)
        return identity.text
