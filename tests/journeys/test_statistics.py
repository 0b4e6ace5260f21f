"""What became of a template's coupons, for head office (C-56), and counted again from the beginning."""

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.dynamodb.outcome import RawItem
from domain.coupon.issue import ISSUED_MAX
from sandbox.server import RunningSandbox
from scripts.environment import ROOT
from serverless.settings import Settings
from tests.conftest import on_own_table
from tests.coupons import (
    basket,
    bill,
    claim,
    completed,
    coupon,
    issue,
    key,
    lines,
    redeem,
    reverse,
    template,
)
from tests.shop import OTHER_STORE, STORE, Apps, Shop, open_shop

NOTHING = dict.fromkeys(
    ("sent", "claimed", "locked", "used", "returned", "expired", "voided", "given", "off_fen", "sales_fen"), 0
)


@pytest.fixture
def counting(settings: Settings, sandboxed: RunningSandbox, apps: Apps) -> Shop:
    """Figures follow at once, as on a developer's machine."""
    here = replace(settings, counts_at_once=True)
    return open_shop(on_own_table(here, sandboxed), sandboxed, apps)


def figures(shop: Shop, template_id: str) -> dict[str, Any]:
    """Without zeros."""
    answer = shop.office.get(f"/v1/staff/coupon-templates/{template_id}/statistics")
    assert answer.status_code == 200, answer.text
    return {name: number for name, number in answer.json.items() if number}


def rows(shop: Shop, template_id: str, part: str, **query: str) -> list[dict[str, Any]]:
    """All pages of a list, two lines at a time, without zeros."""
    found: list[dict[str, Any]] = []
    query = {"limit": "2", **query}
    while True:
        answer = shop.office.get(f"/v1/staff/coupon-templates/{template_id}/statistics/{part}", **query)
        assert answer.status_code == 200, answer.text
        found += [{name: value for name, value in row.items() if value} for row in answer.json["items"]]
        if answer.json["next_cursor"] is None:
            return found
        query["cursor"] = answer.json["next_cursor"]


def days(shop: Shop, template_id: str, first: str, last: str) -> list[dict[str, Any]]:
    return rows(shop, template_id, "days", from_day=first, through_day=last)


def everything(shop: Shop) -> dict[str, Any]:
    """All that can be seen of one template."""
    return {
        "all": figures(shop, "ten"),
        "stores": rows(shop, "ten", "stores"),
        "days": days(shop, "ten", "2025-01-01", "2026-12-31"),
    }


def busy(shop: Shop, sent: int = 20, claimed: int = 12) -> None:
    """So many are sent and claimed, ten used in two stores on two days."""
    shop.set_clock("2025-05-01T12:00")
    people = [shop.fan() for _ in range(sent)]
    template(shop, "ten", delivery="claim")
    lists = [people[first : first + ISSUED_MAX] for first in range(0, sent, ISSUED_MAX)]
    answers = [issue(shop, "ten", *(phone.member_id for phone in some)) for some in lists]
    codes = [each["code"] for answer in answers for each in answer.json["handed"]]
    for phone, code in zip(people[:claimed], codes[:claimed], strict=True):
        assert phone.post(f"/v1/me/coupons/{code}/claim").status_code == 201
    for code in codes[:6]:
        assert redeem(shop, code, 6000).status_code == 201
    shop.set_clock("2025-05-02T00:30")
    for code in codes[6:10]:
        assert redeem(shop, code, 9000, store_id=OTHER_STORE).status_code == 201


@pytest.mark.capability("C-56")
def test_a_hundred_sent_forty_claimed_ten_used_are_25_and_10_percent(counting: Shop) -> None:
    busy(counting, sent=100, claimed=40)

    assert figures(counting, "ten") == {
        "sent": 100,
        "claimed": 40,
        "used": 10,
        "off_fen": 10_000,
        "sales_fen": 6 * 5000 + 4 * 8000,
        "used_of_sent_permille": 100,
        "used_of_claimed_permille": 250,
    }
    assert rows(counting, "ten", "stores") == [
        {"store_id": STORE, "used": 6, "off_fen": 6000, "sales_fen": 30_000},
        {"store_id": OTHER_STORE, "used": 4, "off_fen": 4000, "sales_fen": 32_000},
    ]
    assert days(counting, "ten", "2025-05-01", "2025-05-02") == [
        {"day": "2025-05-01", "sent": 100, "claimed": 40},
        {"day": "2025-05-01", "store_id": STORE, "used": 6, "off_fen": 6000, "sales_fen": 30_000},
        {"day": "2025-05-02", "store_id": OTHER_STORE, "used": 4, "off_fen": 4000, "sales_fen": 32_000},
    ]
    assert days(counting, "ten", "2025-05-02", "2025-05-09")[0]["day"] == "2025-05-02"
    assert days(counting, "ten", "2025-05-03", "2025-05-09") == []


