"""How long a login lives, what ends it, where cursors are good, and what every answer carries."""

import base64
import re
from datetime import datetime

import pytest

from adapters.dynamodb.meter import metered
from tests.handlers.objects import BUILDERS
from tests.handlers.scene import Scene, door_of, operation_of, raw_body
from tests.shop import Answer, Phone, Shop

ENDED = (401, "session-ended")


def said(answer: Answer) -> tuple[int, str | None]:
    return answer.status_code, answer.json.get("code")


def again(phone: Phone, platform: str = "wechat") -> Phone:
    """The same person on a second device."""
    other = Phone(phone.shop, phone.person_id, phone.number)
    other.log_in(platform, device="Mate 80")
    return other


def test_a_login_ends_after_two_idle_hours(shop: Shop) -> None:
    one, other = shop.fan(), shop.fan()

    shop.wait(hours=1, minutes=59, seconds=50)
    assert said(one.get("/v1/me")) == (200, None)
    shop.wait(seconds=11)

    assert said(other.get("/v1/me")) == ENDED
    assert said(one.get("/v1/me")) == (200, None)


def test_a_login_ends_after_seven_days_however_busy(shop: Shop) -> None:
    phone = shop.fan()
    for _ in range(7 * 24 - 1):
        shop.wait(hours=1)
        assert said(phone.get("/v1/me")) == (200, None)

    shop.wait(minutes=59)
    assert said(phone.get("/v1/me")) == (200, None)
    shop.wait(minutes=1)
    assert said(phone.get("/v1/me")) == ENDED


def test_the_end_moves_forward_at_most_every_thirty_minutes(shop: Shop) -> None:
    phone = shop.fan()

    def calls() -> dict[str, int]:
        with metered() as usage:
            shop.services.authenticate_session(phone.token)
        return dict(usage.calls)

    assert calls() == {"get_item": 1}
    shop.wait(minutes=29, seconds=50)
    assert [calls() for _ in range(3)] == [{"get_item": 1}] * 3
    shop.wait(seconds=11)
    assert calls() == {"get_item": 1, "update_item": 1}
    assert [calls() for _ in range(3)] == [{"get_item": 1}] * 3


def test_the_login_record_shows_the_end_that_was_moved(shop: Shop) -> None:
    phone = shop.fan()
    shop.wait(hours=1)
    phone.get("/v1/me")

    login = phone.get("/v1/me/logins").json["items"][0]
    opened, expires = (datetime.fromisoformat(login[name]) for name in ("opened_at", "expires_at"))

    assert 3 * 3600 - 5 <= (expires - opened).total_seconds() <= 3 * 3600 + 5
    assert login["revoked_at"] is None


def test_logging_out_ends_this_login_and_no_other(shop: Shop) -> None:
    phone = shop.fan()
    other = again(phone)

    answer = phone.post("/v1/auth/logout")

    assert (answer.status_code, answer.text) == (204, "")
    assert said(phone.get("/v1/me")) == ENDED
    assert said(phone.post("/v1/auth/logout")) == ENDED
    assert said(other.get("/v1/me")) == (200, None)
    revoked = [login["revoked_at"] is not None for login in other.get("/v1/me/logins").json["items"]]
    assert sorted(revoked) == [False, True]


def test_every_login_of_the_person_merged_away_ends(shop: Shop) -> None:
    wechat = shop.member("wechat")
    alipay = Phone(shop, wechat.person_id, wechat.number)
    alipay.log_in("alipay")
    tablet = again(alipay, "alipay")
    stale = Phone(shop, alipay.person_id, alipay.number, token=alipay.token)

    assert alipay.prove("alipay").json["outcome"] == "merged"

    assert [said(phone.get("/v1/me")) for phone in (stale, tablet)] == [ENDED, ENDED]
    assert [said(phone.get("/v1/me")) for phone in (wechat, alipay)] == [(200, None), (200, None)]


def test_other_logins_end_when_the_phone_changes(shop: Shop) -> None:
    phone = shop.member()
    other = again(phone)
    shop.sandbox.world.people.change(phone.person_id, phone="13300007711")

    assert phone.prove().json["outcome"] == "phone_changed"

    assert said(other.get("/v1/me")) == ENDED


def test_a_token_is_good_in_the_channel_that_issued_it(shop: Shop) -> None:
    phone = shop.fan()

    own = phone.get("/v1/me", **{"Tongka-Channel": shop.channel("wx")})
    others = [
        phone.get("/v1/me", **{"Tongka-Channel": channel})
        for channel in (shop.channel("alipay"), shop.channel("wx-2"), "wx", "", f"{shop.tenant_id}x.wx")
    ]

    assert said(own) == (200, None)
    assert {said(other) for other in others} == {(401, "session-of-another-app")}
    assert {other.headers["WWW-Authenticate"] for other in others} == {"Bearer"}


