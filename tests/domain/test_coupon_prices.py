"""What coupons take off: each kind against its rule, parts that add up, and the best combination (pure)."""

import os
from datetime import date, datetime
from itertools import combinations
from random import Random
from typing import Any

import pytest

from domain.clock import SHOP_TIME
from domain.coupon.combine import best, check_combinable, take_off
from domain.coupon.judge import Fitting, Held
from domain.coupon.kinds import KINDS
from domain.coupon.model import Coupon, CouponState, Source
from domain.coupon.refusals import NotCombinable, NothingLeftToTakeOff
from domain.coupon.slip import Slip
from domain.coupon.template import PER_BILL_MAX, Edition, Form
from domain.money import Money, apportion
from domain.order.model import Line
from domain.programme import form
from tests.coupons import CASH, EXCHANGE, RATE, THRESHOLD
from tests.coupons import form as said

NOW = datetime(2026, 11, 22, 12, tzinfo=SHOP_TIME)
THOROUGH = os.environ.get("TONGKA_THOROUGH") == "1"


def line(fen: int, sku: str = "latte", category: str = "coffee", quantity: int = 1) -> Line:
    return Line(sku, category, quantity, Money(fen))


def held(template_id: str, number: int = 0, **more: Any) -> Held:
    """One coupon of a template."""
    edition = Edition(template_id, 1, form.load(Form, said(**more)))
    coupon = Coupon(
        code=f"{template_id}-{number:02}",
        owner="m",
        template_id=template_id,
        template_version=1,
        source=Source.ISSUED,
        issued_at=NOW,
        issued_by="test",
        state=CouponState.OPEN,
        valid_from=date(2026, 1, 1),
        valid_through=date(2026, 12, 1 + number),
    )
    return Held(coupon, edition)


def fit(slip: Slip, coupon: Held) -> Fitting:
    places = slip.places(coupon.form.conditions.goods)
    return Fitting(coupon, places, slip.priced(places))


def alone(lines: list[Line], **more: Any) -> int:
    slip = Slip(lines)
    take_off(slip, [fit(slip, held("one", **more))])
    return slip.total.fen


@pytest.mark.capability("C-46")
@pytest.mark.parametrize("effect, to_pay", [(THRESHOLD, 5000), (RATE, 4800), (CASH, 5200)])
def test_a_bill_of_60_yuan(effect: dict[str, Any], to_pay: int) -> None:
    assert alone([line(6000)], effect=effect) == to_pay


@pytest.mark.parametrize(
    "effect, fen, to_pay",
    [
        ({"kind": "threshold_discount", "from_fen": 5000, "off_fen": 1000, "times_max": 3}, 4999, None),
        ({"kind": "threshold_discount", "from_fen": 5000, "off_fen": 1000, "times_max": 3}, 9999, 8999),
        ({"kind": "threshold_discount", "from_fen": 5000, "off_fen": 1000, "times_max": 3}, 10000, 8000),
        ({"kind": "threshold_discount", "from_fen": 5000, "off_fen": 1000, "times_max": 3}, 90000, 87000),
        ({"kind": "rate_discount", "pay_permille": 980}, 3333, 3266),
        ({"kind": "rate_discount", "pay_permille": 500}, 1, None),
        ({"kind": "rate_discount", "pay_permille": 500}, 3, 2),
        ({"kind": "rate_discount", "pay_permille": 500, "off_max_fen": 100}, 1000, 900),
        ({"kind": "cash", "off_fen": 800}, 800, 0),
        ({"kind": "cash", "off_fen": 800}, 799, 0),
    ],
)
def test_boundaries_of_each_kind(effect: dict[str, Any], fen: int, to_pay: int | None) -> None:
    if to_pay is None:
        with pytest.raises(NothingLeftToTakeOff):
            alone([line(fen)], effect=effect)
    else:
        assert alone([line(fen)], effect=effect) == to_pay


def test_the_dearest_pieces_are_paid_first_and_each_once() -> None:
    lines = [line(1000, "tea", quantity=3), line(700, "cake"), line(5000, "steak")]
    slip = Slip(lines)
    goods = {"goods": {"skus": ["tea", "cake"]}}
    some = [held(f"x{n}", effect=EXCHANGE, conditions=goods, stacking={"group": f"g{n}"}) for n in range(5)]

    taken = take_off(slip, [fit(slip, each) for each in some[:4]])

    assert [each.off.fen for each in taken] == [700, 333, 333, 334]
    assert slip.total == Money(5000)
    with pytest.raises(NothingLeftToTakeOff):
        take_off(Slip(lines[:2]), [fit(Slip(lines[:2]), each) for each in some])


def test_what_is_for_fewer_goods_goes_first() -> None:
    """So a coupon for everything does not take away what another one could have paid."""
    lines = [line(800, "cake", "cake"), line(5000)]
    slip = Slip(lines)
    cake = held("cake", effect=CASH, conditions={"goods": {"skus": ["cake"]}}, stacking={"group": "a"})
    every = held("every", effect={"kind": "cash", "off_fen": 2000}, stacking={"group": "b"})

    taken = take_off(slip, [fit(slip, every), fit(slip, cake)])

    assert [(each.fitting.held.coupon.template_id, each.off.fen) for each in taken] == [
        ("cake", 800),
        ("every", 2000),
    ]


