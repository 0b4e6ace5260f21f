"""A dry run answers what the real call answers, and leaves no trace."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.programmes import BENEFIT, base, rule, wish
from tests.shop import OTHER_STORE, STORE, Answer, Opening, Shop

OpenWith = Callable[[Opening], Shop]

RULES = wish(
    base(3, 700),
    rule("latte", "item_bonus", {"points_each": 11, "goods": {"skus": ["latte"]}}, limits={"per_day": 40}),
    rule("third", "nth_order", {"nth": 3, "points_each": 20}),
    rule("double", "multiplier", {"permille": 2000}, when={"store_ids": [OTHER_STORE]}),
    rule(
        "more",
        "multiplier",
        {"permille": 1250, "stack": "multiply", "covers": "all"},
        when={"at_least_fen": 5000},
    ),
    rule("chest", "step_bonus", {"steps": [{"from_fen": 2000, "points": 9}]}, limits={"budget": 60}),
    rule("upgrade", "benefit", {"benefit": BENEFIT, "valid_days": 9}, when={"at_least_fen": 4999}),
)


def stored(shop: Shop) -> dict[str, Any]:
    """All that the tenant has, but nonces."""
    own = f"T#{shop.tenant_id}#"
    found = (item for item in shop.services.table.scan() if item["pk"]["S"].startswith(own))
    return {f"{item['pk']['S']} {item['sk']['S']}": item for item in found if item["kind"]["S"] != "nonce"}


def both(shop: Shop, path: str, body: dict[str, Any], *, looks: bool = True) -> tuple[Answer, Answer]:
    """First dry, then in earnest, at the same moment; `looks` at all that is stored, which takes long."""
    before = stored(shop) if looks else {}
    dry = shop.till.post(f"{path}?dry_run=true", body)
    assert not looks or stored(shop) == before
    return dry, shop.till.post(path, body)


def test_a_dry_run_equals_the_real_call_whatever_is_asked(open_with: OpenWith) -> None:
    shop = open_with(Opening(programme=RULES))
    chance = random.Random("dry runs")
    members = [shop.fan().member_id for _ in range(2)] + ["m_nobody"]
    orders: list[tuple[str, int, str]] = []
    seen: set[str] = set()
    for _ in range(60):
        if orders and chance.random() < 0.35:
            number, fen, store = chance.choice(orders)
            body = shop.refund_body(chance.choice((1, fen // 2 or 1, fen)), store_id=store)
            path = f"/v1/till/orders/{number}/refunds"
            dry, real = both(shop, path, body, looks=chance.random() < 0.2)
        else:
            fen, store = chance.choice((100, 990, 4999, 5000, 33_333)), chance.choice((STORE, OTHER_STORE))
            bill = shop.bill(fen, {"member_id": chance.choice(members)}, store_id=store)
            if orders and chance.random() < 0.2:
                bill["order_number"] = chance.choice(orders)[0]
            dry, real = both(shop, "/v1/till/orders", bill, looks=chance.random() < 0.2)
            if real.status_code == 201:
                orders.append((bill["order_number"], fen, store))
        seen.add(real.json.get("code", "granted"))
        different = {"recorded_at", "trace_id", "instance"}
        assert dry.status_code == real.status_code
        assert {name: value for name, value in dry.json.items() if name not in different} == {
            name: value for name, value in real.json.items() if name not in different
        }
        assert dry.headers.get("Tongka-Dry-Run") == ("true" if dry.status_code == 201 else None)
        assert "Tongka-Dry-Run" not in real.headers
    assert {"granted", "member-not-found", "refund-too-large", "order-number-reused"} <= seen
    assert shop.findings() == []


def test_a_dry_run_of_what_was_done_already_is_answered_as_it_was_then(shop: Shop) -> None:
    bill = shop.bill(8800, {"member_id": shop.fan().member_id})
    real = shop.till.post("/v1/till/orders", bill)
    shop.wait(minutes=3)

    dry = shop.till.post("/v1/till/orders?dry_run=true", bill)

    assert (dry.status_code, dry.text) == (201, real.text)


def test_a_dry_run_is_refused_at_a_cap_as_the_real_call_is(open_with: OpenWith) -> None:
    opening = Opening()
    till = type(opening.till)(
        opening.till.key_id, "till", opening.till.scopes, opening.till.store_ids, daily_cap_fen=10_000
    )
    shop = open_with(Opening(till=till))
    member_id = shop.fan().member_id
    shop.buy(8000, member_id)

    dry, real = both(shop, "/v1/till/orders", shop.bill(2001, {"member_id": member_id}))

    assert (dry.status_code, dry.json["code"]) == (real.status_code, real.json["code"])
    assert dry.json["code"] == "daily-cap-reached"


@pytest.mark.parametrize("value", ["false", "true"])
def test_only_true_is_a_dry_run(shop: Shop, value: str) -> None:
    member_id = shop.fan().member_id

    shop.till.post(f"/v1/till/orders?dry_run={value}", shop.bill(8800, {"member_id": member_id}))

    assert shop.account(member_id).balance.count == (88 if value == "false" else 0)
