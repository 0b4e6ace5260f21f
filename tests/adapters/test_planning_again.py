"""When a plan is made anew: what it read did not fit, was a moment old, or a counter was full."""

import logging
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from adapters.dynamodb.repositories import DynamoRepositories
from adapters.dynamodb.unit_of_work import TRIES_MAX
from domain.errors import Conflict, NotFound, TooMany
from domain.member.identity import Identity, IdentityKind
from domain.member.model import Member, MemberState, Sentinel
from domain.points.model import LedgerBroken
from domain.tenant.model import Store
from domain.unit_of_work import Changed, Counted, Created, MovedMeanwhile, Plan
from tests.adapters.disturbed import Bench, Said, answer_of, goes_well, outrun_by, refused

WECHAT = Identity(IdentityKind.WECHAT_OPENID, "app:o")


def test_what_moved_while_it_was_read_is_read_again_without_a_pause(bench: Bench) -> None:
    rounds: list[int] = []

    def plan(stores: DynamoRepositories, now: datetime) -> Plan[str]:
        rounds.append(1)
        if len(rounds) < 3:
            raise MovedMeanwhile
        return Plan("fits")

    assert bench.runner.run(bench.tenant_id, plan) == "fits"
    assert (len(rounds), bench.time.slept) == (3, [])


def test_what_never_comes_to_rest_is_a_conflict_after_eight_tries(bench: Bench) -> None:
    rounds: list[int] = []

    def plan(stores: DynamoRepositories, now: datetime) -> Plan[str]:
        rounds.append(1)
        raise MovedMeanwhile

    with pytest.raises(Conflict):
        bench.runner.run(bench.tenant_id, plan)

    assert len(rounds) == TRIES_MAX


def test_a_refusal_that_rests_on_an_old_reading_is_checked_against_what_is_stored(bench: Bench) -> None:
    def plan(stores: DynamoRepositories, now: datetime) -> Plan[str]:
        if not stores.identities.holders([WECHAT], may_lag=True):
            raise NotFound
        return Plan("found")

    with pytest.raises(NotFound):
        bench.runner.run(bench.tenant_id, plan)

    assert bench.client.calls == ["batch_get_item", "transact_get_items"]
    assert bench.client.strong == [False], "and the second look is at one moment, never an old one"


def test_a_refusal_is_planned_again_when_what_it_rests_on_has_moved(bench: Bench) -> None:
    """Two reads, and a rival in between: each of them was true, but never both at the same time."""
    bench.rival(100)
    rounds: list[tuple[int, int]] = []

    def plan(stores: DynamoRepositories, now: datetime) -> Plan[str]:
        first = stores.accounts.get("m_1").balance.count
        if not rounds:
            bench.rival(1)
        rounds.append((first, len(list(stores.entries.newest("m_1", None, 9)))))
        stores.members.exact("m_1")
        raise NotFound

    with pytest.raises(NotFound):
        bench.runner.run(bench.tenant_id, plan)

    assert rounds == [(100, 2), (101, 2)]


def test_a_refusal_after_a_single_read_needs_no_second_look(bench: Bench) -> None:
    def plan(stores: DynamoRepositories, now: datetime) -> Plan[str]:
        stores.members.exact("m_1")
        raise NotFound

    with pytest.raises(NotFound):
        bench.runner.run(bench.tenant_id, plan)

    assert bench.client.calls == ["get_item"]


def test_only_the_first_attempt_may_read_what_is_a_moment_old(bench: Bench) -> None:
    def plan(stores: DynamoRepositories, now: datetime) -> Plan[str]:
        stores.identities.holders([WECHAT], may_lag=True)
        return Plan("done", (Created(Sentinel(WECHAT, "m_1")),))

    bench.client.steps = [refused(answer_of("ThrottlingException"))]
    bench.runner.run(bench.tenant_id, plan)

    assert bench.client.strong == [False, True]


def test_a_glance_finds_the_member_who_took_the_place_of_a_merged_one(bench: Bench) -> None:
    gone = Member("m_8", MemberState.FAN, bench.services.clock(), "wx", redirect_to="m_9")
    live = replace(gone, member_id="m_9", redirect_to=None, identities=(WECHAT,))
    bench.services.runner.run(
        bench.tenant_id,
        lambda stores, now: Plan(None, (Created(gone), Created(live), Created(Sentinel(WECHAT, "m_9")))),
    )

    way, holders = bench.runner.use(bench.tenant_id, lambda stores, _: stores.members.glance("m_8", [WECHAT]))

    assert ([each.member_id for each in way], holders) == (["m_8", "m_9"], {WECHAT: "m_9"})


