"""What codes by short message need from the outside world."""

from typing import Protocol

from domain.keyring import Keyring
from domain.sms_code.model import Challenge
from domain.tenant.model import SmsAccount
from domain.tenant.ports import Tenants


class Challenges(Protocol):
    def find(self, phone_index: str) -> Challenge | None:
        """As stored now."""
        ...


class Repositories(Protocol):
    @property
    def challenges(self) -> Challenges: ...

    @property
    def tenants(self) -> Tenants: ...

    @property
    def keyring(self) -> Keyring: ...


class SmsSender(Protocol):
    def send_code(self, account: SmsAccount, number: str, code: str) -> None:
        """Hands the message over. Raises Unavailable, or TooMany when the provider's own limit is reached."""
        ...
