"""What a bad day of the store must not lead to; each of these was found by the simulation."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from adapters.dynamodb.repositories import DynamoRepositories
from adapters.dynamodb.table import Range
from adapters.dynamodb.unit_of_work import Pace, PatientTable
from domain.errors import Unavailable
from domain.member.identity import Identity, IdentityKind
from domain.member.model import Member, MemberNotFound, MemberState, Sentinel
from domain.unit_of_work import Created, Plan
from tests.adapters.disturbed import Bench, answer_of, goes_well, refused

WECHAT = Identity(IdentityKind.WECHAT_OPENID, "app:o1")


def not_shown_yet(_: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The item is part of a transaction that readers see half of."""
    return {}


def test_a_list_for_a_job_waits_for_a_busy_store(bench: Bench) -> None:
    pace = Pace(bench.time.monotonic, bench.time.sleep, lambda: 1.0)
    table = PatientTable(bench.services.table, pace)
    table._client = bench.client
    bench.client.read_steps = [refused(answer_of("ThrottlingException"))] * 2

    found = table.query(Range("T#nobody"), 10)

    assert found.items == []
    assert len(bench.time.slept) == 2


def test_a_list_for_a_job_gives_up_with_a_refusal_of_our_own(bench: Bench) -> None:
    pace = Pace(bench.time.monotonic, bench.time.sleep, lambda: 1.0)
    table = PatientTable(bench.services.table, pace)
    table._client = bench.client
    bench.client.read_steps = [refused(answer_of("InternalServerError", 500))] * 20

    with pytest.raises(Unavailable):
        list(table.scan())


def test_somebody_whose_record_is_not_shown_yet_is_not_unknown(bench: Bench) -> None:
    person = Member("m_7", MemberState.FAN, bench.services.clock(), "wx", identities=(WECHAT,))
    made = (Created(person), Created(Sentinel(WECHAT, "m_7")))
    bench.services.runner.run(bench.tenant_id, lambda stores, now: Plan(None, made))
    bench.client.read_steps = [goes_well, not_shown_yet]

    def plan(stores: DynamoRepositories, now: datetime) -> Plan[str]:
        holder = stores.identities.holders([WECHAT])[WECHAT]
        return Plan(stores.members.get(holder).member_id)

    assert bench.runner.run(bench.tenant_id, plan) == "m_7"


def test_somebody_who_is_really_unknown_stays_so(bench: Bench) -> None:
    made = (Created(Sentinel(WECHAT, "m_nobody")),)
    bench.services.runner.run(bench.tenant_id, lambda stores, now: Plan(None, made))

    def plan(stores: DynamoRepositories, now: datetime) -> Plan[str]:
        holder = stores.identities.holders([WECHAT])[WECHAT]
        return Plan(stores.members.get(holder).member_id)

    with pytest.raises(MemberNotFound):
        bench.runner.run(bench.tenant_id, plan)

    assert bench.client.calls == ["batch_get_item", "get_item", "transact_get_items"]
