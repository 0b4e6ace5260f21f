"""The proof of the books finds whatever was changed after it was written."""

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.money import NO_POINTS, Money, Points, Rounding
from domain.order.model import OrderId
from domain.points.chain import sealed
from domain.points.model import Account, Cause, Entry, EntryKind, Gain, Given, LotKey, Posting, Tally
from domain.points.prove import prove
from domain.programme.event import Person
from tests.domain.builders import LOTS, NOON, Step, live_through, steady

HISTORY = [
    Step("earn", 50, LOTS[1], 0),
    Step("earn", 30, LOTS[3], 0),
    Step("take", 20, LOTS[0], 0),
    Step("earn", 9, LOTS[4], 2),
    Step("owe", 80, LOTS[0], 0),
    Step("earn", 70, LOTS[4], 0),
]
ACCOUNT, ENTRIES, _ = live_through(HISTORY, Account("m_1"))

FORGED: dict[str, Callable[[Entry], Any]] = {
    "member_id": lambda entry: "m_2",
    "sequence": lambda entry: entry.sequence + 1,
    "kind": lambda entry: EntryKind.ADJUST,
    "points": lambda entry: entry.points + Points(1),
    "balance": lambda entry: entry.balance + Points(1),
    "postings": lambda entry: (*entry.postings, Posting(LotKey(None, "forged"), Points(1))),
    "debt": lambda entry: entry.debt + Points(1),
    "cause": lambda entry: Cause("gift"),
    "caller": lambda entry: "key:forger",
    "at": lambda entry: entry.at + timedelta(seconds=1),
    "previous": lambda entry: bytes(31) + b"\1",
    "hash": lambda entry: bytes(32),
    "tally": lambda entry: Tally(entry.tally.orders + 1, entry.tally.spend),
    "month": lambda entry: 202401,
    "given": lambda entry: Given((Gain("base", 1, Fraction(1, 3)),), Rounding.UP, Person()),
}
CAUSES: dict[str, Any] = {
    "reason": "gift",
    "order_id": OrderId("store", "N-1"),
    "refund_number": "R-1",
    "merge_id": "g_1",
    "other_member_id": "m_2",
    "programme_version": 2,
    "store_id": "store",
    "occurred_at": NOON,
    "note": "forged",
    "reward_id": "towel",
    "reward_name": "毛巾",
    "exchange_id": "m_2:7",
    "template_id": "ten",
    "coupons": 3,
}


def forged(place: int, entry: Entry) -> list[Entry]:
    return [*ENTRIES[:place], entry, *ENTRIES[place + 1 :]]


def test_an_honest_history_with_every_kind_of_movement_is_proved() -> None:
    assert {entry.kind for entry in ENTRIES} == {
        EntryKind.EARN,
        EntryKind.REDEEM,
        EntryKind.EXPIRE,
        EntryKind.CLAW_BACK,
    }
    assert any(entry.debt for entry in ENTRIES)
    assert prove(ACCOUNT, ENTRIES) == []
    assert prove(Account("m_2"), []) == []


def test_no_part_of_an_entry_was_forgotten_here() -> None:
    assert set(FORGED) == set(Entry.__struct_fields__)
    assert set(CAUSES) == set(Cause.__struct_fields__)


@pytest.mark.parametrize("place", range(len(ENTRIES)))
@pytest.mark.parametrize("name", FORGED)
def test_a_changed_field_of_any_entry_is_found(name: str, place: int) -> None:
    entry = replace(ENTRIES[place], **{name: FORGED[name](ENTRIES[place])})

    assert prove(ACCOUNT, forged(place, entry)) != []


@pytest.mark.parametrize("name", CAUSES)
def test_a_changed_part_of_a_cause_is_found(name: str) -> None:
    entry = replace(ENTRIES[1], cause=replace(ENTRIES[1].cause, **{name: CAUSES[name]}))

    assert prove(ACCOUNT, forged(1, entry)) != []


@pytest.mark.parametrize("place", range(len(ENTRIES)))
@pytest.mark.parametrize("name", [name for name in FORGED if name not in {"hash", "previous"}])
def test_a_changed_entry_with_a_new_hash_is_found_by_the_chain_or_the_head(name: str, place: int) -> None:
    entry = sealed(replace(ENTRIES[place], **{name: FORGED[name](ENTRIES[place])}))

    assert prove(ACCOUNT, forged(place, entry)) != []


@pytest.mark.parametrize("place", range(len(ENTRIES)))
def test_a_missing_entry_is_found(place: int) -> None:
    assert prove(ACCOUNT, ENTRIES[:place] + ENTRIES[place + 1 :]) != []


@pytest.mark.parametrize("place", range(len(ENTRIES)))
def test_an_entry_that_stands_twice_is_found(place: int) -> None:
    assert prove(ACCOUNT, [*ENTRIES[: place + 1], *ENTRIES[place:]]) != []


def test_entries_in_another_order_are_found() -> None:
    assert prove(ACCOUNT, [ENTRIES[1], ENTRIES[0], *ENTRIES[2:]]) != []


@pytest.mark.parametrize(
    "change",
    [
        {"version": ACCOUNT.version + 1},
        {"version": ACCOUNT.version - 1},
        {"lots": {**ACCOUNT.lots, LotKey(None, "forged"): Points(1)}},
        {"lots": {}},
        {"debt": ACCOUNT.debt + Points(1)},
        {"head": bytes(32)},
        {"totals": {**ACCOUNT.totals, EntryKind.ADJUST: Points(1)}},
        {"totals": {}},
        {"redirect_to": "m_2"},
        {"is_frozen": True},
    ],
    ids="-".join,
)
def test_a_changed_field_of_the_account_is_found(change: dict[str, Any]) -> None:
    assert prove(replace(ACCOUNT, **change), ENTRIES) != []


@pytest.mark.parametrize("change", [{"order_count": 99}, {"spend": Money(1)}], ids=["orders", "spend"])
def test_a_changed_sum_of_orders_is_found(change: dict[str, Any]) -> None:
    assert prove(replace(ACCOUNT, **change), ENTRIES) != []


def test_a_total_that_wanders_to_another_kind_is_found() -> None:
    totals = dict(ACCOUNT.totals)
    totals[EntryKind.ADJUST] = totals.pop(EntryKind.EARN)

    assert [finding.what for finding in prove(replace(ACCOUNT, totals=totals), ENTRIES)] == [
        "the totals by kind are not those of the entries"
    ]


def test_points_that_wander_to_a_later_lot_are_found() -> None:
    (key, points), *_ = ACCOUNT.lots.items()
    lots = {LotKey(None, "later"): points, **{other: n for other, n in ACCOUNT.lots.items() if other != key}}

    assert [finding.what for finding in prove(replace(ACCOUNT, lots=lots), ENTRIES)] == [
        "the lots are not those of the entries"
    ]


@given(
    st.lists(
        st.builds(Step, st.just("earn"), st.integers(1, 9), st.sampled_from(LOTS), st.just(0)), max_size=6
    )
)
@steady
def test_findings_name_the_member(history: list[Step]) -> None:
    account, entries, _ = live_through(history, Account("m_7"))

    wrong = replace(account, debt=account.debt + Points(1))

    assert {finding.member_id for finding in prove(wrong, entries)} == {"m_7"}
    assert wrong.debt != NO_POINTS
