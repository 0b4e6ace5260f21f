"""Who a person is to Alipay's apps: a user_id, an open_id for each app, a union_id for each group."""

from msgspec import Struct

from sandbox.alipay.apps import BOTH, OPEN_ID, USER_ID, App
from sandbox.shapes import LETTERS_AND_DIGITS, digits, pick
from sandbox.state import Shelf, State

OPEN_ID_REST_LENGTH = 44


class Identity(Struct, frozen=True):
    text: str


class Identities:
    """Drawn when first needed, the same ever after."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ids = Shelf(state, "alipay_identities", Identity)

    def of(self, app: App, person_id: str) -> dict[str, object]:
        """The fields with which an app gets to know the person."""
        shown: dict[str, object] = {}
        if app.ids in {BOTH, USER_ID}:
            shown["user_id"] = self._id(f"user {person_id}", "2088" + digits(12))
        if app.ids in {BOTH, OPEN_ID}:
            shown["open_id"] = self._id(f"app {app.app_id} {person_id}", open_id())
            if app.app_group:
                shown["union_id"] = self._id(f"group {app.app_group} {person_id}", open_id())
        return shown

    def _id(self, key: str, fresh: str) -> str:
        with self._state.change():
            known = self._ids.get(key)
            if known is None:
                self._ids.put(key, Identity(fresh))
        return known.text if known else fresh


def open_id() -> str:
    """Three digits and forty-four letters and digits."""
    return digits(3) + pick(LETTERS_AND_DIGITS, OPEN_ID_REST_LENGTH)
