"""Use case: a logged-in person proves a phone, and so joins, changes the phone, or turns out to be known.

Proof comes from the platform of the session (never from a typed number) or from a code by short message.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from domain.actor import MemberSelf
from domain.errors import DomainError
from domain.ids import Ids
from domain.joining.model import Outcome, PhoneProofOfAnother, Proved, WrongChannel
from domain.joining.ports import Platform, ProofUse, Repositories
from domain.joining.welcome import Newcomer, welcome
from domain.keyring import Fresh
from domain.member.card import new_card_number
from domain.member.identity import Identity, IdentityKind, parse_identity
from domain.member.model import Consent, ConsentRequired, Member, MemberState, Phone, Sentinel
from domain.member.own import own
from domain.member.phone import mask
from domain.merge.merge import Meeting, plan_merge
from domain.merge.model import Merge, MergeCause
from domain.merge.settle import SettleMerge
from domain.session.end import EndSessions
from domain.session.keep import OpenSession
from domain.session.model import Login, Sweep
from domain.sms_code.check import CheckCode, Proof
from domain.sms_code.model import Purpose
from domain.tenant.model import ChannelKind
from domain.unit_of_work import (
    Change,
    Changed,
    Created,
    MovedMeanwhile,
    Plan,
    Removed,
    RequestKey,
    Runner,
    Unchanged,
    held,
)

PROOF_FRESH = timedelta(hours=24)
"""Later, a proof that was shown before joins nobody any more: the number may be somebody else's by now."""


class PlatformProof(Struct, frozen=True):
    """A WeChat phone code, or Alipay's encrypted response."""

    kinds: frozenset[ChannelKind]
    text: str


class CodeProof(Struct, frozen=True):
    """A number and the code that was sent to it."""

    number: str
    code: str


class PhoneRequest(Struct, frozen=True):
    """`agreed_to`: the version of the terms that the person accepted; `invited_by`: a member id."""

    proof: PlatformProof | CodeProof
    agreed_to: str | None
    key: RequestKey[Proved]
    invited_by: str | None = None


class _Verified(Struct, frozen=True):
    number: str
    digest: str | None = None
    shown_by: str = ""
    code: Proof | None = None


class ProvePhone(Struct, frozen=True):
    """The same request again gets the same answer, even though platform codes can be used once only."""

    runner: Runner[Repositories]
    platforms: Mapping[ChannelKind, Platform]
    check_code: CheckCode
    open_session: OpenSession
    end_sessions: EndSessions
    settle: SettleMerge
    ids: Ids

    def __call__(self, actor: MemberSelf, request: PhoneRequest) -> tuple[Proved, Member, Login | None]:
        """Raises ConsentRequired, PhoneProofRefused, PhoneOfAnother, CodeWrong, CodeExpired, CodeLocked…"""
        try:
            verified = self._verify(actor, request.proof)
        except DomainError:
            answered = self.runner.recall(actor.tenant_id, request.key)
            if answered is None:
                raise
            return self._answer(actor, answered)
        joiner = Joiner(
            self.ids,
            verified.number,
            request.agreed_to,
            actor.channel_id,
            actor.caller,
            request.invited_by,
        )

        sweep_id = self.ids.new("w_")

        def plan(repositories: Repositories, now: datetime) -> Plan[Proved]:
            planned = joiner.join(repositories, actor, now)
            spent = _spend(repositories, verified, planned.answer.outcome, now)
            swept = _sweep(planned.answer, actor, sweep_id, now)
            return Plan(
                replace(planned.answer, sweep=swept),
                (*planned.changes, *spent, *([Created(swept)] if swept else [])),
            )

        return self._answer(actor, self.runner.run_once(actor.tenant_id, plan, request.key))

    def _verify(self, actor: MemberSelf, proof: PlatformProof | CodeProof) -> _Verified:
        if isinstance(proof, CodeProof):
            code = self.check_code(actor.tenant_id, proof.number, proof.code, Purpose.PHONE)
            return _Verified(proof.number, code=code)
        channel = self.runner.use(actor.tenant_id, lambda stores, _: stores.channels.get(actor.channel_id))
        if channel.kind not in proof.kinds or channel.kind not in self.platforms:
            raise WrongChannel
        vouched = self.platforms[channel.kind].phone(channel, proof.text)
        # What can be shown again, by anybody who has it, belongs to who showed it first: decision 0011.
        return _Verified(vouched.number, vouched.reusable_digest, actor.identity)

    def _answer(self, actor: MemberSelf, proved: Proved) -> tuple[Proved, Member, Login | None]:
        tenant_id = actor.tenant_id
        if proved.sweep is not None:
            self.end_sessions(tenant_id, proved.sweep)
        if proved.merge_id:
            self.settle(tenant_id, self._merge(tenant_id, proved.merge_id))

        # An answer that is given again is about who the caller is now: the merge may have been undone.
        def plan(repositories: Repositories, _: datetime) -> Plan[Member]:
            member = repositories.members.get(actor.member_id)
            _logged_in_by(actor, member, proved)  # Within the plan, a refusal is looked at once more.
            return Plan(member)

        member = proved.member or self.runner.run(tenant_id, plan)
        identity = _logged_in_by(actor, member, proved)
        login = None
        if (member.member_id, identity) != (actor.member_id, actor.identity):
            login = self.open_session(tenant_id, member, actor.channel_id, identity, "")
        return proved, member, login

    def _merge(self, tenant_id: str, merge_id: str) -> Merge:
        def plan(repositories: Repositories, _: datetime) -> Plan[Merge]:
            merge = repositories.merges.find(merge_id)
            if merge is None:
                raise MovedMeanwhile  # The same request has just done it elsewhere, and it does not show yet.
            return Plan(merge)

        return self.runner.run(tenant_id, plan)


