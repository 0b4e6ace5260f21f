"""Use case: somebody logs in through a platform; a person never seen before becomes a fan."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from domain.errors import NotFound
from domain.ids import Ids
from domain.joining.model import Met, WrongChannel
from domain.joining.ports import Platform, Repositories
from domain.member.identity import Identity, PlatformIdentity
from domain.member.model import IDENTITIES_MAX, Member, MemberState, Sentinel, TooManyIdentities
from domain.merge.decide import get
from domain.merge.merge import Meeting, plan_merge
from domain.merge.model import MergeCause
from domain.merge.settle import SettleMerge
from domain.points.model import Account
from domain.session.keep import OpenSession
from domain.session.model import Login
from domain.tenant.model import Channel, ChannelKind, ChannelNotFound, split_address
from domain.unit_of_work import Change, Changed, Created, MovedMeanwhile, Plan, Runner


class LogIn(Struct, frozen=True):
    """By the platform's login code; the code is good for one login."""

    runner: Runner[Repositories]
    platforms: Mapping[ChannelKind, Platform]
    open_session: OpenSession
    settle: SettleMerge
    ids: Ids

    def __call__(
        self, kinds: frozenset[ChannelKind], address: str, code: str, device: str
    ) -> tuple[Login, Member]:
        """Raises ChannelNotFound, WrongChannel, LoginCodeRefused, TooMany or Unavailable."""
        channel = find_channel(self.runner, address)
        if channel.kind not in kinds or channel.kind not in self.platforms:
            raise WrongChannel
        who = self.platforms[channel.kind].who(channel, code)
        met = self._meet(channel, who)
        if met.merge_id:
            merge_id = met.merge_id
            merge = self.runner.use(channel.tenant_id, lambda stores, _: get(stores, merge_id))
            self.settle(channel.tenant_id, merge)
        login = self.open_session(
            channel.tenant_id, met.member, channel.channel_id, who.primary.text(), device
        )
        return login, met.member

    def _meet(self, channel: Channel, who: PlatformIdentity) -> Met:
        member_id, merge_id = self.ids.new("m_"), self.ids.new("g_")

        def plan(repositories: Repositories, now: datetime) -> Plan[Met]:
            holders = repositories.identities.holders(who.all(), may_lag=True)
            known = list(dict.fromkeys(holders[one] for one in who.all() if one in holders))
            missing = tuple(identity for identity in who.all() if identity not in holders)
            if not known:
                return _first_contact(member_id, channel, who, now)
            member = repositories.members.get(known[0])
            held = {identity for identity, holder in holders.items() if holder == known[0]}
            if member.member_id != known[0] or not held <= set(member.identities):
                raise MovedMeanwhile
            if len(known) > 1:
                meeting = Meeting(
                    member,
                    known[1],
                    MergeCause.SHARED_IDENTITY,
                    merge_id,
                    f"login:{channel.channel_id}",
                    shown=who.all(),
                )
                planned = plan_merge(repositories, meeting, now)
                done = planned.survivor is not None
                return Plan(Met(planned.survivor or member, merge_id if done else None), planned.changes)
            return _recognised(member, missing)

        return self.runner.run(channel.tenant_id, plan)


def find_channel(runner: Runner[Repositories], address: str) -> Channel:
    """The channel by its address `<tenant>.<channel>`. Raises ChannelNotFound."""
    tenant_id, channel_id = split_address(address)
    if not tenant_id:
        raise ChannelNotFound
    try:
        return runner.use(tenant_id, lambda stores, _: stores.channels.get(channel_id))
    except NotFound as missing:
        raise ChannelNotFound from missing


def _first_contact(member_id: str, channel: Channel, who: PlatformIdentity, now: datetime) -> Plan[Met]:
    fan = Member(
        member_id=member_id,
        state=MemberState.FAN,
        met_at=now,
        met_through=channel.channel_id,
        identities=who.all(),
    )
    return Plan(Met(fan), (*new_person(fan, who.all()), Created(Account(fan.member_id))))


def new_person(member: Member, identities: tuple[Identity, ...]) -> tuple[Change, ...]:
    """A person without a points account; the sentinels decide who was first."""
    sentinels = (Created(Sentinel(identity, member.member_id)) for identity in identities)
    return (*sentinels, Created(member))


def _recognised(member: Member, missing: tuple[Identity, ...]) -> Plan[Met]:
    """A known person; ids that the platform tells for the first time are added."""
    if not missing:
        return Plan(Met(member))
    if len(member.identities) + len(missing) > IDENTITIES_MAX:
        raise TooManyIdentities
    after = member.next(identities=member.identities + missing)
    sentinels = (Created(Sentinel(identity, member.member_id)) for identity in missing)
    return Plan(Met(after), (*sentinels, Changed(member, after)))
