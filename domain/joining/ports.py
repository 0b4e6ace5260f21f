"""What joining needs from the outside world."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from domain.joining.model import Welcome
from domain.member.identity import PlatformIdentity
from domain.merge import ports as merge
from domain.points import ports as points
from domain.sms_code import ports as sms_code
from domain.tenant.model import Channel
from domain.tenant.ports import Channels


class PhoneProofs(Protocol):
    def find(self, digest: str) -> "ProofUse | None":
        """Who presented this proof first."""
        ...


class Welcomes(Protocol):
    def find(self, phone_index: str) -> Welcome | None:
        """Who was welcomed by this number."""
        ...


class ProofUse(Struct, frozen=True):
    """A platform's phone proof that can be shown again belongs to the identity that showed it first."""

    digest: str
    identity: str
    shown_at: datetime


class Repositories(merge.Repositories, sms_code.Repositories, points.Repositories, Protocol):
    @property
    def channels(self) -> Channels: ...

    @property
    def phone_proofs(self) -> PhoneProofs: ...

    @property
    def welcomes(self) -> Welcomes: ...


class Platform(Protocol):
    """WeChat or Alipay, as far as it says who somebody is."""

    def who(self, channel: Channel, code: str) -> PlatformIdentity:
        """Exchanges a login code. Raises LoginCodeRefused, TooMany or Unavailable."""
        ...

    def phone(self, channel: Channel, proof: str) -> "VouchedPhone":
        """The verified number. Raises PhoneProofRefused, TooMany or Unavailable."""
        ...


class VouchedPhone(Struct, frozen=True):
    """A number in E.164 that a platform vouches for.

    `reusable_digest` identifies what the platform signed, if that can be shown again: never what the
    client sent around it, which anybody can change.
    """

    number: str
    reusable_digest: str | None = None