def test_every_fate_is_counted_on_its_day_and_in_its_store(counting: Shop) -> None:
    shop = counting
    shop.set_clock("2025-05-01T12:00")
    phone, friend = shop.fan(), shop.fan()
    template(shop, "ten", delivery="claim", is_transferable=True)
    used, kept, given, voided, _ = (claim(phone, "ten").json["code"] for _ in range(5))
    orders = [bill(shop, 6000, phone.member_id, 5000, coupon_codes=[used]) for _ in range(2)]
    completed(shop, orders[0])
    shop.set_clock("2025-05-02T12:00")
    phone.log_in()
    friend.log_in()
    reverse(shop, orders[0]["order_number"], 1000)
    part = everything(shop)
    reverse(shop, orders[0]["order_number"])
    completed(shop, orders[1] | {"paid_at": shop.now().isoformat(timespec="seconds")})
    held = shop.till.post("/v1/till/checkout/holds", _held(shop, phone.member_id, kept))
    gift = phone.post(f"/v1/me/coupons/{given}/offer", **{"Idempotency-Key": key()}).json["token"]
    taken = friend.post("/v1/me/coupon-gifts", {"token": gift}, **{"Idempotency-Key": key()}).json["code"]
    redeem(shop, taken, 7000, store_id=OTHER_STORE)
    shop.office.post(f"/v1/staff/coupons/{voided}/void", {"note": "误发"})
    while_held = figures(shop, "ten")
    shop.set_clock("2025-06-01T00:10")
    shop.services.release_holds(limit=10)
    shop.services.expire_coupons(limit=10)

    assert held.status_code == 201, held.text
    assert part["all"]["used"] == 1
    assert "returned" not in part["all"]
    assert while_held["locked"] == 1
    assert figures(shop, "ten") == {
        "sent": 5,
        "claimed": 5,
        "used": 3,
        "returned": 1,
        "expired": 2,
        "voided": 1,
        "given": 1,
        "off_fen": 2000,
        "sales_fen": 5000 + 6000,
        "used_of_sent_permille": 400,
        "used_of_claimed_permille": 400,
    }
    assert days(shop, "ten", "2025-05-01", "2025-06-01") == [
        {"day": "2025-05-01", "sent": 5, "claimed": 5},
        {"day": "2025-05-01", "store_id": STORE, "used": 1, "off_fen": 1000, "sales_fen": 5000},
        {"day": "2025-05-02", "voided": 1, "given": 1},
        {"day": "2025-05-02", "store_id": STORE, "used": 1, "returned": 1},
        {"day": "2025-05-02", "store_id": OTHER_STORE, "used": 1, "off_fen": 1000, "sales_fen": 6000},
        {"day": "2025-05-31", "expired": 2},
    ]


def _held(shop: Shop, member_id: str, code: str) -> dict[str, Any]:
    return basket(6000, member_id) | {"order_number": f"H-{key()[:10]}", "coupon_codes": [code]}


def deaf(shop: Shop) -> None:
    """From now on nobody hears of what is written."""
    shop.services.runner._hear = None


@pytest.mark.capability("C-56")
def test_counted_from_the_beginning_the_figures_are_the_same(counting: Shop) -> None:
    shop = counting
    busy(shop)
    before = everything(shop)
    told: list[str] = []

    first = shop.services.recount_statistics(None, told.append)
    second = shop.services.recount_statistics(shop.tenant_id, told.append)

    assert everything(shop) == before
    assert (first.coupons, second.coupons) == (20, 20)
    # Each coupon counted, the template's sum, those of two stores, and those of three days and stores.
    assert (first.removed, second.removed) == (26, 26)
    assert told[0] == "20 coupons counted"


def test_what_nobody_heard_of_is_made_up_by_the_next_change_or_the_next_count(counting: Shop) -> None:
    shop = counting
    hear = shop.services.runner._hear
    phone = shop.fan()
    one, two = coupon(shop, phone, "ten"), coupon(shop, phone, "ten")
    deaf(shop)
    order = "K-unheard"
    redeem(shop, one, 6000, order_number=order)
    redeem(shop, two, 6000)
    unheard = figures(shop, "ten")
    shop.services.runner._hear = hear
    back = {"order_number": order, "store_id": STORE}
    assert shop.till.post(f"/v1/till/coupons/{one}/release", back).status_code == 201
    by_change = figures(shop, "ten")
    shop.services.recount_statistics(None, lambda _: None)

    assert "used" not in unheard
    assert (by_change["used"], by_change["returned"]) == (1, 1)
    assert (figures(shop, "ten")["used"], figures(shop, "ten")["returned"]) == (2, 1)


def test_business_goes_on_while_everything_is_counted_again(counting: Shop) -> None:
    shop = counting
    phone = shop.fan()
    template(shop, "ten")
    codes = [coupon(shop, phone, "ten") for _ in range(3)]

    def meanwhile(line: str) -> None:
        if "counted" in line:
            redeem(shop, codes[0], 6000)
            coupon(shop, phone, "ten")
            shown.append(figures(shop, "ten"))

    shown: list[dict[str, Any]] = []
    shop.services.recount_statistics(None, meanwhile)

    assert shown[0]["sent"] == figures(shop, "ten")["sent"] == 4
    assert shown[0]["used"] == figures(shop, "ten")["used"] == 1
    redeem(shop, codes[1], 6000)
    assert figures(shop, "ten")["used"] == 2


