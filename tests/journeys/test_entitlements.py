"""Benefits that come with a large order and are used once (C-45)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from domain.programme import publish
from domain.programme.model import BENEFITS_MAX, BUDGETS_MAX, TooManyBudgets
from domain.programme.publish import ProgrammeWish
from domain.programme.rule import Rule
from tests.journeys.test_rewards import key, keyed
from tests.programmes import base, rule, wish
from tests.shop import OTHER_STORE, STORE, Answer, Opening, Phone, Shop

STEPS = {"steps": [{"from_fen": 2000, "points": 9}]}
UPGRADE = {"benefit_id": "upgrade", "name": "免费升级", "kind": "service", "text": "下次到店升级一次"}


def upgrade(rule_id: str = "upgrade", from_fen: int = 50_000, **more: Any) -> Rule:
    when = {"at_least_fen": from_fen, **more.pop("when", {})}
    return rule(rule_id, "benefit", {"benefit": UPGRADE, "valid_days": 30}, when=when, **more)


def programme(*rules: Rule) -> ProgrammeWish:
    return wish(base(), *(rules or (upgrade(),)))


@pytest.fixture
def shop(open_with: Any) -> Shop:
    """Grants an upgrade from 500 yuan on."""
    opened: Shop = open_with(Opening(programme=programme()))
    return opened


def held(phone: Phone, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = phone.get(f"/v1/me/entitlements{query}").json["items"]
    return found


def use(shop: Shop, entitlement_id: str, store_id: str = STORE, number: str = "", dry: str = "") -> Answer:
    path = f"/v1/till/entitlements/{entitlement_id}/use{dry}"
    return keyed(shop.till, path, {"store_id": store_id}, number)


def reopen(shop: Shop, entitlement_id: str, number: str = "") -> Answer:
    return keyed(shop.office, f"/v1/staff/entitlements/{entitlement_id}/reopening", None, number)


@pytest.mark.capability("C-45")
def test_spending_the_set_amount_grants_one_upgrade_which_is_used_once(shop: Shop) -> None:
    phone = shop.fan()

    little, much = shop.buy(49_999, phone.member_id), shop.buy(50_000, phone.member_id)

    assert little["entitlements"] == []
    assert [each["name"] for each in much["entitlements"]] == ["免费升级"]
    one = held(phone)[0]
    assert (one["benefit_id"], one["kind"], one["state"]) == ("upgrade", "service", "open")
    assert one["entitlement_id"] == much["entitlements"][0]["entitlement_id"]
    first, second = use(shop, one["entitlement_id"]), use(shop, one["entitlement_id"])
    assert (first.status_code, first.json["state"]) == (201, "used")
    assert (second.status_code, second.json["code"]) == (409, "entitlement-not-open")
    assert [each["state"] for each in held(phone)] == ["used"]
    assert shop.findings() == []


@pytest.mark.capability("C-45")
def test_of_fifty_tills_at_once_one_succeeds(shop: Shop) -> None:
    granted = shop.buy(50_000, shop.fan().member_id)["entitlements"][0]["entitlement_id"]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: use(shop, granted), range(50)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 49
    assert {answer.json["code"] for answer in answers if answer.status_code == 409} <= {
        "entitlement-not-open",
        "conflict",
    }


@pytest.mark.capability("C-45")
def test_it_can_be_used_through_its_last_day(shop: Shop) -> None:
    shop.set_clock("2026-03-01T23:59")
    member_id = shop.fan().member_id
    first, second = (shop.buy(50_000, member_id)["entitlements"][0] for _ in range(2))
    assert first["valid_through"] == "2026-03-30"

    shop.set_clock("2026-03-30T23:59")
    assert use(shop, first["entitlement_id"]).status_code == 201
    shop.set_clock("2026-03-31T00:00")
    late = use(shop, second["entitlement_id"])

    assert (late.status_code, late.json["code"]) == (422, "entitlement-over")
    states = {
        each["entitlement_id"]: each["state"]
        for each in shop.office.get(f"/v1/staff/members/{member_id}/entitlements").json["items"]
    }
    assert states == {first["entitlement_id"]: "used", second["entitlement_id"]: "over"}


def test_the_same_request_is_answered_the_same(shop: Shop) -> None:
    granted = shop.buy(50_000, shop.fan().member_id)["entitlements"][0]["entitlement_id"]
    number = key()

    dry, first, again = (
        use(shop, granted, number=number, dry="?dry_run=true"),
        use(shop, granted, number=number),
        use(shop, granted, number=number),
    )

    assert dry.json == first.json == again.json


def test_a_refund_takes_what_was_not_used(shop: Shop) -> None:
    phone = shop.fan()
    order = shop.buy(60_000, phone.member_id)
    number, granted = order["order_number"], order["entitlements"][0]["entitlement_id"]

    part = shop.refund(number, 10_000)
    assert (part.json["revoked"], held(phone)[0]["state"]) == ([], "open")
    rest = shop.refund(number, 1)

    assert (rest.json["revoked"], held(phone)[0]["state"]) == ([granted], "revoked")
    assert use(shop, granted).json["code"] == "entitlement-not-open"
    assert shop.findings() == []


def test_what_was_used_stays_used_when_the_order_is_refunded(shop: Shop) -> None:
    phone = shop.fan()
    order = shop.buy(60_000, phone.member_id)
    granted = order["entitlements"][0]["entitlement_id"]
    use(shop, granted)

    back = shop.refund(order["order_number"], 60_000)

    assert (back.json["revoked"], back.json["used"], held(phone)[0]["state"]) == ([], [granted], "used")
    assert reopen(shop, granted).json["state"] == "revoked"


def test_a_use_by_mistake_is_taken_back(shop: Shop) -> None:
    granted = shop.buy(60_000, shop.fan().member_id)["entitlements"][0]["entitlement_id"]
    assert reopen(shop, granted).json["code"] == "entitlement-not-used"
    use(shop, granted)

    assert reopen(shop, granted).json["state"] == "open"
    staff = shop.office.get(f"/v1/staff/members/{granted.partition(':')[0]}/entitlements").json["items"]
    assert staff[0]["reopened_at"] is not None
    assert use(shop, granted).status_code == 201


def test_only_the_tills_own_stores_take_it(shop: Shop) -> None:
    granted = shop.buy(60_000, shop.fan().member_id)["entitlements"][0]["entitlement_id"]

    refused = use(shop, granted, "elsewhere")

    assert (refused.status_code, refused.json["code"]) == (403, "store-not-allowed")
    assert use(shop, granted, OTHER_STORE).status_code == 201


def test_conditions_and_limits_of_the_rule_hold(open_with: Any) -> None:
    rules = (upgrade(limits={"per_member": 1}), upgrade("members", when={"is_members_only": True}))
    shop = open_with(Opening(programme=programme(*rules)))
    fan, member = shop.fan(), shop.member()

    counts = [len(shop.buy(50_000, who.member_id)["entitlements"]) for who in (fan, fan, member, member)]

    assert counts == [1, 0, 2, 1]


def test_a_budget_is_how_many_there_are(open_with: Any) -> None:
    shop = open_with(Opening(programme=programme(upgrade(limits={"budget": 3}))))

    granted = [len(shop.buy(50_000, shop.fan().member_id)["entitlements"]) for _ in range(5)]

    assert granted == [1, 1, 1, 0, 0]


def test_the_explanation_says_what_came_beside_the_points(shop: Shop) -> None:
    phone = shop.fan()
    shop.buy(49_999, phone.member_id)
    shop.buy(50_000, phone.member_id)
    much, little = phone.get("/v1/me/points/entries").json["items"]

    told = phone.get(f"/v1/me/points/entries/{much['entry_id']}/explanation").json
    why = phone.get(f"/v1/me/points/entries/{little['entry_id']}/explanation").json

    assert [each["rule_id"] for each in told["benefits"]] == ["upgrade"]
    assert "免费升级" in told["benefits"][0]["sentence"]["zh"]
    assert (told["points"], [each["rule_id"] for each in told["others"]]) == (500, [])
    assert (why["benefits"], [each["reason"] for each in why["others"]]) == ([], ["too_little"])


def test_what_came_with_a_merge_is_listed_and_used(shop: Shop) -> None:
    wechat = shop.member("wechat")
    alipay = Phone(shop, wechat.person_id, wechat.number)
    alipay.log_in("alipay")
    owners = {wechat.member_id, alipay.member_id}
    for owner in (*owners, *owners):
        shop.buy(50_000, owner)
    alipay.prove("alipay")

    ids = [each["entitlement_id"] for each in held(alipay)]

    assert {each.partition(":")[0] for each in ids} == owners
    assert _pages(alipay, 1) == _pages(alipay, 3) == ids
    assert [use(shop, each).status_code for each in ids[:3]] == [201] * 3
    assert [each["entitlement_id"] for each in held(alipay, "?state=open")] == ids[3:]
    assert len(held(alipay, "?state=used")) == 3
    assert shop.findings() == []


def test_an_order_may_answer_as_many_rules_as_a_programme_holds(open_with: Any) -> None:
    rules = [upgrade(f"upgrade-{number}", limits={"budget": 500_000}) for number in range(BENEFITS_MAX)]
    chests = [
        rule(f"chest-{number}", "step_bonus", STEPS, limits={"budget": 500_000})
        for number in range(BUDGETS_MAX - BENEFITS_MAX)
    ]
    shop = open_with(Opening(programme=programme(*rules, *chests)))

    assert len(shop.buy(50_000, shop.fan().member_id)["entitlements"]) == BENEFITS_MAX
    assert shop.findings() == []


@pytest.mark.parametrize("budgets, benefits", [(BUDGETS_MAX + 1, 0), (0, BENEFITS_MAX + 1)])
def test_more_than_one_transaction_could_hold_is_not_published(
    shop: Shop, budgets: int, benefits: int
) -> None:
    chests = [rule(f"chest-{n}", "step_bonus", STEPS, limits={"budget": 60}) for n in range(budgets)]
    drafts = [*chests, *(upgrade(f"upgrade-{number}") for number in range(benefits))]

    with pytest.raises(TooManyBudgets):
        shop.services.apply_programme(shop.tenant_id, programme(*drafts))


def test_who_has_too_many_already_may_have_fewer(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programmes from before there was a limit."""
    chests = [rule(f"chest-{n}", "step_bonus", STEPS, limits={"budget": 60}) for n in range(4)]
    shop.services.apply_programme(shop.tenant_id, programme(*chests))
    monkeypatch.setattr(publish, "BUDGETS_MAX", 2)
    path, number = "/v1/staff/programme/publications", key()

    again = shop.services.apply_programme(shop.tenant_id, programme(*chests))
    retired = keyed(shop.office, path, {"retire": ["chest-0"]}, number)

    assert (again, retired.status_code) == ("unchanged", 201)
    with pytest.raises(TooManyBudgets):
        shop.services.apply_programme(shop.tenant_id, programme(*chests))


def test_a_large_order_gets_all_that_its_budget_holds(open_with: Any) -> None:
    """Of 16 buckets."""
    chest = rule("base", "spend", {"points_each": 1, "per_fen": 100}, limits={"budget": 160_000})
    shop = open_with(Opening(programme=wish(chest)))

    assert shop.buy(5_000_000, shop.fan().member_id)["points"] == 50_000
    assert shop.buy(50_000_000, shop.fan().member_id)["points"] == 110_000


def _pages(phone: Phone, limit: int) -> list[str]:
    found, cursor = [], ""
    while True:
        answer = phone.get(f"/v1/me/entitlements?limit={limit}{cursor}").json
        found += [each["entitlement_id"] for each in answer["items"]]
        if answer["next_cursor"] is None:
            return found
        cursor = f"&cursor={answer['next_cursor']}"
