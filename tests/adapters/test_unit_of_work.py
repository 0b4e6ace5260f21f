"""Every row of the error table of the write protocol, on a client that misbehaves by script."""

import logging
from datetime import datetime

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from adapters.dynamodb.repositories import DynamoRepositories
from adapters.dynamodb.table import Write
from adapters.dynamodb.unit_of_work import DEADLINE_SECONDS, TRIES_MAX
from domain.clock import SHOP_TIME
from domain.errors import Conflict, DomainError, KeyReused, NotFound, Unavailable
from domain.money import Points
from domain.points.book import Book
from domain.points.model import AccountFrozen, Cause, LedgerBroken, LotKey
from domain.unit_of_work import Created, Plan, Receipt, RequestKey
from tests.adapters.disturbed import (
    Bench,
    Said,
    answer_of,
    cancelled,
    goes_well,
    lost_answer,
    outrun_by,
    refused,
)

URL = "http://engine"
UNKNOWN = [
    ReadTimeoutError(endpoint_url=URL),
    ConnectionClosedError(endpoint_url=URL),
    answer_of("InternalServerError", 500),
    answer_of("ServiceUnavailable", 503),
]
NOT_APPLIED = {
    "conflict": cancelled("None", "TransactionConflict", "None"),
    "in progress": answer_of("TransactionInProgressException"),
    "conflict alone": answer_of("TransactionConflictException"),
}
THROTTLED = {
    "throttled": answer_of("ThrottlingException"),
    "provisioned": answer_of("ProvisionedThroughputExceededException"),
    "request limit": answer_of("RequestLimitExceeded"),
    "position": cancelled("None", "ThrottlingError", "None"),
    "position provisioned": cancelled("ProvisionedThroughputExceeded", "None"),
    "no connection": EndpointConnectionError(endpoint_url=URL),
    "no connection in time": ConnectTimeoutError(endpoint_url=URL),
}


def test_success_is_one_read_and_one_write_and_no_look_at_the_kept_answer(bench: Bench) -> None:
    said = bench.runner.run_once(bench.tenant_id, bench.earn(5), bench.key())

    assert said == Said(5)
    assert bench.client.calls == ["get_item", "transact_write_items"]
    assert (bench.entries(), bench.time.slept) == ([5], [])


def test_the_same_key_again_gets_the_kept_answer_and_no_second_effect(bench: Bench) -> None:
    first = bench.runner.run_once(bench.tenant_id, bench.earn(5), bench.key())
    bench.rival(100)

    second = bench.runner.run_once(bench.tenant_id, bench.earn(5), bench.key())

    assert (first, second) == (Said(5), Said(5))
    assert (bench.entries(), bench.time.slept) == ([5, 100], [])


def test_the_same_key_with_another_request_is_refused_without_effect(bench: Bench) -> None:
    bench.runner.run_once(bench.tenant_id, bench.earn(5), bench.key())

    with pytest.raises(KeyReused):
        bench.runner.run_once(bench.tenant_id, bench.earn(7), bench.key("another body"))
    with pytest.raises(KeyReused):
        bench.runner.recall(bench.tenant_id, bench.key("another body"))

    assert bench.entries() == [5]
    assert bench.runner.recall(bench.tenant_id, bench.key()) == Said(5)
    assert bench.runner.recall(bench.tenant_id, bench.key(key="n" * 16)) is None


def test_a_twin_that_was_faster_answers_for_both(bench: Bench) -> None:
    twin = bench.services.runner
    bench.client.steps = [outrun_by(lambda: twin.run_once(bench.tenant_id, bench.earn(5), bench.key()))]

    said = bench.runner.run_once(bench.tenant_id, bench.earn(5), bench.key())

    assert (said, bench.entries(), bench.time.slept) == (Said(5), [5], [])


def test_a_lost_race_for_the_account_is_planned_anew_at_once(bench: Bench) -> None:
    bench.client.steps = [outrun_by(lambda: bench.rival(100)), outrun_by(lambda: bench.rival(10))]

    said = bench.runner.run(bench.tenant_id, bench.earn(5))

    assert (said, bench.entries(), bench.time.slept) == (Said(115), [100, 10, 5], [])
    assert bench.client.calls.count("get_item") == 1, "the lost write told how the account is now"


