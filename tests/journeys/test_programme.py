"""Rules as a merchant uses them: drafted, published, retired, and felt at the till from the next order on."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from domain.programme.model import Validity, ValidityKind
from domain.programme.rule import Rule
from tests.programmes import base, described, rule, wish
from tests.shop import OTHER_STORE, Answer, Opening, Phone, Shop

OpenWith = Callable[[Opening], Shop]

PUBLICATIONS = "/v1/staff/programme/publications"
DOUBLE = {"name": "双十一双倍", "kind": "multiplier", "settings": {"permille": 2000}}
BIRTHDAY = {"when": {"birthday": "month", "is_members_only": True}}


def save(shop: Shop, rule_id: str, body: dict[str, Any]) -> Answer:
    return shop.office.send("PUT", f"/v1/staff/programme/rules/{rule_id}", body)


def publish(shop: Shop, drafts: dict[str, int], retire: tuple[str, ...] = (), key: str = "") -> Answer:
    body = {
        "publish": [{"rule_id": name, "draft_number": number} for name, number in drafts.items()],
        "retire": list(retire),
    }
    key = key or secrets.token_hex(16)
    return shop.office.send("POST", PUBLICATIONS, body, None, **{"Idempotency-Key": key})


def with_rules(open_with: OpenWith, *rules: Rule) -> Shop:
    return open_with(Opening(programme=wish(base(), *rules)))


def explained(phone: Phone, entry_sequence: int) -> dict[str, Any]:
    path = f"/v1/me/points/entries/{phone.member_id}:{entry_sequence}/explanation"
    return phone.get(path).json


def test_a_draft_changes_nothing_until_it_is_published_and_only_new_orders_feel_it(shop: Shop) -> None:
    member_id = shop.member().member_id
    number = save(shop, "double", DOUBLE).json["draft_number"]
    drafted = shop.buy(10_000, member_id)

    published = publish(shop, {"double": number})
    after = shop.buy(10_000, member_id)
    retired = publish(shop, {}, ("double",))
    at_last = shop.buy(10_000, member_id)

    assert (published.status_code, published.json["programme_version"]) == (201, 2)
    assert retired.json == {"programme_version": 3, "published": [], "retired": ["double"]}
    assert [order["points"] for order in (drafted, after, at_last)] == [100, 200, 100]
    assert [order["programme_version"] for order in (drafted, after, at_last)] == [1, 2, 3]
    assert shop.findings() == []


def test_a_rule_keeps_who_did_what_to_it_and_every_version_stays_readable(shop: Shop) -> None:
    first = save(shop, "double", DOUBLE).json["draft_number"]
    publish(shop, {"double": first})
    second = save(shop, "double", {**DOUBLE, "settings": {"permille": 3000}}).json

    assert (second["state"], second["version"], second["draft_number"]) == ("published", 1, 2)
    assert second["in_force"]["settings"] == {"permille": 2000}
    assert second["draft"]["settings"] == {"permille": 3000}
    publish(shop, {"double": 2})
    publish(shop, {}, ("double",))

    (sheet,) = (
        each
        for each in shop.office.get("/v1/staff/programme/rules").json["items"]
        if each["rule_id"] == "double"
    )
    assert (sheet["state"], sheet["version"], sheet["in_force"], sheet["draft"]) == ("retired", 2, None, None)
    assert {sheet[deed]["by"] for deed in ("drafted", "published", "retired")} == {"key:office"}
    versions = [shop.office.get(f"/v1/staff/programme/versions/{n}").json for n in (1, 2, 3, 4)]
    factors = [
        [each["rule"]["settings"].get("permille") for each in version["rules"]] for version in versions
    ]
    assert factors == [[None], [None, 2000], [None, 3000], [None]]
    assert [version["made_by"] for version in versions] == ["file", *["key:office"] * 3]
    assert shop.office.get("/v1/staff/programme").json == versions[-1]


def test_publishing_again_with_the_same_key_is_answered_alike(shop: Shop) -> None:
    number = save(shop, "double", DOUBLE).json["draft_number"]

    first, again = (publish(shop, {"double": number}, key="publish-once-0001") for _ in range(2))

    assert (first.status_code, again.status_code, first.text) == (201, 201, again.text)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert shop.office.get("/v1/staff/programme").json["version"] == 2


@pytest.mark.parametrize(
    "drafts, retire, code",
    [
        ({"nothing": 1}, (), "rule-not-found"),
        ({"base": 1}, (), "rule-has-no-draft"),
        ({"double": 1}, (), "draft-changed"),
        ({}, ("nothing",), "rule-not-found"),
        ({}, ("double",), "rule-not-published"),
        ({"double": 2}, ("nothing",), "rule-not-found"),
        ({}, (), "invalid-input"),
        ({"double": 2}, ("double",), "invalid-input"),
    ],
)
def test_what_cannot_be_published_is_refused_and_nothing_of_it_is_done(
    shop: Shop, drafts: dict[str, int], retire: tuple[str, ...], code: str
) -> None:
    save(shop, "double", DOUBLE)
    save(shop, "double", {**DOUBLE, "priority": 1})

    answer = publish(shop, drafts, retire)

    assert answer.json["code"] == code
    assert shop.office.get("/v1/staff/programme").json["version"] == 1


def test_two_people_who_publish_at_once_both_get_their_way(shop: Shop) -> None:
    drafts = [(f"r{n}", save(shop, f"r{n}", DOUBLE).json["draft_number"]) for n in range(4)]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda each: publish(shop, dict([each])), drafts))

    assert [answer.status_code for answer in answers] == [201] * 4
    assert sorted(answer.json["programme_version"] for answer in answers) == [2, 3, 4, 5]
    in_force = shop.office.get("/v1/staff/programme").json["rules"]
    assert [each["rule"]["rule_id"] for each in in_force] == ["base", "r0", "r1", "r2", "r3"]


@pytest.mark.capability("C-28")
def test_double_points_in_the_month_of_the_birthday_for_members_only(open_with: OpenWith) -> None:
    double = rule("birthday", "multiplier", {"permille": 2000}, **BIRTHDAY)
    shop = with_rules(open_with, double)
    shop.set_clock("2026-03-31T23:59")
    member, fan = shop.member(), shop.fan()
    for phone in (member, fan):
        phone.patch("/v1/me", {"birthday": "1996-03-05"})

    march = [shop.buy(1000, phone.member_id)["points"] for phone in (member, fan)]
    shop.wait(minutes=1)
    april = shop.buy(1000, member.member_id)["points"]
    late = shop.buy(1000, member.member_id, paid_at="2026-03-31T23:59:59+08:00")["points"]

    assert (march, april, late) == ([20, 10], 10, 20)
    items = member.get("/v1/me/points/entries").json["items"]
    assert [item["points"] for item in items] == [20, 10, 20]


@pytest.mark.capability("C-27")
def test_a_cap_of_a_day_begins_anew_at_midnight_and_follows_a_merge(open_with: OpenWith) -> None:
    settings = {"points_each": 30, "goods": {"skus": ["latte"]}}
    shop = open_with(Opening(programme=wish(rule("latte", "item_bonus", settings, limits={"per_day": 50}))))
    shop.set_clock("2026-03-14T22:00")
    wechat = shop.member()
    alipay = Phone(shop, wechat.person_id, wechat.number)
    alipay.log_in("alipay")
    survivor = wechat.member_id
    gave = [shop.buy(100, phone.member_id)["points"] for phone in (wechat, alipay)]
    assert alipay.prove("alipay").json["outcome"] == "merged"

    gave += [shop.buy(100, survivor)["points"]]
    shop.wait(hours=2)
    gave += [shop.buy(100, survivor)["points"] for _ in range(3)]

    assert gave == [30, 30, 0, 30, 20, 0]
    assert shop.findings() == []


def test_a_budget_is_given_out_to_the_last_point_and_never_beyond(open_with: OpenWith) -> None:
    settings = {"points_each": 7, "goods": {"skus": ["latte"]}}
    shop = open_with(Opening(programme=wish(rule("chest", "item_bonus", settings, limits={"budget": 100}))))
    members = [shop.fan().member_id for _ in range(3)]

    def buy(number: int) -> int:
        bill = shop.bill(100, {"member_id": members[number % 3]})
        while (answer := shop.till.post("/v1/till/orders", bill)).status_code != 201:
            assert answer.status_code in {409, 503}, answer.text
        points: int = answer.json["points"]
        return points

    with ThreadPoolExecutor(6) as pool:
        gave = sorted(pool.map(buy, range(24)))

    assert sum(gave) == 100
    assert gave == [0] * 9 + [2] + [7] * 14


@pytest.mark.capability("C-38")
def test_an_entry_tells_what_each_rule_gave_and_why_the_others_did_not(open_with: OpenWith) -> None:
    bands = rule("bands", "spend_band", {"bands": [{"from_fen": 9900, "permille": 1500}]})
    more = rule("more", "multiplier", {"permille": 1200})
    west = rule("west", "share", {"points_each": 1})
    there = {"store_ids": [OTHER_STORE]}
    elsewhere = rule("elsewhere", "nth_order", {"nth": 1, "points_each": 5}, when=there)
    shop = open_with(Opening(programme=wish(base(1, 1000), bands, more, west, elsewhere)))
    member = shop.member()
    order = shop.buy(9900, member.member_id)

    told = explained(member, order["entry_sequence"])

    assert (order["points"], told["points"]) == (14, 14)
    gains = {gain["rule_id"]: gain["points"] for gain in told["gains"]}
    assert gains == {"base": "9.9", "bands": "4.95"}
    assert told["rounded"] == "-0.85"
    assert {other["rule_id"]: other["reason"] for other in told["others"]} == {
        "more": "higher_counts",
        "elsewhere": "other_store",
    }
    assert told["summary"]["zh"] == "共得 14 分（规则合计 14.85 分，最后取整一次）"
    assert "9.9" not in told["gains"][0]["sentence"]["zh"]
    assert told["gains"][0]["sentence"]["zh"] == "计分金额 99.00 元，每 10.00 元 1 分"
    path = f"/v1/staff/members/{member.member_id}/points/entries/{told['entry_id']}/explanation"
    assert shop.office.get(path).json == told


def test_an_explanation_speaks_of_the_rules_of_then(shop: Shop) -> None:
    member = shop.member()
    before = shop.buy(1000, member.member_id)
    publish(shop, {"double": save(shop, "double", DOUBLE).json["draft_number"]})
    after = shop.buy(1000, member.member_id)
    publish(shop, {}, ("double",))

    told = [explained(member, order["entry_sequence"]) for order in (before, after)]

    assert [[gain["rule_id"] for gain in each["gains"]] for each in told] == [["base"], ["base", "double"]]
    assert [each["programme_version"] for each in told] == [1, 2]


def test_every_other_entry_is_explained_in_a_sentence(shop: Shop) -> None:
    shop.set_clock("2025-03-15T12:00")
    wechat = shop.member()
    order = shop.buy(8800, wechat.member_id)
    shop.refund(order["order_number"], 800)
    shop.set_clock("2026-03-15T12:00")
    again = Phone(shop, wechat.person_id, wechat.number)
    again.log_in("alipay")
    again.prove("alipay")
    wechat.log_in()

    entries = wechat.get("/v1/me/points/entries").json["items"]
    told = [wechat.get(f"/v1/me/points/entries/{each['entry_id']}/explanation").json for each in entries]

    assert {each["kind"] for each in told} == {"earn", "claw_back", "expire", "merge_in", "merge_out"}
    assert all(each["summary"]["zh"] and each["summary"]["en"] for each in told)
    (back,) = (each for each in told if each["kind"] == "claw_back")
    assert back["summary"]["zh"] == f"订单 {order['order_number']} 退款，收回 8 分"


def test_what_would_be_over_on_arrival_is_explained(open_with: OpenWith) -> None:
    shop = open_with(Opening(programme=wish(validity=Validity(ValidityKind.FIXED, 1))))
    shop.set_clock("2026-03-02T12:00")
    member = shop.member()
    paid_at = "2026-02-01T12:00:00+08:00"

    order = shop.buy(8800, member.member_id, paid_at=paid_at)

    told = explained(member, order["entry_sequence"])
    assert (order["points"], told["gains"], told["others"], told["rounded"]) == (0, [], [], "0")
    assert told["summary"]["zh"] == "上报时积分已过有效期，未发放"


@pytest.mark.capability("C-90")
def test_a_changed_rate_works_for_new_orders_only_and_a_refund_goes_by_the_old_one(shop: Shop) -> None:
    member_id = shop.member().member_id
    old = shop.buy(10_000, member_id)
    fivefold = described(base(5, 100))
    save(shop, "base", {name: fivefold[name] for name in ("name", "kind", "settings")})
    publish(shop, {"base": 1})
    new = shop.buy(10_000, member_id)

    back = shop.refund(old["order_number"], 5000).json

    assert (old["points"], new["points"], back["points"]) == (100, 500, -50)
    assert shop.account(member_id).balance.count == 550


def test_a_programme_that_would_not_fit_into_the_table_is_refused(shop: Shop) -> None:
    goods = {"skus": [f"{number:03}{'菜' * 61}" for number in range(200)]}
    body = {"name": "大", "kind": "item_bonus", "settings": {"points_each": 1, "goods": goods}}
    drafts = {f"r{number}": save(shop, f"r{number}", body).json["draft_number"] for number in range(8)}

    answer = publish(shop, drafts)

    assert (answer.status_code, answer.json["code"]) == (422, "programme-too-large")
    assert publish(shop, dict(list(drafts.items())[:6])).status_code == 201


def test_no_more_rules_than_a_programme_holds(open_with: OpenWith) -> None:
    rules = [rule(f"r{number:03}", "share", {"points_each": 1}) for number in range(199)]
    shop = open_with(Opening(programme=wish(base(), *rules[:40])))
    for start in (40, 80, 120, 160):
        shop.services.apply_programme(shop.tenant_id, wish(*rules[start : start + 40]))
    number = save(shop, "one-more", DOUBLE).json["draft_number"]

    answer = publish(shop, {"one-more": number})

    assert (answer.status_code, answer.json["code"]) == (422, "too-many-rules")
    assert publish(shop, {"one-more": number}, ("r000",)).status_code == 201


def test_tiers_do_not_end_because_nobody_named_them(shop: Shop) -> None:
    path = "/v1/staff/programme/terms"
    tiers = {"metric": "spend", "tiers": [{"tier_id": "gold", "name": "金卡", "from_value": 5000}]}

    def publish_terms(**terms: Any) -> Answer:
        seen = shop.office.get("/v1/staff/programme").json["version"]
        body = {"terms": terms, "programme_version": seen}
        return shop.office.post(path, body, None, **{"Idempotency-Key": secrets.token_hex(16)})

    assert publish_terms(ladder=tiers).status_code == 201
    silent, empty = publish_terms(hold_days=3), publish_terms(hold_days=None)
    assert (silent.status_code, silent.json["code"]) == (422, "tiers-not-named")
    assert (empty.status_code, empty.json["errors"][0]["code"]) == (422, "null-not-allowed")
    assert publish_terms(ladder=tiers, hold_days=3).status_code == 201
    assert publish_terms(ladder=None).status_code == 201
    assert "ladder" not in shop.office.get("/v1/staff/programme").json["terms"]


def test_head_office_publishes_terms_in_view_of_the_version_that_it_saw(shop: Shop) -> None:
    path, number = "/v1/staff/programme/terms", {"Idempotency-Key": "terms-for-this-test"}
    seen = shop.office.get("/v1/staff/programme").json
    tiers = [{"tier_id": "gold", "name": "金卡", "from_value": 5000}]
    wanted = {**seen["terms"], "ladder": {"metric": "spend", "tiers": tiers}}
    body = {"terms": wanted, "programme_version": seen["version"]}

    done = shop.office.post(path, body, None, **number)
    again = shop.office.post(path, body, None, **number)
    late = shop.office.post(path, body, None, **{"Idempotency-Key": "terms-by-somebody-else"})
    wrong = {**body, "terms": {"ladder": {"metric": "spend", "tiers": []}}}
    refused = shop.office.post(path, wrong, None, **{"Idempotency-Key": "terms-that-are-wrong"})

    assert (done.status_code, done.json["programme_version"]) == (201, seen["version"] + 1)
    assert again.json == done.json
    assert (late.status_code, late.json["code"]) == (409, "programme-changed")
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "terms.ladder.tiers")
    now = shop.office.get("/v1/staff/programme").json
    assert now["terms"] == {**wanted, "ladder": {**wanted["ladder"], "grace_days": 0}}
    assert now["rules"] == seen["rules"]
    member = shop.fan()
    shop.buy(5000, member.member_id)
    assert member.get("/v1/me/tier").json["tier"]["tier_id"] == "gold"
