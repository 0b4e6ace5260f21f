"""What somebody had at a past instant: as they saw it then, to the point."""

from collections.abc import Callable
from typing import Any

from domain.programme import form
from domain.programme.ladder import Ladder
from tests.programmes import base, wish
from tests.shop import Opening, Phone, Shop

OpenWith = Callable[[Opening], Shop]

LADDER = {
    "metric": "spend",
    "window_months": 12,
    "review_months": 12,
    "tiers": [
        {"tier_id": "plain", "name": "普通", "from_value": 0},
        {"tier_id": "silver", "name": "银卡", "from_value": 10_000},
    ],
}


def as_of(shop: Shop, member_id: str, at: str) -> dict[str, Any]:
    answer = shop.office.get(f"/v1/staff/members/{member_id}/points/as-of", at=at)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def seen(shop: Shop, phone: Phone) -> tuple[str, int, int, str | None]:
    """What the member sees now, and when that is."""
    phone.log_in()
    points = phone.get("/v1/me/points").json
    tier = phone.get("/v1/me/tier").json["tier"]
    at = shop.now().isoformat(timespec="seconds")
    return at, points["balance"], points["debt"], tier and tier["tier_id"]


def test_every_moment_of_two_years_is_told_as_it_was_seen(open_with: OpenWith) -> None:
    shop = open_with(Opening(programme=wish(base(), ladder=form.load(Ladder, LADDER))))
    shop.set_clock("2026-03-01T12:00")
    member = shop.member()
    moments = [seen(shop, member)]
    order = shop.buy(12_000, member.member_id)
    shop.wait(hours=1)
    moments.append(seen(shop, member))
    shop.refund(order["order_number"], 5000)
    shop.wait(days=40)
    moments.append(seen(shop, member))
    shop.buy(700, member.member_id)
    shop.wait(hours=1)
    moments.append(seen(shop, member))
    shop.set_clock("2027-03-01T23:59")
    moments.append(seen(shop, member))
    shop.set_clock("2027-03-02T00:30")
    moments.append(seen(shop, member))
    shop.services.expire_points(100)
    shop.set_clock("2028-06-01T12:00")
    moments.append(seen(shop, member))

    told = [as_of(shop, member.member_id, at) for at, *_ in moments]

    first, *rest = [(each["available"], each["debt"], each["tier_id"]) for each in told]
    assert first == (0, 0, None)  # Nothing was written down yet.
    assert rest == [(balance, debt, tier) for _, balance, debt, tier in moments[1:]]
    tiers = [tier for *_, tier in moments]
    assert tiers == ["plain", *["silver"] * 4, "plain", "plain"]
    assert told[0]["entry_sequence"] == 0


def test_the_future_and_strangers_are_refused(shop: Shop) -> None:
    member_id = shop.fan().member_id
    path = f"/v1/staff/members/{member_id}/points/as-of"

    tomorrow = shop.office.get(path, at="2999-01-01T00:00:00+08:00")
    nothing = shop.office.get(path)
    nobody = shop.office.get("/v1/staff/members/m_nobody/points/as-of", at="2020-01-01T00:00:00+08:00")

    assert (tomorrow.status_code, tomorrow.json["errors"][0]["field"]) == (422, "at")
    assert (nothing.status_code, nothing.json["errors"][0]["field"]) == (422, "at")
    assert (nobody.status_code, nobody.json["code"]) == (404, "member-not-found")


def test_before_a_merge_each_half_had_its_own(shop: Shop) -> None:
    wechat = shop.member()
    alipay = Phone(shop, wechat.person_id, wechat.number)
    alipay.log_in("alipay")
    shop.buy(5000, alipay.member_id)
    shop.buy(1000, wechat.member_id)
    shop.wait(seconds=2)
    before = shop.now().isoformat(timespec="seconds")
    shop.wait(minutes=1)
    alipay.prove("alipay")
    shop.wait(minutes=1)
    after = shop.now().isoformat(timespec="seconds")

    wechat.log_in()
    assert as_of(shop, wechat.member_id, before)["available"] == 10
    assert as_of(shop, wechat.member_id, after)["available"] == 60
