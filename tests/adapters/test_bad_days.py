"""What a bad day of the store must not lead to; each of these was found by the simulation."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.dynamodb.repositories import DynamoRepositories
from adapters.dynamodb.table import Range
from adapters.dynamodb.unit_of_work import Pace, PatientTable
from domain.errors import Unavailable
from domain.keyring import Fresh, Sealed
from domain.member.identity import Identity, IdentityKind
from domain.member.model import Member, MemberNotFound, MemberState, Phone, Sentinel
from domain.session.model import Session
from domain.tenant.model import Settings, Tenant
from domain.unit_of_work import Created, Plan
from tests.adapters.disturbed import Bench, answer_of, goes_well, lost_answer, outrun_by, refused

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

    assert found == []
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
    store_all(bench, person, Sentinel(WECHAT, "m_7"))
    bench.client.read_steps = [goes_well, not_shown_yet]

    def plan(stores: DynamoRepositories, now: datetime) -> Plan[str]:
        holder = stores.identities.holders([WECHAT])[WECHAT]
        return Plan(stores.members.get(holder).member_id)

    assert bench.runner.run(bench.tenant_id, plan) == "m_7"


def test_somebody_who_is_really_unknown_stays_so(bench: Bench) -> None:
    store_all(bench, Sentinel(WECHAT, "m_nobody"))

    def plan(stores: DynamoRepositories, now: datetime) -> Plan[str]:
        holder = stores.identities.holders([WECHAT])[WECHAT]
        return Plan(stores.members.get(holder).member_id)

    with pytest.raises(MemberNotFound):
        bench.runner.run(bench.tenant_id, plan)

    assert bench.client.calls == ["batch_get_item", "get_item", "transact_get_items"]


def store_all(bench: Bench, *things: object) -> None:
    bench.services.runner.run(
        bench.tenant_id, lambda _, now: Plan(None, tuple(Created(each) for each in things))
    )


def sealed_number(bench: Bench) -> Sealed:
    """Somebody's number as the next request gets it, not opened yet; the unit of work is over."""
    tenant = Tenant(bench.tenant_id, "山茶咖啡", Settings(), bench.services.keyrings.new(bench.tenant_id))
    phone = Phone("blind", "138****8000", Fresh("+8613800138000"))
    person = Member("m_8", MemberState.MEMBER, bench.services.clock(), "wx", phone=phone)
    store_all(bench, tenant)
    store_all(bench, person)
    found = bench.runner.use(bench.tenant_id, lambda stores, _: stores.members.get("m_8"))
    assert found.phone is not None
    return found.phone.number


def test_a_field_that_is_opened_late_waits_for_a_busy_store(bench: Bench) -> None:
    number = sealed_number(bench)
    bench.client.read_steps = [refused(answer_of("ThrottlingException"))] * 2

    assert number.open() == "+8613800138000"
    assert len(bench.time.slept) == 2


def test_a_field_that_cannot_be_opened_late_is_a_refusal_of_our_own(bench: Bench) -> None:
    number = sealed_number(bench)
    bench.client.read_steps = [refused(answer_of("InternalServerError", 500))] * 20

    with pytest.raises(Unavailable):
        number.open()


def test_a_login_that_was_ended_before_its_answer_came_stays_ended(bench: Bench) -> None:
    """Found by history 5686: the store's answer was lost, and the write sent again."""
    opened = bench.services.clock()
    session = Session("a" * 64, "m_9", "wx", "wx:o9", 1, "", opened, opened + timedelta(hours=2))

    def rival() -> None:
        bench.services.runner.use(
            bench.tenant_id, lambda stores, now: stores.sessions.revoke(session.revoked(now))
        )

    bench.client.steps = [lost_answer(answer_of("InternalServerError", 500)), outrun_by(rival)]

    bench.runner.use(bench.tenant_id, lambda stores, _: stores.sessions.open(session))

    found = bench.runner.use(bench.tenant_id, lambda stores, _: stores.sessions.find(session.session_id))
    assert bench.client.writes == 2
    assert found is not None
    assert not found.is_alive(bench.services.clock())
