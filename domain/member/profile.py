"""Use cases of a person's own record: read it, change it, show the code for the till."""

from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from domain.actor import MemberSelf
from domain.clock import shop_date
from domain.errors import invalid
from domain.keyring import Fresh
from domain.member.card import member_code
from domain.member.model import Gender, Member, NotAMember, Profile
from domain.member.own import own
from domain.member.ports import Repositories
from domain.unit_of_work import Changed, Plan, Runner, held

EARLIEST_BIRTHDAY = date(1900, 1, 1)


class Unset:
    """Marks a field that the request leaves as it is; None empties it."""


UNSET = Unset()


class ProfileChange(Struct, frozen=True):
    """The fields to change."""

    nickname: str | Unset | None = UNSET
    name: str | Unset | None = UNSET
    gender: Gender | Unset | None = UNSET
    birthday: date | Unset | None = UNSET
    city: str | Unset | None = UNSET

    def apply(self, profile: Profile, today: date) -> Profile:
        """Raises InvalidInput."""
        changes: dict[str, object] = {
            name: value
            for name in ("nickname", "gender", "birthday", "city")
            if not isinstance(value := getattr(self, name), Unset)
        }
        if isinstance(self.birthday, date) and not EARLIEST_BIRTHDAY <= self.birthday <= today:
            raise invalid("birthday", "out-of-range")
        if not isinstance(self.name, Unset):
            changes["name"] = None if self.name is None else Fresh(self.name)
        return replace(profile, **changes)


class ReadMyself(Struct, frozen=True):
    """The person's own record."""

    runner: Runner[Repositories]

    def __call__(self, actor: MemberSelf) -> Member:
        return self.runner.run(
            actor.tenant_id, lambda stores, _: Plan(own(stores.members.get(actor.member_id), actor))
        )


class ChangeProfile(Struct, frozen=True):
    """Sending the same change again changes nothing."""

    runner: Runner[Repositories]

    def __call__(self, actor: MemberSelf, change: ProfileChange) -> Member:
        def plan(repositories: Repositories, now: datetime) -> Plan[Member]:
            way = repositories.members.way(actor.member_id)
            member = own(way[-1], actor)
            profile = change.apply(member.profile, shop_date(now))
            if _readable(profile) == _readable(member.profile):
                return Plan(member)
            after = member.next(profile=profile)
            return Plan(after, (Changed(member, after), *held(way)))

        return self.runner.run(actor.tenant_id, plan)


def _readable(profile: Profile) -> Profile:
    return replace(profile, name=Fresh(profile.name.open()) if profile.name else None)


class ShownCode(Struct, frozen=True):
    """A member code and how long the till accepts it."""

    code: str
    expires_in: int


class ShowCode(Struct, frozen=True):
    """The code that the member shows at the till. Raises NotAMember for a fan."""

    runner: Runner[Repositories]

    def __call__(self, actor: MemberSelf) -> ShownCode:
        def plan(repositories: Repositories, now: datetime) -> Plan[ShownCode]:
            member = own(repositories.members.get(actor.member_id), actor)
            if member.card_number is None:
                raise NotAMember
            return Plan(ShownCode(*member_code(member.card_number, repositories.keyring, now)))

        return self.runner.run(actor.tenant_id, plan)
