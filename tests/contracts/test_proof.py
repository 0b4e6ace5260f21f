"""The promises between stored things: what does not fit is found from whichever side one looks."""

from typing import Any

import pytest
from msgspec.structs import replace

from domain.entitlement.model import Entitlement, EntitlementRef
from domain.member.identity import Identity, IdentityKind
from domain.member.model import Member, MemberState, Sentinel
from domain.money import NO_POINTS, Money, Points
from domain.order.model import OrderId
from domain.points.book import Book
from domain.points.chain import sealed
from domain.points.model import Account, Cause, Entry, EntryKind, EntryRef, LotKey, Posting
from domain.programme.ladder import Benefit, BenefitKind
from domain.proof.check import check
from domain.proof.ports import Thing
from domain.reward.model import Exchange, RewardKind
from domain.unit_of_work import Changed, Created, Removed
from tests.contracts.things import AT, ORDER, REFUND, Place

WECHAT = Identity(IdentityKind.WECHAT_OPENID, "app:o")
FAN = Member("m_1", MemberState.FAN, AT, "wx", identities=(WECHAT,))
ORDER_ID = ORDER.bill.order_id


def findings(place: Place, thing: Thing) -> list[str]:
    return [finding.what for finding in place.read(lambda stores: check(stores, thing))]


def entitlement(number: int) -> Entitlement:
    """One of those that the order granted, with its first entry."""
    told, ref = ORDER.award.granted[number - 1], EntitlementRef("m_1", 1, number)
    benefit = Benefit(benefit_id=told.benefit_id, name=told.name, kind=BenefitKind.SERVICE)
    return Entitlement(ref, benefit, "upgrade", ORDER_ID, Money(1), AT, told.valid_through)


def books(place: Place) -> tuple[Account, list[Entry]]:
    """An account with an order and a refund, all of it stored."""
    book = Book(Account("m_1"), AT, "key:till")
    earned = book.earn(Points(14), LotKey(None), Cause("order", ORDER_ID))
    cause = Cause("order_refund", ORDER_ID, REFUND.number)
    taken = book.take(Points(3), cause, EntryKind.CLAW_BACK, first=None, may_owe=True)
    granted = tuple(
        replace(each, entitlement_id=entitlement(number).entitlement_id)
        for number, each in enumerate(ORDER.award.granted, 1)
    )
    award = replace(ORDER.award, points=earned.points, entry_sequence=earned.sequence, granted=granted)
    place.write(
        Created(book.account),
        *(Created(entry) for entry in book.entries),
        Created(replace(ORDER, award=award, tender=None)),
        *(Created(entitlement(number)) for number in (1, 2)),
        Created(replace(REFUND, points=taken.points, entry_sequence=taken.sequence)),
        Created(FAN),
        Created(Sentinel(WECHAT, "m_1")),
    )
    return book.account, book.entries


def everything(place: Place) -> list[Thing]:
    stored: list[Thing] = [
        place.read(lambda stores: stores.accounts.exact("m_1")),
        place.read(lambda stores: stores.orders.find(ORDER_ID)),
        place.read(lambda stores: stores.orders.find_refund(ORDER_ID, REFUND.number)),
        place.read(lambda stores: stores.members.exact("m_1")),
        Sentinel(WECHAT, "m_1"),
        entitlement(1),
        entitlement(2),
    ]
    return [*stored, *place.read(lambda stores: list(stores.entries.all("m_1")))]


def test_what_fits_is_not_complained_about(place: Place) -> None:
    books(place)

    for thing in everything(place):
        assert findings(place, thing) == []


def test_an_account_that_is_gone_is_found(place: Place) -> None:
    assert findings(place, Account("m_1")) == ["the account is gone"]


def test_an_account_that_moved_on_beside_its_entries_is_found(place: Place) -> None:
    account, _ = books(place)
    place.write(Changed(account, replace(account, version=3)))

    assert findings(place, account) == ["version 3, entries 2"]


def test_an_entry_ahead_of_its_account_is_found(place: Place) -> None:
    account, _ = books(place)
    ahead = Book(account, AT, "key:till")
    entry = ahead.earn(Points(1), LotKey(None), Cause("gift"))
    place.write(Created(entry))

    assert findings(place, account) + findings(place, entry) != []


@pytest.mark.parametrize("change", [{"points": Points(99)}, {"entry_sequence": 2}, {"entry_sequence": 9}])
def test_an_order_whose_entry_does_not_fit_is_found(place: Place, change: dict[str, Any]) -> None:
    books(place)
    order = place.read(lambda stores: stores.orders.find(ORDER_ID))

    wrong = replace(order, award=replace(order.award, **change))

    assert f"order {ORDER_ID.number} has no entry that fits" in findings(place, wrong)


@pytest.mark.parametrize("change", [{"points": Points(-9)}, {"entry_sequence": 1}, {"number": "R-2"}])
def test_a_refund_whose_entry_does_not_fit_is_found(place: Place, change: dict[str, Any]) -> None:
    books(place)
    refund = place.read(lambda stores: stores.orders.find_refund(ORDER_ID, REFUND.number))

    wrong = replace(refund, **change)

    assert findings(place, wrong) == [f"refund {wrong.number} has no entry that fits"]


