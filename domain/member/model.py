"""A person, known by one or more identities; a fan until a verified phone and consent make a member."""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace

from domain.errors import Conflict, NotFound, RuleBroken
from domain.keyring import Sealed
from domain.member.identity import Identity, IdentityKind

IDENTITIES_MAX = 20
REDIRECTS_MAX = 3


class MemberNotFound(NotFound):
    code = "member-not-found"
    title = "Nobody is known by that."
    message = "未找到该会员"


class ConsentRequired(RuleBroken):
    code = "consent-required"
    title = "Joining needs the member's consent to the current terms."
    message = "请先阅读并同意会员协议"


class NotAMember(RuleBroken):
    code = "not-a-member"
    title = "This needs a member with a verified phone."
    message = "请先完成会员注册"


class TooManyIdentities(Conflict):
    code = "too-many-identities"
    title = "This person has too many identities; staff must look at it."
    message = "账号关联过多，请联系客服"


class MemberState(StrEnum):
    """Where a person stands."""

    FAN = "fan"
    PENDING = "pending"
    MEMBER = "member"
    EXPIRED = "expired"
    CLOSED = "closed"


class Gender(StrEnum):
    """As the person says."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


class Profile(Struct, frozen=True):
    """The basic fields. The real name is personal data and rests encrypted."""

    nickname: str | None = None
    name: Sealed | None = None
    gender: Gender | None = None
    birthday: date | None = None
    city: str | None = None


class Consent(Struct, frozen=True):
    """Which text was agreed to, when, and through what."""

    version: str
    at: datetime
    channel_id: str


class Alias(Struct, frozen=True):
    """An id that this person had before a merge."""

    member_id: str
    merge_id: str
    merged_at: datetime


class Phone(Struct, frozen=True):
    """A verified phone number: its blind index, how it may be shown, and the number itself, sealed."""

    index: str
    mask: str
    number: Sealed

    @property
    def identity(self) -> Identity:
        """What finds whoever has this phone."""
        return Identity(IdentityKind.PHONE, self.index)


class Member(Struct, frozen=True):
    """A person of one tenant. `redirect_to` is set when the person was merged into another."""

    member_id: str
    state: MemberState
    met_at: datetime
    met_through: str
    """The channel of the first contact."""
    joined_at: datetime | None = None
    phone: Phone | None = None
    card_number: str | None = None
    profile: Profile = field(default_factory=Profile)
    identities: tuple[Identity, ...] = ()
    """Platform identities; phone and card have fields of their own."""
    consents: tuple[Consent, ...] = ()
    aliases: tuple[Alias, ...] = ()
    redirect_to: str | None = None
    version: int = 1

    @property
    def is_member(self) -> bool:
        return self.state is MemberState.MEMBER

    @property
    def consent_version(self) -> str | None:
        """The version of the terms that was agreed to last."""
        return self.consents[-1].version if self.consents else None

    @property
    def seniority(self) -> tuple[int, datetime, str]:
        """Sorts first who survives a merge: a member before a fan, then the older (D-15)."""
        return (0 if self.joined_at else 1, self.joined_at or self.met_at, self.member_id)

    def all_identities(self) -> tuple[Identity, ...]:
        """Everything that finds this person, phone and card included."""
        found = list(self.identities)
        if self.phone:
            found.append(self.phone.identity)
        if self.card_number:
            found.append(Identity(IdentityKind.CARD, self.card_number))
        return tuple(found)

    @property
    def ids(self) -> tuple[str, ...]:
        """The own one first, then those of everybody who was merged into this person."""
        return (self.member_id, *(alias.member_id for alias in self.aliases))

    def next(self, **changes: object) -> "Member":
        """The same person, one version on."""
        return replace(self, version=self.version + 1, **changes)  # a typo fails at once


class Sentinel(Struct, frozen=True):
    """Says that an identity belongs to one member, and to nobody else at the same time."""

    identity: Identity
    member_id: str
