"""Alipay as a whole: its registers, and what a phone asks of it."""

import json

from msgspec import Struct

from sandbox.alipay import content
from sandbox.alipay.apps import Apps
from sandbox.alipay.identities import Identities
from sandbox.alipay.signing import MakeKeys, sign
from sandbox.alipay.tokens import Tokens
from sandbox.clock import Clock
from sandbox.people import People, Person
from sandbox.state import Shelf, State


class Settings(Struct, frozen=True):
    is_timestamp_strict: bool = True
    """Whether a timestamp far from the sandbox's time is refused: it catches servers that sign in UTC."""


class Alipay:
    """Everything behind the gateway."""

    def __init__(self, state: State, clock: Clock, people: People, make_keys: MakeKeys) -> None:
        self.state = state
        self.clock = clock
        self.people = people
        self.apps = Apps(state, make_keys)
        self.identities = Identities(state)
        self.tokens = Tokens(state, clock)
        self._settings = Shelf(state, "alipay_settings", Settings)

    @property
    def settings(self) -> Settings:
        """How strict the gateway is."""
        return self._settings.get("settings") or Settings()

    def change_settings(self, settings: Settings) -> None:
        """Make it stricter or milder."""
        self._settings.put("settings", settings)

    def mint_code(self, app_id: str, person_id: str, scope: str) -> str:
        """The person's phone asks for an authorisation code."""
        app = self.apps.get(app_id)
        person = self.people.get(person_id)
        return self.tokens.mint_code(app.app_id, person.person_id, scope)

    def phone_response(self, app_id: str, person_id: str) -> str:
        """What `my.getPhoneNumber` gives the app: encrypted, and signed with quotes around the ciphertext."""
        app = self.apps.get(app_id)
        person = self.people.get(person_id)
        plaintext = {"code": "10000", "msg": "Success", "mobile": mobile(person)}
        ciphertext = content.encrypt(json.dumps(plaintext, separators=(",", ":")), app.aes_key)
        response = {
            "response": ciphertext,
            "sign": sign(app.alipay_private_key, f'"{ciphertext}"'.encode()),
            "sign_type": "RSA2",
            "encrypt_type": "AES",
            "charset": "UTF-8",
        }
        return json.dumps(response, separators=(",", ":"))


def mobile(person: Person) -> str:
    """Alipay writes foreign numbers with the calling code and a hyphen."""
    is_foreign = person.phone != person.national_phone
    return f"{person.country_code}-{person.national_phone}" if is_foreign else person.phone
