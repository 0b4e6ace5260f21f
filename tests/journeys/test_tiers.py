"""Tiers over HTTP: reached in the same call, reviewed, kept through merges, and what they bring."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.programme import form
from domain.programme.ladder import Ladder
from domain.programme.model import ProgrammeTooLarge
from tests.programmes import base, rule, wish
from tests.shop import Opening, Phone, Shop

OpenWith = Callable[[Opening], Shop]

EXPRESS = {"benefit_id": "express", "name": "免费快递", "kind": "service"}
BUTLER = {"benefit_id": "butler", "name": "专属客服", "kind": "service", "text": "工作日 9 点到 18 点"}
TIERS = [
    {"tier_id": "plain", "name": "普通", "from_value": 0, "pay_permille": 980},
    {"tier_id": "silver", "name": "银卡", "from_value": 100_000, "keep_value": 50_000},
    {
        "tier_id": "gold",
        "name": "金卡",
        "from_value": 500_000,
        "pay_permille": 900,
        "benefits": [EXPRESS, BUTLER],
    },
]
SILVER_HALF_MORE = rule("silver", "tier_multiplier", {"tiers": [{"tier_id": "silver", "permille": 1500}]})


def ladder(**more: Any) -> Ladder:
    plain = {"metric": "spend", "window_months": 12, "review_months": 12, "tiers": TIERS}
    return form.load(Ladder, {**plain, **more})


@pytest.fixture
def cafe(open_with: OpenWith) -> Shop:
    shop = open_with(Opening(programme=wish(base(), SILVER_HALF_MORE, ladder=ladder())))
    shop.set_clock("2026-03-01T12:00")
    return shop


def tier(phone: Phone) -> dict[str, Any]:
    answer = phone.get("/v1/me/tier")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def name(phone: Phone) -> str:
    found: str = tier(phone)["tier"]["tier_id"]
    return found


@pytest.mark.capability("C-40")
def test_the_order_that_crosses_the_line_raises_the_tier_and_the_next_one_feels_it(cafe: Shop) -> None:
    member = cafe.member()
    cafe.buy(99_999, member.member_id)
    before = name(member)

    crossing = cafe.buy(100, member.member_id)
    after = tier(member)
    next_order = cafe.buy(8800, member.member_id)

    assert (before, after["tier"]["tier_id"]) == ("plain", "silver")
    assert (crossing["points"], next_order["points"]) == (1, 132)
    assert (after["since"], after["valid_through"]) == ("2026-03-01", "2027-03-01")
    changes = member.get("/v1/me/tier/changes").json["items"]
    assert [(change["before"], change["after"], change["reason"]) for change in changes] == [
        ("plain", "silver", "reached"),
        (None, "plain", "reached"),
    ]
    assert changes[0]["value"] == 100_099
    assert cafe.findings() == []


@pytest.mark.capability("C-22")
def test_a_tier_of_one_and_a_half_gives_132_points_for_88_yuan(cafe: Shop) -> None:
    member = cafe.member()
    cafe.buy(100_000, member.member_id)

    order = cafe.buy(8800, member.member_id)

    told = member.get(f"/v1/me/points/entries/{member.member_id}:{order['entry_sequence']}/explanation").json
    assert order["points"] == 132
    assert [gain["rule_id"] for gain in told["gains"]] == ["base", "silver"]


@pytest.mark.capability("C-40", "C-41")
def test_after_a_refund_the_tier_is_lost_at_the_review_and_the_job_writes_it_down(cafe: Shop) -> None:
    member = cafe.member()
    order = cafe.buy(100_000, member.member_id)
    cafe.refund(order["order_number"], 60_000)
    cafe.set_clock("2027-03-01T12:00")
    member.log_in()
    last_day = name(member)
    cafe.set_clock("2027-03-02T00:10")
    member.log_in()
    lost = name(member)
    logged = len(member.get("/v1/me/tier/changes").json["items"])

    cafe.services.expire_points(100)

    changes = member.get("/v1/me/tier/changes").json["items"]
    assert (last_day, lost, logged) == ("silver", "plain", 2)
    assert len(changes) == 3
    assert {**changes[0], "at": ""} == {
        "number": 3,
        "before": "silver",
        "after": "plain",
        "reason": "review",
        "on": "2027-03-02",
        "value": 0,
        "programme_version": 1,
        "at": "",
    }
    cafe.services.expire_points(100)
    assert len(member.get("/v1/me/tier/changes").json["items"]) == 3


@pytest.mark.capability("C-41")
def test_who_spends_the_keep_line_keeps_the_tier_for_another_year(cafe: Shop) -> None:
    member = cafe.member()
    cafe.buy(100_000, member.member_id)
    cafe.set_clock("2026-12-01T12:00")
    member.log_in()
    cafe.buy(50_000, member.member_id)

    cafe.set_clock("2027-03-02T12:00")
    cafe.services.expire_points(100)

    member.log_in()
    kept = tier(member)
    assert (kept["tier"]["tier_id"], kept["valid_through"]) == ("silver", "2028-03-01")
    assert kept["missing_to_keep"] == 0


@pytest.mark.capability("C-43", "C-44")
def test_the_page_shows_the_benefits_of_each_tier_and_what_is_missing(cafe: Shop) -> None:
    member = cafe.member()
    cafe.buy(72_000, member.member_id)

    page = tier(member)

    assert (page["value"], page["next_tier"]["tier_id"], page["missing"]) == (72_000, "silver", 28_000)
    assert (page["ladder"]["metric"], page["tier"]["pay_permille"]) == ("spend", 980)
    top = page["ladder"]["tiers"][-1]
    assert [(benefit["name"], benefit["kind"]) for benefit in top["benefits"]] == [
        ("免费快递", "service"),
        ("专属客服", "service"),
    ]
    staff = cafe.office.get(f"/v1/staff/members/{member.member_id}/tier").json
    assert staff == page
    changes = cafe.office.get(f"/v1/staff/members/{member.member_id}/tier/changes").json
    assert changes == member.get("/v1/me/tier/changes").json | {"next_cursor": None}


def test_a_ladder_and_rules_that_do_not_fit_into_one_version_are_refused(open_with: OpenWith) -> None:
    words = [
        {"benefit_id": f"b{n}", "name": "免费快递", "kind": "service", "text": "字" * 200} for n in range(20)
    ]
    tiers = [{"tier_id": f"t{n}", "name": "级", "from_value": n, "benefits": words} for n in range(20)]
    large = form.load(Ladder, {"metric": "spend", "tiers": tiers})

    with pytest.raises(ProgrammeTooLarge):
        open_with(Opening(programme=wish(base(), ladder=large)))


def test_without_a_ladder_there_are_no_tiers(shop: Shop) -> None:
    member = shop.member()

    answer = member.get("/v1/me/tier")

    assert (answer.status_code, answer.json["code"]) == (404, "no-tiers")
    assert member.get("/v1/me/tier/changes").json["items"] == []


def test_two_halves_make_a_tier_together_and_come_apart_with_their_own(cafe: Shop) -> None:
    wechat = cafe.member()
    cafe.buy(60_000, wechat.member_id)
    alipay = Phone(cafe, wechat.person_id, wechat.number)
    alipay.log_in("alipay")
    gone = alipay.member_id
    cafe.buy(60_000, gone)

    assert alipay.prove("alipay").json["outcome"] == "merged"
    together = name(alipay)
    cafe.buy(100, wechat.member_id)
    merge_id = cafe.office.get(f"/v1/staff/members/{wechat.member_id}").json["aliases"][0]["merge_id"]
    assert cafe.office.post(f"/v1/staff/merges/{merge_id}/undo").status_code == 200

    alone = cafe.account(gone)
    assert together == "silver"
    assert alone.months == {202603: alone.tally.counts}
    assert (alone.spend.fen, alone.standing and alone.standing.tier_id) == (60_000, "plain")
    assert cafe.account(wechat.member_id).months[202603].spend_fen == 60_100
    assert cafe.findings() == []


def test_the_better_tier_of_two_halves_holds(cafe: Shop) -> None:
    wechat = cafe.member()
    alipay = Phone(cafe, wechat.person_id, wechat.number)
    alipay.log_in("alipay")
    cafe.buy(500_000, alipay.member_id)

    alipay.prove("alipay")

    wechat.log_in()
    assert name(wechat) == "gold"
    changes = wechat.get("/v1/me/tier/changes").json["items"]
    assert [(change["before"], change["after"], change["reason"]) for change in changes] == [
        ("plain", "gold", "merge"),
        (None, "plain", "reached"),
    ]


def test_a_dry_run_raises_no_tier(cafe: Shop) -> None:
    member = cafe.member()
    bill = cafe.bill(100_000, {"member_id": member.member_id})

    dry = cafe.till.post("/v1/till/orders?dry_run=true", bill)

    assert dry.status_code == 201, dry.text
    assert name(member) == "plain"
    assert member.get("/v1/me/tier/changes").json["items"] == []


def test_many_orders_at_once_raise_the_tier_once(cafe: Shop) -> None:
    member = cafe.member()
    own_id = member.member_id
    bills = [cafe.bill(30_000, {"member_id": own_id}) for _ in range(5)]

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda bill: cafe.till.post("/v1/till/orders", bill), bills))

    done = sum(answer.status_code == 201 for answer in answers)
    reached = [change["after"] for change in member.get("/v1/me/tier/changes").json["items"]]
    assert reached == (["silver", "plain"] if done >= 4 else ["plain"])
    assert cafe.findings() == []


def test_a_late_order_counts_in_the_month_in_which_it_was_paid(cafe: Shop) -> None:
    member = cafe.member()
    paid_at = datetime(2026, 2, 27, 4, tzinfo=UTC).isoformat()

    cafe.buy(100_000, member.member_id, paid_at=paid_at)

    account = cafe.account(member.member_id)
    assert list(account.months) == [202602]
    assert account.standing is not None
    assert account.standing.since == date(2026, 3, 1)


@pytest.mark.parametrize("is_job_first", [True, False])
def test_a_tier_that_is_lost_today_is_not_brought_back_by_a_merge(cafe: Shop, is_job_first: bool) -> None:
    """Each spent too little to keep a tier, both together enough. The job makes no difference."""
    wechat = cafe.member()
    alipay = Phone(cafe, wechat.person_id, wechat.number)
    alipay.log_in("alipay")
    cafe.buy(100_000, alipay.member_id)
    cafe.set_clock("2026-10-01T12:00")
    for phone, platform in ((alipay, "alipay"), (wechat, "wechat")):
        phone.log_in(platform)
        cafe.buy(30_000, phone.member_id)
    cafe.set_clock("2027-03-02T12:00")
    if is_job_first:
        cafe.services.expire_points(100)
    for phone, platform in ((alipay, "alipay"), (wechat, "wechat")):
        phone.log_in(platform)
        assert name(phone) == "plain"

    alipay.prove("alipay")

    assert name(alipay) == "plain"
    assert cafe.findings() == []


def test_what_two_halves_reach_together_is_written_down_at_once(cafe: Shop) -> None:
    wechat = cafe.member()
    cafe.buy(60_000, wechat.member_id)
    alipay = Phone(cafe, wechat.person_id, wechat.number)
    alipay.log_in("alipay")
    cafe.buy(60_000, alipay.member_id)
    alipay.prove("alipay")

    page = tier(alipay)

    assert (page["tier"]["tier_id"], page["valid_through"]) == ("silver", "2027-03-01")
    cafe.set_clock("2026-11-02T12:00")
    alipay.log_in("alipay")
    assert tier(alipay)["valid_through"] == "2027-03-01"
    at = cafe.now().isoformat(timespec="seconds")
    path = f"/v1/staff/members/{alipay.member_id}/points/as-of"
    assert cafe.office.get(path, at=at).json["tier_id"] == "silver"


def test_a_tier_that_the_ladder_dropped_does_not_beat_a_real_one(open_with: OpenWith) -> None:
    diamond = [*TIERS, {"tier_id": "diamond", "name": "钻石", "from_value": 600_000}]
    shop = open_with(Opening(programme=wish(base(), ladder=ladder(tiers=diamond))))
    shop.set_clock("2026-03-01T12:00")
    wechat = shop.member()
    shop.buy(500_000, wechat.member_id)
    alipay = Phone(shop, wechat.person_id, wechat.number)
    alipay.log_in("alipay")
    shop.buy(600_000, alipay.member_id)
    shop.services.apply_programme(shop.tenant_id, wish(base(), ladder=ladder()))

    alipay.prove("alipay")

    assert name(alipay) == "gold"
    reasons = [change["reason"] for change in alipay.get("/v1/me/tier/changes").json["items"]]
    assert reasons == ["reached", "reached"]