def test_a_failed_look_for_the_receipt_leads_to_another_round(bench: Bench) -> None:
    twin = bench.services.runner
    bench.client.steps = [outrun_by(lambda: twin.run_once(bench.tenant_id, bench.earn(5), bench.key()))]
    bench.client.read_steps = [goes_well, refused(answer_of("ThrottlingException"))]

    said = bench.runner.run_once(bench.tenant_id, bench.earn(5), bench.key())

    assert (said.count, bench.entries()) == (5, [5])


def test_settings_that_moved_are_read_anew_and_others_stay_remembered(bench: Bench) -> None:
    store = Store("s", "old")
    bench.services.runner.run(bench.tenant_id, lambda stores, now: Plan(None, (Created(store),)))

    def rename(stores: DynamoRepositories, now: datetime) -> Plan[int]:
        before = stores.stores.find("s")
        assert before is not None
        after = replace(before, name="new", version=before.version + 1)
        return Plan(after.version, (Changed(before, after),))

    assert bench.runner.run(bench.tenant_id, rename) == 2
    bench.client.calls.clear()
    bench.client.steps = [outrun_by(lambda: bench.rival(1))]
    bench.runner.use(bench.tenant_id, lambda stores, _: stores.stores.is_known("s"))
    bench.runner.run(bench.tenant_id, bench.earn(5))
    bench.client.calls.clear()
    bench.runner.use(bench.tenant_id, lambda stores, _: stores.stores.is_known("s"))
    assert bench.client.calls == [], "a race for points has nothing to do with settings"


def test_a_full_counter_refuses_and_nothing_of_the_plan_is_written(bench: Bench) -> None:
    ends = bench.services.clock() + timedelta(hours=1)
    earn = bench.earn(5)

    def plan(stores: object, now: object) -> Plan[Said]:
        planned = earn(stores, now)
        counted = Counted("c", 1, 2, ends, TooMany("full"))
        return Plan(planned.answer, (*planned.changes, counted))

    for _ in range(2):
        bench.runner.run(bench.tenant_id, plan)
    with pytest.raises(TooMany, match="full"):
        bench.runner.run(bench.tenant_id, plan)

    assert bench.entries() == [5, 5]


def test_a_full_counter_does_not_refuse_what_was_granted_before(bench: Bench) -> None:
    ends = bench.services.clock() + timedelta(hours=1)

    def plan(stores: object, now: object) -> Plan[Said]:
        return Plan(Said(1), (Counted("c", 1, 1, ends, TooMany()),))

    first = bench.runner.run_once(bench.tenant_id, plan, bench.key())

    assert bench.runner.run_once(bench.tenant_id, plan, bench.key()) == first
    with pytest.raises(TooMany):
        bench.runner.run_once(bench.tenant_id, plan, bench.key(key="n" * 16))


def test_a_counter_is_asked_again_when_something_else_moved_as_well(bench: Bench) -> None:
    """The rival fills the counter and moves the account; the next plan needs no counter any more."""
    ends = bench.services.clock() + timedelta(hours=1)
    earn = bench.earn(5)

    def plan(stores: object, now: object) -> Plan[Said]:
        planned = earn(stores, now)
        counted = (Counted("c", 1, 1, ends, TooMany()),) if planned.answer.count == 5 else ()
        return Plan(planned.answer, (*planned.changes, *counted))

    bench.client.steps = [outrun_by(lambda: bench.services.runner.run(bench.tenant_id, plan))]

    assert bench.runner.run(bench.tenant_id, plan) == Said(10)


def test_a_plan_that_would_break_the_ledger_wakes_somebody(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    def plan(stores: DynamoRepositories, now: datetime) -> Plan[Said]:
        raise LedgerBroken("The totals by kind would not add up to the balance.")

    with caplog.at_level(logging.CRITICAL), pytest.raises(LedgerBroken):
        bench.runner.run(bench.tenant_id, plan)

    assert bench.client.writes == 0
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
