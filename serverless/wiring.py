"""The composition root: where ports meet adapters; use cases by name.

`ground.py` is what they stand on, `coupon_wiring.py` has those of coupons and checkout.
"""

import logging
from functools import cache, cached_property

from adapters.dynamodb.everything import DynamoEverything
from adapters.dynamodb.merges import DynamoUnsettledMerges
from adapters.dynamodb.points import DynamoDueAccounts
from adapters.dynamodb.sessions import DynamoSweeps
from domain.activity.check_in import CheckIn, ReadCalendar
from domain.activity.comment import CommentOnOrder
from domain.activity.share import ShareSomething
from domain.api_key.apply import ApplyKey, RevokeKey, RotateKey
from domain.api_key.authenticate import AuthenticateKey
from domain.entitlement.read import ListEntitlements
from domain.entitlement.use import ReopenEntitlement, UseEntitlement
from domain.errors import DomainError
from domain.joining.log_in_by_phone import LogInByPhone, SendLoginCode
from domain.joining.meet import LogIn
from domain.joining.prove_phone import ProvePhone
from domain.member.find import FindMember
from domain.member.profile import ChangeProfile, ReadMyself, ShowCode
from domain.merge.decide import ApproveMerge, ListWaiting, ReadMerge, RejectMerge
from domain.merge.settle import SettleMerge, SettleMerges
from domain.merge.undo import UndoMerge
from domain.points.adjust import AdjustPoints
from domain.points.as_of import ReadAsOf
from domain.points.claw_back import RefundOrder
from domain.points.earn import EarnFromOrder
from domain.points.expire import ExpirePoints
from domain.points.explain import ExplainEntry
from domain.points.home import ReadHome
from domain.points.ports import Due
from domain.points.read import ListEntries, ReadBalance
from domain.points.tier import ListTierChanges, ReadTier
from domain.programme.publish import ApplyProgramme, PublishRules, PublishTerms, SaveDraft
from domain.programme.read import ListRules, ReadProgramme
from domain.proof.reconcile import Reconcile
from domain.reward.exchange import ExchangeReward
from domain.reward.finish import FulfilExchange, RefundExchange
from domain.reward.keep import AddCodes, MoveStock, SaveReward
from domain.reward.read import ListChoices, ListExchanges, ListRewards, ReadExchange, ReadReward
from domain.session.end import EndSessions, SweepSessions
from domain.session.keep import AuthenticateSession, ListLogins, LogOut, OpenSession
from domain.sms_code.check import CheckCode
from domain.sms_code.send import SendCode
from domain.tenant.apply import ApplyChannel, ApplyStore, ApplyTenant
from serverless.coupon_wiring import CouponWiring
from serverless.ground import code_of
from serverless.settings import Settings

log = logging.getLogger("tongka.jobs")