def test_a_count_that_was_stopped_is_gone_on_with(counting: Shop) -> None:
    shop = counting
    busy(shop)
    before = everything(shop)

    def stop(line: str) -> None:
        raise KeyboardInterrupt(line)

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            shop.services.recount_statistics(None, stop)
    while_stopped = everything(shop)
    deaf(shop)
    shop.services.recount_statistics(None, lambda _: None)

    assert while_stopped == before
    assert everything(shop) == before


def test_the_same_change_again_and_older_ones_change_nothing(counting: Shop) -> None:
    shop = counting
    heard: list[RawItem] = []
    hear = shop.services.hear

    def listen(images: Sequence[RawItem]) -> None:
        heard.extend(images)
        hear(images)

    shop.services.runner._hear = listen
    code = coupon(shop, shop.fan(), "ten")
    redeem(shop, code, 6000)
    before = everything(shop)
    for image in (*heard, *reversed(heard)):
        hear([image])
    hear(heard)

    assert len([image for image in heard if image["kind"]["S"] == "coupon"]) == 2
    assert everything(shop) == before


def test_lists_say_what_is_wrong_and_a_cursor_goes_on_with_its_own_days_only(counting: Shop) -> None:
    shop = counting
    busy(shop)
    path = "/v1/staff/coupon-templates/ten/statistics/days"
    first = shop.office.get(path, from_day="2025-05-01", through_day="2025-05-02", limit="1")
    cursor = first.json["next_cursor"]
    other = shop.office.get(path, from_day="2025-05-01", through_day="2025-05-03", limit="1", cursor=cursor)
    backwards = shop.office.get(path, from_day="2025-05-03", through_day="2025-05-02")
    nothing = shop.office.get("/v1/staff/coupon-templates/none/statistics")
    template(shop, "new")

    assert (other.status_code, other.json["errors"][0]["field"]) == (422, "cursor")
    assert (backwards.status_code, backwards.json["errors"][0]["field"]) == (422, "through_day")
    assert (nothing.status_code, nothing.json["code"]) == (404, "coupon-template-not-found")
    assert figures(shop, "new") == {}
    fresh = shop.office.get("/v1/staff/coupon-templates/new/statistics").json
    assert fresh == NOTHING | {"used_of_sent_permille": None, "used_of_claimed_permille": None}


def test_two_coupons_on_one_bill_both_tell_what_was_left_to_pay_of_it(counting: Shop) -> None:
    shop = counting
    phone = shop.fan()
    codes = [coupon(shop, phone, name, stacking={"group": name}) for name in ("ten", "more")]
    body = bill(shop, 12_000, phone.member_id, 10_000, coupon_codes=codes, lines=lines(12_000))
    completed(shop, body)

    for name in ("ten", "more"):
        seen = figures(shop, name)
        assert (seen["used"], seen["off_fen"], seen["sales_fen"]) == (1, 1000, 10_000)


def test_the_command_counts_one_tenant_or_all_and_tells_how_far_it_is(
    counting: Shop, settings: Settings
) -> None:
    shop = counting
    deaf(shop)
    coupon(shop, shop.fan(), "ten")
    environment = {
        **os.environ,
        "TONGKA_TABLE": shop.services.table.name,
        "TONGKA_MASTER_KEY": settings.master_key,
        "AWS_ENDPOINT_URL_DYNAMODB": settings.dynamodb_url or "",
    }

    def run(*arguments: str, ends: int = 0) -> list[str]:
        command = [sys.executable, "scripts/recount.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == ends
        return (done.stdout + done.stderr).splitlines()

    other = run("--tenant", "nobody", ends=1)
    before = figures(shop, "ten")
    all_of_them = run()

    assert other == ["✗ There is no such tenant."]
    assert before == {}
    assert all_of_them == [
        "· 1 coupons counted",
        "· 3 of old counts removed",
        "✓ 1 coupons counted anew, 3 of old counts removed",
    ], "the old count is made up for as well, as long as it is shown"
    assert figures(shop, "ten")["sent"] == 1


def test_what_came_and_went_is_no_line_of_its_own(counting: Shop) -> None:
    shop = counting
    phone = shop.fan()
    code = coupon(shop, phone, "ten")
    held = _held(shop, phone.member_id, code) | {"store_id": OTHER_STORE}
    assert shop.till.post("/v1/till/checkout/holds", held).status_code == 201
    while_held = rows(shop, "ten", "stores")
    back = {"store_id": OTHER_STORE}
    path = f"/v1/till/checkout/holds/{held['order_number']}/release"
    assert shop.till.post(path, back).status_code == 201

    assert while_held == [{"store_id": OTHER_STORE, "locked": 1}]
    assert rows(shop, "ten", "stores") == []
    assert [row.get("store_id") for row in days(shop, "ten", "2020-01-01", "2030-01-01")] == [None]
