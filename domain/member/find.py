"""Find a person by what a till can read: an id, a member code, a card number or a phone."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from domain.actor import KeyHolder
from domain.api_key.model import Scope
from domain.member.card import card_number_of, is_card_number
from domain.member.identity import Identity, IdentityKind
from domain.member.model import Member, MemberNotFound, Sentinel
from domain.member.phone import normalise
from domain.member.ports import Repositories
from domain.unit_of_work import Change, Plan, Runner, Unchanged


class ReferenceKind(StrEnum):
    """The names on the wire."""

    MEMBER_ID = "member_id"
    MEMBER_CODE = "member_code"
    CARD_NUMBER = "card_number"
    PHONE = "phone"


class Reference(Struct, frozen=True):
    """How somebody at a till names a member."""

    kind: ReferenceKind
    value: str


class Found(Struct, frozen=True):
    """Who is meant, and what that rests on until something is written for them."""

    member_id: str
    rests_on: tuple[Change, ...] = ()


def resolve(repositories: Repositories, reference: Reference, now: datetime) -> Found:
    """An id is taken as it is. Raises MemberNotFound, CodeNotValid or InvalidInput."""
    if reference.kind is ReferenceKind.MEMBER_ID:
        return Found(reference.value)
    identity = _identity(repositories, reference, now)
    holder = repositories.identities.holders([identity]).get(identity)
    if holder is None:
        raise MemberNotFound
    return Found(holder, (Unchanged(Sentinel(identity, holder)),))


def _identity(repositories: Repositories, reference: Reference, now: datetime) -> Identity:
    match reference.kind:
        case ReferenceKind.PHONE:
            number = normalise(reference.value)
            return Identity(IdentityKind.PHONE, repositories.keyring.index("phone", number))
        case ReferenceKind.MEMBER_CODE:
            prefix = repositories.tenants.settings().card_prefix
            card_number = card_number_of(reference.value, prefix, repositories.keyring, now)
            return Identity(IdentityKind.CARD, card_number)
        case _:
            if not is_card_number(reference.value):
                raise MemberNotFound
            return Identity(IdentityKind.CARD, reference.value)


class FindMember(Struct, frozen=True):
    """A till or an operator asks who somebody is."""

    runner: Runner[Repositories]

    def __call__(self, actor: KeyHolder, reference: Reference) -> Member:
        actor.require_scope(Scope.MEMBERS_READ)

        def plan(repositories: Repositories, now: datetime) -> Plan[Member]:
            return Plan(repositories.members.get(resolve(repositories, reference, now).member_id))

        return self.runner.run(actor.tenant_id, plan)