class Wiring(CouponWiring):
    """Everything that an entry point may ask for, by name."""

    # Who is asking.

    @cached_property
    def authenticate_session(self) -> AuthenticateSession:
        return AuthenticateSession(self.runner)

    @cached_property
    def authenticate_key(self) -> AuthenticateKey:
        return AuthenticateKey(self.runner, self.clock, self.ids)

    @cached_property
    def open_session(self) -> OpenSession:
        return OpenSession(self.runner, self.ids, self.clock)

    @cached_property
    def log_out(self) -> LogOut:
        return LogOut(self.runner)

    @cached_property
    def list_logins(self) -> ListLogins:
        return ListLogins(self.runner)

    # Joining.

    @cached_property
    def log_in(self) -> LogIn:
        return LogIn(self.runner, self.platforms, self.open_session, self.settle_merge, self.ids)

    @cached_property
    def send_code(self) -> SendCode:
        return SendCode(self.runner, self.sms_sender, self.ids)

    @cached_property
    def check_code(self) -> CheckCode:
        return CheckCode(self.runner)

    @cached_property
    def send_login_code(self) -> SendLoginCode:
        return SendLoginCode(self.runner, self.send_code)

    @cached_property
    def log_in_by_phone(self) -> LogInByPhone:
        return LogInByPhone(self.runner, self.check_code, self.open_session, self.ids)

    @cached_property
    def prove_phone(self) -> ProvePhone:
        return ProvePhone(
            self.runner,
            self.platforms,
            self.check_code,
            self.open_session,
            self.end_sessions,
            self.settle_merge,
            self.ids,
        )

    # Rewards.

    @cached_property
    def list_choices(self) -> ListChoices:
        return ListChoices(self.runner)

    @cached_property
    def list_rewards(self) -> ListRewards:
        return ListRewards(self.runner)

    @cached_property
    def read_reward(self) -> ReadReward:
        return ReadReward(self.runner)

    @cached_property
    def save_reward(self) -> SaveReward:
        return SaveReward(self.runner)

    @cached_property
    def move_stock(self) -> MoveStock:
        return MoveStock(self.runner)

    @cached_property
    def add_codes(self) -> AddCodes:
        return AddCodes(self.runner)

    @cached_property
    def exchange_reward(self) -> ExchangeReward:
        return ExchangeReward(self.runner, self.ids)

    @cached_property
    def fulfil_exchange(self) -> FulfilExchange:
        return FulfilExchange(self.runner)

    @cached_property
    def refund_exchange(self) -> RefundExchange:
        return RefundExchange(self.runner)

    @cached_property
    def list_exchanges(self) -> ListExchanges:
        return ListExchanges(self.runner)

    @cached_property
    def read_exchange(self) -> ReadExchange:
        return ReadExchange(self.runner)

    # Entitlements.

    @cached_property
    def list_entitlements(self) -> ListEntitlements:
        return ListEntitlements(self.runner)

    @cached_property
    def use_entitlement(self) -> UseEntitlement:
        return UseEntitlement(self.runner)

    @cached_property
    def reopen_entitlement(self) -> ReopenEntitlement:
        return ReopenEntitlement(self.runner)

    # Members and merges.

    @cached_property
    def read_myself(self) -> ReadMyself:
        return ReadMyself(self.runner)

    @cached_property
    def change_profile(self) -> ChangeProfile:
        return ChangeProfile(self.runner)

    @cached_property
    def show_code(self) -> ShowCode:
        return ShowCode(self.runner)

    @cached_property
    def find_member(self) -> FindMember:
        return FindMember(self.runner)

    @cached_property
    def settle_merge(self) -> SettleMerge:
        return SettleMerge(self.runner)

    @cached_property
    def list_waiting_merges(self) -> ListWaiting:
        return ListWaiting(self.runner)

    @cached_property
    def read_merge(self) -> ReadMerge:
        return ReadMerge(self.runner)

    @cached_property
    def approve_merge(self) -> ApproveMerge:
        return ApproveMerge(self.runner, self.settle_merge, self.end_sessions, self.ids)

    @cached_property
    def end_sessions(self) -> EndSessions:
        return EndSessions(self.runner)

    @cached_property
    def reject_merge(self) -> RejectMerge:
        return RejectMerge(self.runner, self.end_sessions, self.ids)

    @cached_property
    def undo_merge(self) -> UndoMerge:
        return UndoMerge(self.runner, self.settle_merge)

    # Points.

    @cached_property
    def earn_from_order(self) -> EarnFromOrder:
        return EarnFromOrder(self.runner)

    @cached_property
    def refund_order(self) -> RefundOrder:
        return RefundOrder(self.runner)

    @cached_property
    def read_balance(self) -> ReadBalance:
        return ReadBalance(self.runner)

    @cached_property
    def list_entries(self) -> ListEntries:
        return ListEntries(self.runner)

    @cached_property
    def adjust_points(self) -> AdjustPoints:
        return AdjustPoints(self.runner)

    @cached_property
    def read_as_of(self) -> ReadAsOf:
        return ReadAsOf(self.runner)

    @cached_property
    def read_home(self) -> ReadHome:
        return ReadHome(self.runner)

    @cached_property
    def read_tier(self) -> ReadTier:
        return ReadTier(self.runner)

    @cached_property
    def list_tier_changes(self) -> ListTierChanges:
        return ListTierChanges(self.runner)

    @cached_property
    def explain_entry(self) -> ExplainEntry:
        return ExplainEntry(self.runner)

    @cached_property
    def check_in(self) -> CheckIn:
        return CheckIn(self.runner)

    @cached_property
    def read_calendar(self) -> ReadCalendar:
        return ReadCalendar(self.runner)

    @cached_property
    def share_something(self) -> ShareSomething:
        return ShareSomething(self.runner)

    @cached_property
    def comment_on_order(self) -> CommentOnOrder:
        return CommentOnOrder(self.runner)

    # The programme.

    @cached_property
    def save_draft(self) -> SaveDraft:
        return SaveDraft(self.runner)

    @cached_property
    def publish_terms(self) -> PublishTerms:
        return PublishTerms(self.runner)

    @cached_property
    def publish_rules(self) -> PublishRules:
        return PublishRules(self.runner)

    @cached_property
    def list_rules(self) -> ListRules:
        return ListRules(self.runner)

    @cached_property
    def read_programme(self) -> ReadProgramme:
        return ReadProgramme(self.runner)

    # Jobs.

    @cached_property
    def expire_points(self) -> ExpirePoints:
        due = DynamoDueAccounts(self.patient_table, self._settings.shards)
        return ExpirePoints(self.runner, due, self.clock, _report_account)

    @cached_property
    def settle_merges(self) -> SettleMerges:
        unsettled = DynamoUnsettledMerges(self.patient_table, self._settings.shards)
        return SettleMerges(self.runner, self.settle_merge, unsettled, _report_merge)

    @cached_property
    def sweep_sessions(self) -> SweepSessions:
        sweeps = DynamoSweeps(self.patient_table, self._settings.shards)
        return SweepSessions(self.runner, sweeps, _report_sweep)

    @cached_property
    def reconcile(self) -> Reconcile:
        return Reconcile(self.runner, DynamoEverything(self.patient_table))

    # Setting up tenants.

    @cached_property
    def apply_tenant(self) -> ApplyTenant:
        return ApplyTenant(self.runner, self.keyrings)

    @cached_property
    def apply_programme(self) -> ApplyProgramme:
        return ApplyProgramme(self.runner)

    @cached_property
    def apply_store(self) -> ApplyStore:
        return ApplyStore(self.runner)

    @cached_property
    def apply_channel(self) -> ApplyChannel:
        return ApplyChannel(self.runner)

    @cached_property
    def apply_key(self) -> ApplyKey:
        return ApplyKey(self.runner, self.ids)

    @cached_property
    def rotate_key(self) -> RotateKey:
        return RotateKey(self.runner, self.ids)

    @cached_property
    def revoke_key(self) -> RevokeKey:
        return RevokeKey(self.runner)


def _report_account(due: Due, problem: Exception) -> None:
    where = {"tenant_id": due.tenant_id, "member_id": due.member_id, "code": code_of(problem)}
    log.error("points of one account did not expire", extra=where)


def _report_merge(merge_id: str, problem: DomainError) -> None:
    log.error("one merge was not settled", extra={"merge_id": merge_id, "code": problem.code})


def _report_sweep(sweep_id: str, problem: DomainError) -> None:
    log.error("sessions of one sweep were not ended", extra={"sweep_id": sweep_id, "code": problem.code})


@cache
def wiring() -> Wiring:
    """The wiring of this process, shared by all its entry points."""
    return Wiring(Settings.from_environment())
