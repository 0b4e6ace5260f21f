"""Use case: somebody logs in by phone number and code, and joins if the number is new."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from domain.ids import Ids
from domain.joining.meet import find_channel, new_person
from domain.joining.model import WrongChannel
from domain.joining.ports import Repositories
from domain.joining.prove_phone import Joiner
from domain.joining.welcome import Newcomer, welcome
from domain.member.identity import Identity, IdentityKind
from domain.member.model import Member, MemberState, Sentinel
from domain.money import NO_POINTS, Points
from domain.session.keep import OpenSession
from domain.session.model import Login
from domain.sms_code.check import CheckCode
from domain.sms_code.model import Purpose
from domain.sms_code.send import SendCode, Sent
from domain.tenant.model import ChannelKind
from domain.unit_of_work import Plan, Receipt, Runner, Unchanged


class SendLoginCode(Struct, frozen=True):
    """To any number; the answer does not tell whether anybody is known by it."""

    runner: Runner[Repositories]
    send_code: SendCode

    def __call__(self, address: str, number: str, *, network_address: str) -> Sent:
        channel = find_channel(self.runner, address)
        if channel.kind is not ChannelKind.WEB:
            raise WrongChannel
        return self.send_code(
            channel.tenant_id, number, Purpose.LOGIN, address=network_address, identity=None
        )


class PhoneLogin(Struct, frozen=True):
    """What the client sends."""

    channel: str
    number: str
    code: str
    agreed_to: str | None
    device: str
    invited_by: str | None = None
    """A member id."""


class LogInByPhone(Struct, frozen=True):
    """Raises ConsentRequired for a new number without consent: the code stays good for a second try."""

    runner: Runner[Repositories]
    check_code: CheckCode
    open_session: OpenSession
    ids: Ids

    def __call__(self, request: PhoneLogin) -> tuple[Login, Member, Points]:
        """Also what joining gave."""
        channel = find_channel(self.runner, request.channel)
        if channel.kind is not ChannelKind.WEB:
            raise WrongChannel
        tenant_id = channel.tenant_id
        proof = self.check_code(tenant_id, request.number, request.code, Purpose.LOGIN)
        identity = Identity(IdentityKind.PHONE, proof.phone_index)
        joiner = Joiner(
            self.ids,
            request.number,
            request.agreed_to,
            channel.channel_id,
            f"login:{channel.channel_id}",
            request.invited_by,
        )
        member_id = self.ids.new("m_")

        def plan(repositories: Repositories, now: datetime) -> Plan[tuple[Member, Points]]:
            spent = proof.spend(repositories, now, by=member_id)
            holder = repositories.identities.holders([identity], with_settings=True).get(identity)
            if holder is not None:
                # Who gives the number up at this very moment is not logged in by it any more.
                known = repositories.members.get(holder)
                return Plan((known, NO_POINTS), (spent, Unchanged(Sentinel(identity, holder))))
            stranger = Member(member_id, MemberState.FAN, met_at=now, met_through=channel.channel_id)
            phone = joiner.phone(repositories)
            joined, card = joiner.made_member(repositories, stranger, phone, now)
            first = replace(joined, version=1)
            newcomer = Newcomer(first, phone, request.invited_by, is_new=True)
            gifts = welcome(repositories, newcomer, now, joiner.caller)
            person = new_person(first, (identity, card.identity))
            return Plan((first, gifts.points), (spent, *person, *gifts.changes))

        def find(repositories: Repositories) -> tuple[Member, Points] | None:
            """After a lost answer the code is spent already, by this very request and no other."""
            challenge = repositories.challenges.find(proof.phone_index)
            if challenge is None or challenge.used_by != member_id:
                return None
            holder = repositories.identities.holders([identity]).get(identity)
            member = repositories.members.get(holder) if holder else None
            # Who has given the number up since is not logged in by it any more.
            if member is None or identity not in member.all_identities():
                return None
            welcomed = repositories.welcomes.find(proof.phone_index)
            is_mine = welcomed is not None and welcomed.member_id == member_id
            return member, welcomed.points if welcomed is not None and is_mine else NO_POINTS

        member, points = self.runner.run(tenant_id, plan, Receipt(find))
        login = self.open_session(tenant_id, member, channel.channel_id, identity.text(), request.device)
        return login, member, points
