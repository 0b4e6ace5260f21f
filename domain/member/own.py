"""The person behind a login, as long as the identity that logged in is still theirs."""

from datetime import datetime
from typing import Protocol, TypeVar

from msgspec import Struct

from domain.actor import KeyHolder, MemberSelf
from domain.api_key.model import Scope
from domain.errors import KeyReused, NotAuthenticated
from domain.member.identity import parse_identity
from domain.member.model import Member
from domain.member.ports import Members
from domain.unit_of_work import Change, Record, Remembered, RequestKey, Unchanged, held

M = TypeVar("M", bound=Remembered)


class IdentityMoved(NotAuthenticated):
    code = "identity-moved"
    title = "What you logged in with belongs to another record now; log in again."
    message = "登录信息已变更，请重新登录"


class Answered(Protocol):
    """What a request under a key was answered."""

    @property
    def fingerprint(self) -> str: ...

    @property
    def answer(self) -> Record: ...


class Kept(Protocol):
    def find(self, caller: str, key: str, now: datetime) -> Answered | None:
        """As stored now; None once its time is over."""
        ...


class Repositories(Protocol):
    @property
    def kept(self) -> Kept: ...


class People(Protocol):
    @property
    def members(self) -> Members: ...


def answered_before(
    repositories: Repositories, member: Member, key: RequestKey[M], now: datetime
) -> M | None:
    """What the same request was answered before its member was merged into this one. Raises KeyReused.

    Asked after the member is read: from the merge on nothing is granted to the other half any more.
    """
    for alias in member.aliases:
        found = repositories.kept.find(f"member:{alias.member_id}", key.key, now)
        if found is not None and found.fingerprint != key.fingerprint:
            raise KeyReused
        if found is not None:
            return key.recall(found.answer)
    return None


def own(member: Member, actor: MemberSelf) -> Member:
    """Whoever gave the identity up, or was parted from it, is not who logged in. Raises IdentityMoved."""
    if parse_identity(actor.identity) not in member.all_identities():
        raise IdentityMoved
    return member


class Oneself(Struct, frozen=True):
    """Who logged in, and what that rests on until something is written for them.

    An undoing of a merge may part them from what they act on; people who were never merged need no holding.
    """

    member: Member
    rests_on: tuple[Change, ...]


def oneself(repositories: People, actor: MemberSelf) -> Oneself:
    """As stored now. Raises MemberNotFound or IdentityMoved."""
    way = repositories.members.way(actor.member_id)
    member = own(way[-1], actor)
    return Oneself(member, (*held(way), *still(member)))


def still(member: Member) -> tuple[Change, ...]:
    """That nobody was parted from this person; somebody who was never merged needs no holding.

    The account alone does not tell: it may have been read a moment after the person.
    """
    return (Unchanged(member),) if member.aliases else ()


def admit(actor: MemberSelf | KeyHolder) -> None:
    """Whether the caller may read of members at all. Raises ScopeMissing."""
    if isinstance(actor, KeyHolder):
        actor.require_scope(Scope.MEMBERS_READ)


def seen_by(repositories: People, actor: MemberSelf | KeyHolder, member_id: str) -> Member:
    """The person of that id, for whoever asks; one call. Raises MemberNotFound or IdentityMoved."""
    way, _ = repositories.members.glance(member_id, ())
    return own(way[-1], actor) if isinstance(actor, MemberSelf) else way[-1]