def test_a_document_that_somebody_else_wrote_is_found_by_its_receipt(bench: Bench) -> None:
    def plan(stores: object, now: object) -> Plan[str]:
        return Plan("mine", (Created(_proof("x")), Created(_proof("y"))))

    def theirs(stores: object, now: object) -> Plan[str]:
        return Plan("theirs", (Created(_proof("y")),))

    def recorded(stores: DynamoRepositories) -> str | None:
        return None if stores.phone_proofs.find("y") is None else "theirs"

    rival = bench.services.runner
    bench.client.steps = [outrun_by(lambda: rival.run(bench.tenant_id, theirs))]

    assert bench.runner.run(bench.tenant_id, plan, Receipt(recorded)) == "theirs"
    assert rival.use(bench.tenant_id, lambda stores, _: stores.phone_proofs.find("x")) is None


def _proof(digest: str) -> object:
    from domain.joining.ports import ProofUse  # noqa: PLC0415  # used here alone

    return ProofUse(digest, "wx:app:openid", datetime(2026, 11, 22, tzinfo=SHOP_TIME))


def test_an_entry_alone_in_the_way_freezes_the_account_and_wakes_somebody(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    _write_stray_entry(bench)

    with caplog.at_level(logging.CRITICAL), pytest.raises(LedgerBroken):
        bench.runner.run(bench.tenant_id, bench.earn(5))

    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("CRITICAL", "ledger broken")
    ]
    account = bench.account()
    assert (account.is_frozen, account.version, account.balance) == (True, 0, Points(0))
    with pytest.raises(AccountFrozen):
        bench.runner.run(bench.tenant_id, bench.earn(5))
    assert bench.entries() == [7]


def test_a_freeze_that_is_throttled_is_tried_again(bench: Bench) -> None:
    _write_stray_entry(bench)
    bench.client.steps = [goes_well, refused(THROTTLED["throttled"])]

    with pytest.raises(LedgerBroken):
        bench.runner.run(bench.tenant_id, bench.earn(5))

    assert bench.account().is_frozen


def _write_stray_entry(bench: Bench) -> None:
    """An entry stands where the account's version says there is none."""
    book = Book(bench.account(), bench.services.clock(), "test")
    entry = book.earn(Points(7), LotKey(None), Cause("order"))
    bench.services.runner.run(bench.tenant_id, lambda stores, now: Plan(None, (Created(entry),)))


@pytest.mark.parametrize("busy", ["TransactionConflict", "ThrottlingError"])
def test_an_entry_in_the_way_is_not_alone_while_the_account_is_busy(bench: Bench, busy: str) -> None:
    bench.client.steps = [refused(cancelled(busy, "ConditionalCheckFailed"))]

    said = bench.runner.run(bench.tenant_id, bench.earn(5))

    assert (said, bench.entries(), bench.account().is_frozen) == (Said(5), [5], False)


@pytest.mark.parametrize("name", NOT_APPLIED)
def test_conflicts_wait_with_full_jitter_and_grow(bench: Bench, name: str) -> None:
    bench.client.steps = [refused(NOT_APPLIED[name])] * 5

    said = bench.runner.run(bench.tenant_id, bench.earn(5))

    assert (said, bench.entries()) == (Said(5), [5])
    assert bench.time.slept == [0.05, 0.1, 0.2, 0.4, 0.4], "chance stands at its top"


@pytest.mark.parametrize("name", THROTTLED)
def test_a_store_that_asks_for_rest_gets_twice_as_much(bench: Bench, name: str) -> None:
    bench.client.steps = [refused(THROTTLED[name])] * 3

    said = bench.runner.run(bench.tenant_id, bench.earn(5))

    assert (said, bench.entries(), bench.time.slept) == (Said(5), [5], [0.1, 0.2, 0.4])