@pytest.mark.parametrize("amount, weights", [(0, []), (5, [0, 0, 5]), (10, [3, 3, 3, 1]), (1, [1, 1])])
def test_parts_add_up(amount: int, weights: list[int]) -> None:
    parts = apportion(amount, weights)

    assert sum(parts) == amount
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


def test_parts_of_random_amounts_add_up_and_are_never_larger_than_their_weights() -> None:
    chance = Random(3)
    for _ in range(20_000 if THOROUGH else 2_000):
        weights = [chance.choice([0, 1, 2, chance.randrange(10**9)]) for _ in range(chance.randint(1, 12))]
        amount = chance.randint(0, sum(weights))
        parts = apportion(amount, weights)
        assert sum(parts) == amount
        assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


def random_effect(chance: Random) -> dict[str, Any]:
    kind = chance.choice(sorted(KINDS))
    fen = chance.choice([1, 50, 99, 500, 1000, 3000])
    match kind:
        case "threshold_discount":
            times = chance.choice([1, 1, 3])
            return {"kind": kind, "from_fen": fen * chance.randint(1, 5), "off_fen": fen, "times_max": times}
        case "rate_discount":
            cap = {"off_max_fen": fen} if chance.random() < 0.3 else {}
            return {"kind": kind, "pay_permille": chance.choice([1, 333, 500, 850, 999]), **cap}
        case "cash":
            return {"kind": kind, "off_fen": fen}
        case _:
            return {"kind": kind, **({"off_max_fen": fen} if chance.random() < 0.3 else {})}


def random_holdings(chance: Random, most: int) -> list[Held]:
    found: list[Held] = []
    while len(found) < most:
        effect = random_effect(chance)
        skus = chance.sample(["a", "b", "c", "d"], chance.randint(1, 3))
        needs_goods = effect["kind"] == "goods_exchange"
        goods = {"goods": {"skus": skus}} if needs_goods or chance.random() < 0.5 else {}
        group = chance.choice([None, "x", "y", "z"])
        stacking = {"group": group, "most": chance.randint(1, 3)} if group else None
        more = {"stacking": stacking} if stacking else {}
        copies = chance.choice([1, 1, 1, 2, 3])
        name = f"t{len(found):02}"
        found += [held(name, n, effect=effect, conditions=goods, **more) for n in range(copies)]
    return found[:most]


def random_lines(chance: Random, most: int) -> list[Line]:
    fen = [0, 1, 33, 100, 999, 5000]
    return [
        line(chance.choice(fen), chance.choice("abcde"), quantity=chance.randint(1, 3))
        for _ in range(chance.randint(1, most))
    ]


def by_force(slip: Slip, fitting: list[Fitting]) -> tuple[int, int]:
    """The least that can be left to pay, and with how few coupons: every combination is tried."""
    least = (slip.total.fen, 0)
    for size in range(1, min(PER_BILL_MAX, len(fitting)) + 1):
        for chosen in combinations(fitting, size):
            after = slip.copy()
            try:
                take_off(after, chosen)
            except (NotCombinable, NothingLeftToTakeOff):
                continue
            least = min(least, (after.total.fen, size))
    return least


def test_the_best_combination_is_what_trying_all_of_them_finds() -> None:
    chance = Random(11)
    for _ in range(10_000 if THOROUGH else 1_000):
        slip = Slip(random_lines(chance, 6), chance.choice([(), (980,), (900, 950)]))
        fitting = [fit(slip, each) for each in random_holdings(chance, chance.randint(0, 7))]

        found = best(slip, fitting)

        after = slip.copy()
        take_off(after, found)
        assert (after.total.fen, len(found)) == by_force(slip, fitting)


def test_twenty_coupons_and_a_hundred_lines_are_combined_exactly() -> None:
    chance = Random(5)
    for _ in range(10 if THOROUGH else 2):
        slip = Slip([line(chance.randint(1, 5000), chance.choice("abcde")) for _ in range(100)])
        fitting = [fit(slip, each) for each in random_holdings(chance, 20)]

        found = best(slip, fitting)

        after = slip.copy()
        take_off(after, found)
        check_combinable(found)
        for size in range(1, 3):
            for chosen in combinations(fitting, size):
                other = slip.copy()
                try:
                    take_off(other, chosen)
                except (NotCombinable, NothingLeftToTakeOff):
                    continue
                assert after.total <= other.total


def test_every_fen_of_random_bills_is_accounted_for() -> None:
    chance = Random(17)
    for _ in range(100_000 if THOROUGH else 3_000):
        lines = random_lines(chance, 8)
        slip = Slip(lines, chance.choice([(), (980,), (999, 1)]))
        fitting = [fit(slip, each) for each in random_holdings(chance, 3)]
        taken = take_off(slip, best(slip, fitting))
        gross = sum(each.amount.fen for each in lines)
        off = sum(each.off.fen for each in taken)
        assert slip.gross.fen == gross
        assert slip.total.fen == slip.price.fen - off
        assert 0 <= slip.total.fen <= slip.price.fen <= gross


def test_a_coupon_alike_that_ends_first_is_taken_first() -> None:
    slip = Slip([line(5000)])
    later, sooner = held("t", 7, effect=CASH), held("t", 2, effect=CASH)

    assert [each.held.coupon.code for each in best(slip, [fit(slip, later), fit(slip, sooner)])] == ["t-02"]