def test_an_award_that_no_order_names_is_found(place: Place) -> None:
    _, (earned, taken) = books(place)
    twin = sealed(replace(earned, sequence=3))
    orphan = sealed(replace(earned, cause=replace(earned.cause, order_id=replace(ORDER_ID, number="N-9"))))

    assert findings(place, twin) == ["entry 3 is not the one that its order names"]
    assert findings(place, orphan) == ["entry 1 is not the one that its order names"]
    assert findings(place, taken) == []


def test_a_member_without_account_is_found(place: Place) -> None:
    place.write(Created(FAN))

    assert findings(place, FAN) == ["a member without record or points account"]


def test_a_mark_that_finds_somebody_else_is_found_from_both_sides(place: Place) -> None:
    books(place)
    place.write(Changed(Sentinel(WECHAT, "m_1"), Sentinel(WECHAT, "m_2")))

    assert findings(place, FAN) == ["an identity of kind wx finds somebody else"]
    assert findings(place, Sentinel(WECHAT, "m_1")) == ["a sentinel of kind wx that its member does not hold"]


def test_a_mark_of_somebody_who_was_merged_away_is_found(place: Place) -> None:
    books(place)
    stored = place.read(lambda stores: stores.members.exact("m_1"))
    place.write(Changed(stored, stored.next(redirect_to="m_2")))

    assert findings(place, FAN) == ["member and account redirect to different places"]
    assert findings(place, Sentinel(WECHAT, "m_1")) == ["a sentinel of kind wx that its member does not hold"]


def test_a_mark_that_was_let_go_meanwhile_is_nothing_to_complain_about(place: Place) -> None:
    assert findings(place, Sentinel(WECHAT, "m_1")) == []


def exchanged(place: Place) -> tuple[Exchange, list[Entry]]:
    """An exchange that was taken back, with both its entries."""
    book = Book(Account("m_1"), AT, "key:till")
    book.earn(Points(500), LotKey(None), Cause("joined"))
    paid = book.take(
        Points(500), Cause("exchange", reward_id="towel"), EntryKind.REDEEM, first=None, may_owe=False
    )
    cause = Cause("exchange_refund", reward_id="towel", exchange_id=f"m_1:{paid.sequence}")
    back = book.post([Posting(LotKey(None), Points(500))], NO_POINTS, cause, EntryKind.REFUND_REDEEM)
    kind = RewardKind.GOODS
    made = Exchange("m_1", paid.sequence, "towel", "毛巾", kind, Points(500), AT)
    exchange = made.refunded(AT, "key:office", EntryRef("m_1", back.sequence))
    place.write(Created(book.account), *(Created(entry) for entry in book.entries), Created(exchange))
    return exchange, [paid, back]


def test_an_exchange_and_its_entries_name_each_other(place: Place) -> None:
    exchange, entries = exchanged(place)
    things: list[Thing] = [exchange, *entries]

    assert [findings(place, thing) for thing in things] == [[], [], []]


@pytest.mark.parametrize(
    "changes", [{"points": Points(499)}, {"reward_id": "mug"}, {"refund_entry": EntryRef("m_1", 1)}]
)
def test_an_exchange_that_does_not_fit_is_found(place: Place, changes: dict[str, Any]) -> None:
    exchange, entries = exchanged(place)
    other: Exchange = replace(exchange, **changes)
    place.write(Changed(exchange, replace(other, version=exchange.version + 1)))

    assert findings(place, other) != []
    assert ("refund_entry" in changes) == (findings(place, entries[1]) != [])


def test_an_entry_without_its_exchange_is_found(place: Place) -> None:
    exchange, entries = exchanged(place)
    place.write(Removed(exchange))

    assert [len(findings(place, entry)) for entry in entries] == [1, 1]


def test_an_order_without_what_it_granted_is_found(place: Place) -> None:
    books(place)
    order = place.read(lambda stores: stores.orders.find(ORDER_ID))
    place.write(Removed(entitlement(1)))

    assert findings(place, order) == [f"order {ORDER_ID.number} has not what it granted"]


@pytest.mark.parametrize(
    "change",
    [
        {"ref": EntitlementRef("m_1", 1, 3)},
        {"order_id": OrderId("store", "N-9")},
        {"valid_through": AT.date()},
        {"benefit": Benefit(benefit_id="cake", name="免费升级", kind=BenefitKind.SERVICE)},
    ],
)
def test_an_entitlement_that_no_order_granted_is_found(place: Place, change: dict[str, Any]) -> None:
    books(place)

    wrong = replace(entitlement(1), version=2, **change)
    place.write(Created(wrong) if "ref" in change else Changed(entitlement(1), wrong))

    assert findings(place, wrong) == [f"entitlement {wrong.entitlement_id} is not what its order granted"]


def test_what_is_open_although_the_order_is_not_worth_it_is_found(place: Place) -> None:
    books(place)
    dear = replace(entitlement(1), at_least=Money(10**6), version=2)
    place.write(Changed(entitlement(1), dear))

    assert findings(place, dear) == [
        f"entitlement {dear.entitlement_id} is open, but its order is no longer worth it"
    ]