def test_the_jitter_is_the_chance(bench: Bench) -> None:
    chances = iter([0.0, 0.5])
    bench.runner._pace = type(bench.runner._pace)(
        bench.time.monotonic, bench.time.sleep, lambda: next(chances)
    )
    bench.client.steps = [refused(NOT_APPLIED["conflict"])] * 2

    bench.runner.run(bench.tenant_id, bench.earn(5))

    assert bench.time.slept == [0.0, 0.05]


@pytest.mark.parametrize("error", UNKNOWN, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("is_applied", [True, False])
def test_an_unknown_outcome_ends_as_exactly_one_effect(
    bench: Bench, error: Exception, is_applied: bool
) -> None:
    bench.client.steps = [(lost_answer if is_applied else refused)(error)]

    said = bench.runner.run_once(bench.tenant_id, bench.earn(5), bench.key())

    assert (said, bench.entries()) == (Said(5), [5])


def test_an_unknown_outcome_that_happened_is_found_even_behind_later_entries(bench: Bench) -> None:
    bench.client.steps = [lost_answer(UNKNOWN[0]), outrun_by(lambda: bench.rival(100))]

    said = bench.runner.run_once(bench.tenant_id, bench.earn(5), bench.key())

    assert (said, bench.entries()) == (Said(5), [5, 100])


@pytest.mark.parametrize("is_applied", [True, False])
def test_the_same_request_after_an_unknown_end_has_one_effect_in_all(bench: Bench, is_applied: bool) -> None:
    trouble = lost_answer if is_applied else refused
    bench.client.steps = [trouble(UNKNOWN[0]), *[refused(UNKNOWN[0])] * (TRIES_MAX - 1)]
    with pytest.raises(Unavailable):
        bench.runner.run_once(bench.tenant_id, bench.earn(5), bench.key())

    said = bench.runner.run_once(bench.tenant_id, bench.earn(5), bench.key())

    assert (said, bench.entries()) == (Said(5), [5])


def test_an_outcome_that_stays_unknown_is_unavailable_and_says_when_to_come_back(bench: Bench) -> None:
    bench.client.steps = [refused(UNKNOWN[0]), *[refused(NOT_APPLIED["conflict"])] * 20]

    with pytest.raises(Unavailable) as gave_up:
        bench.runner.run(bench.tenant_id, bench.earn(5))

    assert gave_up.value.retry_after_seconds == 1
    assert bench.entries() == []


def test_conflicts_alone_end_as_a_conflict_after_eight_tries(bench: Bench) -> None:
    bench.client.steps = [refused(NOT_APPLIED["conflict"])] * 20

    with pytest.raises(Conflict) as gave_up:
        bench.runner.run(bench.tenant_id, bench.earn(5))

    assert gave_up.value.retry_after_seconds == 1
    assert (bench.client.writes, bench.plans) == (TRIES_MAX, TRIES_MAX)


def test_a_race_lost_eight_times_ends_as_a_conflict(bench: Bench) -> None:
    bench.client.steps = [outrun_by(lambda: bench.rival(1))] * 20

    with pytest.raises(Conflict):
        bench.runner.run(bench.tenant_id, bench.earn(5))

    assert (bench.client.writes, bench.entries()) == (TRIES_MAX, [1] * TRIES_MAX)


@pytest.mark.parametrize("name", THROTTLED)
def test_a_store_that_is_away_until_the_end_is_unavailable(bench: Bench, name: str) -> None:
    bench.client.steps = [refused(THROTTLED[name])] * 20

    with pytest.raises(Unavailable) as gave_up:
        bench.runner.run(bench.tenant_id, bench.earn(5))

    assert gave_up.value.retry_after_seconds == 1


def test_a_read_from_a_store_that_is_away_is_unavailable(bench: Bench) -> None:
    bench.client.read_steps = [refused(THROTTLED["no connection"])] * 20

    with pytest.raises(Unavailable):
        bench.runner.use(bench.tenant_id, lambda stores, _: stores.accounts.get("m_1"))


def test_reads_are_repeated_too(bench: Bench) -> None:
    bench.client.read_steps = [refused(UNKNOWN[0]), refused(THROTTLED["throttled"])]

    account = bench.runner.use(bench.tenant_id, lambda stores, _: stores.accounts.get("m_1"))

    assert account.version == 0
    bench.client.read_steps = [refused(UNKNOWN[0])] * 20
    with pytest.raises(Unavailable):
        bench.runner.use(bench.tenant_id, lambda stores, _: stores.accounts.get("m_1"))


def test_after_the_deadline_nothing_is_tried_any_more(bench: Bench) -> None:
    bench.time.per_look = DEADLINE_SECONDS / 3
    bench.client.steps = [refused(UNKNOWN[0])] * 20
    begun = bench.time.now

    with pytest.raises(Unavailable) as gave_up:
        bench.runner.run(bench.tenant_id, bench.earn(5))

    assert gave_up.value.retry_after_seconds == 1
    assert bench.client.writes == 2
    assert bench.time.now - begun < 2 * DEADLINE_SECONDS


def test_a_refusal_goes_out_at_once_and_nothing_is_written(bench: Bench) -> None:
    def plan(stores: object, now: object) -> Plan[Said]:
        raise NotFound

    with pytest.raises(NotFound):
        bench.runner.run_once(bench.tenant_id, plan, bench.key())

    assert (bench.client.calls, bench.time.slept) == (["get_item"], []), "only the kept answer is looked for"


def test_before_a_refusal_goes_out_the_kept_answer_is_looked_for(bench: Bench) -> None:
    bench.runner.run_once(bench.tenant_id, bench.earn(5), bench.key())

    def plan(stores: object, now: object) -> Plan[Said]:
        raise NotFound

    assert bench.runner.run_once(bench.tenant_id, plan, bench.key()) == Said(5)
    with pytest.raises(KeyReused):
        bench.runner.run_once(bench.tenant_id, plan, bench.key("another body"))


def test_a_refusal_keeps_no_answer(bench: Bench) -> None:
    def plan(stores: object, now: object) -> Plan[Said]:
        raise NotFound

    with pytest.raises(NotFound):
        bench.runner.run_once(bench.tenant_id, plan, bench.key())

    assert bench.runner.run_once(bench.tenant_id, bench.earn(5), bench.key()) == Said(5)


def test_an_error_of_our_own_making_is_no_refusal(bench: Bench) -> None:
    def plan(stores: object, now: object) -> Plan[Said]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bench.runner.run(bench.tenant_id, plan)
    bench.client.steps = [refused(answer_of("ValidationException"))]
    with pytest.raises(Exception, match="ValidationException") as bug:
        bench.runner.run(bench.tenant_id, bench.earn(5))
    assert not isinstance(bug.value, DomainError)
    assert bench.client.writes == 1


def test_a_plan_without_changes_writes_nothing(bench: Bench) -> None:
    assert bench.runner.run(bench.tenant_id, lambda stores, now: Plan("fine")) == "fine"
    assert bench.client.calls == []


def test_keys_of_another_caller_and_another_tenant_are_other_keys(bench: Bench) -> None:
    bench.runner.run_once(bench.tenant_id, bench.earn(5), bench.key())
    other = RequestKey("other", "k" * 16, "another body", bench.key().recall)

    assert bench.runner.recall(bench.tenant_id, other) is None
    assert bench.runner.recall(f"{bench.tenant_id}x", bench.key("another body")) is None
    assert bench.runner.run_once(bench.tenant_id, bench.earn(7), other) == Said(12)


def test_nothing_is_written_under_one_key_twice_in_a_plan(bench: Bench) -> None:
    def plan(stores: object, now: object) -> Plan[None]:
        return Plan(None, (Created(_proof("x")), Created(_proof("x"))))

    with pytest.raises(ValueError, match="once"):
        bench.runner.run(bench.tenant_id, plan)
    assert bench.client.writes == 0
    assert Write("put", ("a", "b"), {}).key == ("a", "b")
