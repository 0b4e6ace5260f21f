"""What paid a checkout beside money fits from whichever side one looks."""

import pytest
from msgspec.structs import replace

from domain.checkout.model import Hold
from domain.coupon.model import Coupon, CouponState, Use
from domain.money import Money, Points
from domain.order.model import CouponLeg, Order, PointsLeg, Tender
from domain.points.book import Book
from domain.points.model import Account, Cause, Entry, EntryKind, LotKey
from domain.proof.check import check
from domain.proof.ports import Thing
from domain.unit_of_work import Created
from tests.contracts.coupon_things import HOLD, LOCKED
from tests.contracts.things import AT, ORDER, REFUND, Place

ORDER_ID = ORDER.bill.order_id
CODE = LOCKED.code
USE = Use(ORDER_ID, "store", AT, "key:till", Money(1000), Money(4000), is_checkout=True)
COUPON = replace(LOCKED, state=CouponState.REDEEMED, held=None, uses=(USE,))
PAID_BY = Tender((CouponLeg(CODE, Money(1000)),), PointsLeg(Points(5), Money(500), "m_1", 2))


def findings(place: Place, thing: Thing) -> list[str]:
    return [finding.what for finding in place.read(lambda stores: check(stores, thing))]


def ledger() -> tuple[Entry, ...]:
    """What an order earned, what paid for another one, and what came back of that."""
    book = Book(Account("m_1"), AT, "key:till")
    book.earn(Points(14), LotKey(None), Cause("adjustment"))
    book.take(Points(5), Cause("checkout", ORDER_ID), EntryKind.REDEEM, first=None, may_owe=False)
    book.earn(Points(3), LotKey(None), Cause("order", ORDER_ID))
    back = Cause("checkout_refund", ORDER_ID, REFUND.number)
    book.earn(Points(2), LotKey(None), back)
    return book.entries[0], *(
        replace(entry, kind=kind)
        for entry, kind in zip(
            book.entries[1:], (EntryKind.REDEEM, EntryKind.EARN, EntryKind.REFUND_REDEEM), strict=True
        )
    )


def stored(place: Place) -> tuple[Order, Coupon, tuple[Entry, ...]]:
    entries = ledger()
    award = replace(ORDER.award, points=Points(3), entry_sequence=3, granted=())
    order = replace(ORDER, award=award, tender=PAID_BY)
    place.write(
        *(Created(entry) for entry in entries),
        Created(order),
        Created(COUPON),
        Created(replace(REFUND, given_back=Points(2))),
    )
    return order, COUPON, entries


def test_a_checkout_that_fits_is_not_complained_about(place: Place) -> None:
    order, coupon, entries = stored(place)
    hold = replace(HOLD, points=Points(5), entry_sequence=2)

    things: tuple[Thing, ...] = (order, coupon, hold, *entries[1:])
    for thing in things:
        assert findings(place, thing) == []


@pytest.mark.parametrize(
    "tender",
    [
        replace(PAID_BY, coupons=(CouponLeg("99999999999999", Money(1000)),)),
        replace(PAID_BY, coupons=(CouponLeg(CODE, Money(999)),)),
    ],
)
def test_a_coupon_that_knows_nothing_of_the_order_is_found(place: Place, tender: Tender) -> None:
    order, _, _ = stored(place)

    seen = findings(place, replace(order, tender=tender))

    assert seen == [f"order {ORDER_ID.number} was not paid by the coupon that it names"]


@pytest.mark.parametrize("sequence", [1, 3, 9])
def test_points_that_did_not_pay_are_found(place: Place, sequence: int) -> None:
    order, _, _ = stored(place)
    leg = PointsLeg(Points(5), Money(500), "m_1", sequence)

    seen = findings(place, replace(order, tender=replace(PAID_BY, points=leg)))

    assert seen == [f"order {ORDER_ID.number} was not paid by the points that it names"]


def test_a_use_that_its_order_does_not_know_is_found(place: Place) -> None:
    _, coupon, _ = stored(place)

    seen = findings(place, replace(coupon, uses=(replace(USE, off=Money(1)),)))

    assert seen == [f"a coupon was used for order {ORDER_ID.number}, which does not know"]


def test_a_hold_without_its_entry_is_found(place: Place) -> None:
    stored(place)
    hold: Hold = replace(HOLD, points=Points(6), entry_sequence=2)

    assert findings(place, hold) == [f"the hold for order {ORDER_ID.number} has no entry that fits"]


@pytest.mark.parametrize("place_of_entry", [1, 3])
def test_an_entry_of_a_checkout_that_never_was_is_found(place: Place, place_of_entry: int) -> None:
    entry = ledger()[place_of_entry]

    what = f"entry {entry.sequence} is not the one that its {entry.cause.reason} names"
    assert findings(place, entry) == [what]