@pytest.mark.parametrize(
    "change",
    [
        "{0}x",
        "x{0}",
        "{0}.",
        "{1}",
        "{2}.",
        ".{1}",
        "{2}.{1}=",
        "{2}.{1}.{1}",
        "{0}\x85",
        "\xa0{0}",
        "{2}.\xa0{1}",
    ],
)
def test_a_changed_token_is_worthless(shop: Shop, change: str) -> None:
    phone = shop.fan()
    tenant_id, _, secret = phone.token.partition(".")
    token = change.format(phone.token, secret, tenant_id)

    assert said(Phone(shop, "", "", token).get("/v1/me")) == ENDED


def test_a_person_sees_the_own_data_and_nobody_elses(scene: Scene) -> None:
    shop = scene.shop
    one, other, stranger = shop.member(), shop.member(), scene.rival.member()
    shop.buy(7700, one.member_id)
    paths = ("/v1/me", "/v1/me/logins", "/v1/me/points", "/v1/me/points/entries", "/v1/me/code")

    texts = {path: [phone.get(path).text for phone in (other, stranger)] for path in paths}

    assert all(one.member_id not in text for path in paths for text in texts[path])
    assert all(phone.get("/v1/me/points").json["balance"] == 0 for phone in (other, stranger))
    assert one.get("/v1/me/points").json["balance"] == 77
    assert [phone.get("/v1/me/points/entries").json["items"] for phone in (other, stranger)] == [[], []]


def busy(shop: Shop) -> Phone:
    """Somebody with two logins and two entries."""
    phone = shop.fan()
    again(phone)
    for _ in range(2):
        shop.buy(1000, phone.member_id)
    return phone


def test_a_cursor_is_good_for_its_own_list_alone(scene: Scene) -> None:
    shop = scene.shop
    one, other, stranger = busy(shop), busy(shop), busy(scene.rival)
    logins, entries = "/v1/me/logins?limit=1", "/v1/me/points/entries?limit=1"
    mine, points = (one.get(path).json["next_cursor"] for path in (logins, entries))
    staff = f"/v1/staff/members/{{}}/logins?limit=1&cursor={mine}"

    refused = [
        one.get(f"{entries}&cursor={mine}"),
        one.get(f"{logins}&cursor={points}"),
        other.get(f"{logins}&cursor={mine}"),
        other.get(f"{entries}&cursor={points}"),
        stranger.get(f"{logins}&cursor={mine}"),
        shop.office.get(staff.format(one.member_id)),
        shop.office.get(staff.format(other.member_id)),
        shop.office.get("/v1/staff/merges", limit="1", cursor=mine),
    ]

    for answer in refused:
        assert said(answer) == (422, "invalid-input")
        assert [(error["field"], error["code"]) for error in answer.json["errors"]] == [
            ("cursor", "invalid-format")
        ]
    assert one.get(f"{logins}&cursor={mine}").status_code == 200
    assert one.get(f"{entries}&cursor={points}").status_code == 200


@pytest.mark.parametrize("path", ["/v1/me/logins?limit=1", "/v1/me/points/entries?limit=1"])
def test_a_tampered_cursor_is_refused(scene: Scene, path: str) -> None:
    phone = busy(scene.shop)
    cursor = phone.get(path).json["next_cursor"]
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))

    for place in range(len(raw)):
        changed = bytes(raw[:place]) + bytes([raw[place] ^ 1]) + bytes(raw[place + 1 :])
        text = base64.urlsafe_b64encode(changed).decode().rstrip("=")
        assert said(phone.get(f"{path}&cursor={text}")) == (422, "invalid-input"), place
    blanks = (
        cursor[:8] + "...." + cursor[8:],
        cursor + "%3D",
        cursor[:8] + "%20%20%20%20" + cursor[8:],
        cursor + "!!!!",
    )
    for text in blanks:
        assert said(phone.get(f"{path}&cursor={text}")) == (422, "invalid-input"), "one form only"
    for text in (cursor[:-4], cursor[4:], cursor + "AAAA", "AAAA", "A", "====", "%00", "%C3%A9", cursor * 2):
        assert said(phone.get(f"{path}&cursor={text}")) == (422, "invalid-input"), text


@pytest.mark.parametrize("endpoint", BUILDERS)
def test_no_answer_may_be_kept_by_anybody_between(scene: Scene, endpoint: str) -> None:
    sample = BUILDERS[endpoint](scene.shop)
    door = door_of(scene.shop, endpoint)

    answer = sample.send(door, raw_body(sample))

    assert answer.status_code == operation_of(door.app, endpoint).status
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "application/json"
    assert "Set-Cookie" not in answer.headers


def test_a_refusal_tells_the_trace_id_of_the_gateway_or_one_of_its_own(scene: Scene) -> None:
    people = scene.shop.people

    own = people.get("/v1/me").json["trace_id"]
    given = people.get("/v1/me", headers={"X-Amzn-Trace-Id": "Root=1-67891233-abcdef012345678912345678"})
    long = people.get("/v1/me", headers={"X-Amzn-Trace-Id": "x" * 500})

    assert re.fullmatch(r"[0-9a-f]{16}", own)
    assert given.json["trace_id"] == "Root=1-67891233-abcdef012345678912345678"
    assert long.json["trace_id"] == "x" * 100
    assert people.get("/v1/nowhere").json["trace_id"]