def _logged_in_by(actor: MemberSelf, member: Member, proved: Proved) -> str:
    """What they logged in with or, if it was the number that they have just replaced, the new one."""
    proven, held = Identity(IdentityKind.PHONE, proved.proven), member.all_identities()
    identity = parse_identity(actor.identity)
    if identity.kind is IdentityKind.PHONE and identity not in held and proven in held:
        return proven.text()
    own(member, actor)
    return actor.identity


def _spend(
    repositories: Repositories, verified: _Verified, outcome: Outcome, now: datetime
) -> tuple[Change, ...]:
    if verified.code:
        return (verified.code.spend(repositories, now, by=""),)
    if verified.digest is None:
        return ()
    known = repositories.phone_proofs.find(verified.digest)
    if known is None:
        return (Created(ProofUse(verified.digest, verified.shown_by, now)),)
    is_old = now > known.shown_at + PROOF_FRESH
    if known.identity != verified.shown_by or (is_old and outcome in {Outcome.MERGED, Outcome.WAITING}):
        raise PhoneProofOfAnother
    return ()


def _sweep(proved: Proved, actor: MemberSelf, sweep_id: str, now: datetime) -> Sweep | None:
    """Whoever got in by a number that is no longer the member's has to log in again."""
    if proved.member is None or (proved.outcome is not Outcome.PHONE_CHANGED and not proved.phone_moved):
        return None
    return Sweep(sweep_id, proved.member_id, proved.member.version, now, spared=actor.session_id)


class Joiner(Struct, frozen=True):
    """What a proven number means for a person; shared by proof in a session and login by code."""

    ids: Ids
    number: str
    agreed_to: str | None
    channel_id: str
    caller: str
    invited_by: str | None

    def join(self, repositories: Repositories, actor: MemberSelf, now: datetime) -> Plan[Proved]:
        """Raises ConsentRequired for a fan who did not agree to the current terms."""
        phone = self.phone(repositories)
        way, holders = repositories.members.glance(actor.member_id, [phone.identity])
        member = own(way[-1], actor)
        planned = self._join(repositories, member, phone, holders.get(phone.identity), now)
        return Plan(replace(planned.answer, proven=phone.index), (*planned.changes, *held(way)))

    def _join(
        self, repositories: Repositories, member: Member, phone: Phone, holder: str | None, now: datetime
    ) -> Plan[Proved]:
        is_own = member.phone is not None and member.phone.index == phone.index
        if is_own != (holder == member.member_id):
            raise MovedMeanwhile  # The two were read at different times.
        if holder is None:
            return self._take(repositories, member, phone, now)
        if is_own:
            # True only if it still is when the answer is kept: a merge may be giving the number up.
            return Plan(Proved(Outcome.UNCHANGED, holder), (Unchanged(member),))
        merge_id = self.ids.new("g_")
        meeting = Meeting(member, holder, MergeCause.PHONE, merge_id, self.caller, proven=phone)
        planned = plan_merge(repositories, meeting, now)
        if planned.survivor is None:
            return Plan(Proved(Outcome.WAITING, member.member_id, None), planned.changes)
        merge, survivor = planned.merge, planned.survivor
        proved = Proved(
            Outcome.MERGED,
            survivor.member_id,
            merge.merge_id,
            survivor,
            phone_moved=merge.moved.phone_before is not None,
        )
        return Plan(proved, planned.changes)

    def phone(self, repositories: Repositories) -> Phone:
        index = repositories.keyring.index("phone", self.number)
        return Phone(index, mask(self.number), Fresh(self.number))

    def consent(self, repositories: Repositories, now: datetime) -> Consent:
        """Raises ConsentRequired."""
        current = repositories.tenants.settings().consent_version
        if self.agreed_to != current:
            raise ConsentRequired(f"The current terms are version {current}.", consent_version=current)
        return Consent(current, now, self.channel_id)

    def _take(self, repositories: Repositories, member: Member, phone: Phone, now: datetime) -> Plan[Proved]:
        """Nobody holds the number: a member changes the phone, a fan becomes a member."""
        sentinel = Sentinel(phone.identity, member.member_id)
        if member.is_member:
            after = member.next(phone=phone)
            old = _old_phone(member)
            return Plan(
                Proved(Outcome.PHONE_CHANGED, member.member_id, None, after),
                (Created(sentinel), *old, Changed(member, after)),
            )
        joined, card = self.made_member(repositories, member, phone, now)
        gifts = welcome(repositories, Newcomer(joined, phone, self.invited_by), now, self.caller)
        changes = (Created(sentinel), Created(card), Changed(member, joined), *gifts.changes)
        return Plan(Proved(Outcome.JOINED, member.member_id, None, joined, points=gifts.points), changes)

    def made_member(
        self, repositories: Repositories, fan: Member, phone: Phone, now: datetime
    ) -> tuple[Member, Sentinel]:
        """The fan as a member, and the card number's sentinel. Raises ConsentRequired."""
        consent = self.consent(repositories, now)
        card_number = new_card_number(repositories.tenants.settings().card_prefix, self.ids)
        joined = replace(
            fan.next(phone=phone, card_number=card_number),
            state=MemberState.MEMBER,
            joined_at=now,
            consents=(*fan.consents, consent),
        )
        return joined, Sentinel(Identity(IdentityKind.CARD, card_number), fan.member_id)


def _old_phone(member: Member) -> tuple[Change, ...]:
    if member.phone is None:
        return ()
    return (Removed(Sentinel(member.phone.identity, member.member_id)),)
