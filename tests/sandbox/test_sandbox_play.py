"""People play the product on the page of the sandbox."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from sandbox.server import RunningSandbox
from tests.sandbox.calling import Answer, get, post_form, post_json
from tests.sandbox.small_product import SmallProduct, running
from tests.sandbox.worlds import KeyPair, alipay_app, control, mini_program, person

UNREACHABLE = "http://127.0.0.1:9"


def connect(sandbox: RunningSandbox, product: SmallProduct, member_api: str) -> None:
    """Put the product's apps on the phones."""
    channels = [
        {
            "channel_id": "demo.wx",
            "platform": "wechat",
            "app_id": product.program.app_id,
            "name": "微信小程序",
        },
        {
            "channel_id": "demo.ali",
            "platform": "alipay",
            "app_id": product.app.app_id,
            "name": "支付宝小程序",
        },
    ]
    fields: dict[str, Any] = {"member_api": member_api, "channels": channels, "consent_version": "2026-11"}
    control(sandbox, "/control/product", 200, "POST", **fields)


@pytest.fixture
def product(sandbox: RunningSandbox, keys: KeyPair) -> Iterator[SmallProduct]:
    with running(SmallProduct(mini_program(sandbox), alipay_app(sandbox, keys))) as served:
        connect(sandbox, served, served.url)
        yield served


def press(sandbox: RunningSandbox, person_id: str, channel_id: str, action: str) -> Answer:
    """Press a button on a phone."""
    path = f"/page/people/{person_id}/{channel_id}/{action}"
    return post_form(sandbox.page_url + path, {}, Origin=sandbox.page_url)


def page(sandbox: RunningSandbox) -> str:
    """The page as it is now."""
    return get(sandbox.page_url + "/").text


def test_a_login_through_wechat_shows_the_card(sandbox: RunningSandbox, product: SmallProduct) -> None:
    wang = person(sandbox)
    assert "微信小程序" in page(sandbox)
    assert press(sandbox, wang, "demo.wx", "log-in").headers["location"] == f"/#{wang}"
    text = page(sandbox)
    assert "已通过微信小程序登录" in text
    assert "880000" in text
    assert "粉丝" in text
    assert "我的卡" in text
    assert sandbox.world.visits.get(wang, "demo.wx").token == "token-0"
    assert sandbox.world.visits.get(wang, "demo.ali").token == ""


@pytest.mark.parametrize("channel_id, proof", [("demo.wx", "code"), ("demo.ali", "response")])
def test_sharing_the_phone_hands_over_the_platforms_proof_with_consent_and_a_key(
    sandbox: RunningSandbox, product: SmallProduct, channel_id: str, proof: str
) -> None:
    wang = person(sandbox)
    press(sandbox, wang, channel_id, "log-in")
    press(sandbox, wang, channel_id, "phone")
    press(sandbox, wang, channel_id, "phone")
    first, _second = product.phone_calls
    assert set(first) == {proof, "consent"}
    assert first["consent"] == {"version": "2026-11", "accepted": True}
    assert len(set(product.keys_of_phone_calls)) == 2
    assert all(len(key) == 32 for key in product.keys_of_phone_calls)
    text = page(sandbox)
    assert "已入会" in text
    assert "138****8000" in text


def test_a_phone_code_from_the_page_is_good_at_the_platform(
    sandbox: RunningSandbox, product: SmallProduct
) -> None:
    wang = person(sandbox)
    press(sandbox, wang, "demo.wx", "log-in")
    press(sandbox, wang, "demo.wx", "phone")
    token = product.program.classic_token()
    info = product.program.phone(token, product.phone_calls[0]["code"])["phone_info"]
    assert info["purePhoneNumber"] == "13800138000"


def test_my_card_shows_points_and_entries_and_the_code(
    sandbox: RunningSandbox, product: SmallProduct
) -> None:
    wang = person(sandbox)
    press(sandbox, wang, "demo.ali", "log-in")
    press(sandbox, wang, "demo.ali", "card")
    press(sandbox, wang, "demo.ali", "code")
    text = page(sandbox)
    assert "<b>30</b> 积分" in text
    assert "获得" in text
    assert "2026-11-22 18:00:00" in text
    assert "286512345678901234" in text
    assert "60 秒内有效" in text


@pytest.mark.parametrize("entries", [None, "nothing", ["odd", {}]])
def test_missing_and_odd_fields_do_not_break_the_page(
    sandbox: RunningSandbox, product: SmallProduct, entries: object
) -> None:
    wang = person(sandbox)
    product.entries = entries
    press(sandbox, wang, "demo.wx", "log-in")
    press(sandbox, wang, "demo.wx", "card")
    assert "已刷新" in page(sandbox)


def test_a_problem_is_shown_with_its_message_and_code(sandbox: RunningSandbox, product: SmallProduct) -> None:
    wang = person(sandbox)
    press(sandbox, wang, "demo.wx", "log-in")
    problem = {"status": 409, "code": "member_frozen", "title": "Frozen", "message": "会员已被冻结"}
    product.problem = problem
    for action in ("phone", "card", "code", "log-in"):
        press(sandbox, wang, "demo.wx", action)
        text = page(sandbox)
        assert "会员已被冻结" in text
        assert "member_frozen" in text
    assert sandbox.world.visits.get(wang, "demo.wx").token == "token-0"


@pytest.mark.parametrize(
    "problem, shown",
    [
        ({"status": 422, "title": "Only a title"}, "Only a title"),
        ({"status": 500}, "会员系统答复了 500"),
    ],
)
def test_a_problem_without_words_still_says_something(
    sandbox: RunningSandbox, product: SmallProduct, problem: dict[str, Any], shown: str
) -> None:
    wang = person(sandbox)
    product.problem = problem
    press(sandbox, wang, "demo.wx", "log-in")
    text = page(sandbox)
    assert shown in text
    assert f"http_{problem['status']}" in text


def test_a_login_that_has_ended_must_be_repeated(sandbox: RunningSandbox, product: SmallProduct) -> None:
    wang = person(sandbox)
    press(sandbox, wang, "demo.wx", "log-in")
    product.tokens.clear()
    press(sandbox, wang, "demo.wx", "card")
    assert "登录已过期" in page(sandbox)
    assert sandbox.world.visits.get(wang, "demo.wx").token == ""
    assert press(sandbox, wang, "demo.wx", "card").status == 404


def test_points_that_fail_leave_the_card_fresh(sandbox: RunningSandbox, product: SmallProduct) -> None:
    wang = person(sandbox)
    press(sandbox, wang, "demo.wx", "log-in")
    other = Pointless(product.program, product.app)
    with running(other):
        other.members, other.tokens = product.members, product.tokens
        connect(sandbox, product, other.url)
        press(sandbox, wang, "demo.wx", "card")
        assert "http_404" in page(sandbox)
        other.has_balance = True
        press(sandbox, wang, "demo.wx", "card")
        assert "http_404" in page(sandbox)
    assert sandbox.world.visits.get(wang, "demo.wx").points == {}


class Pointless(SmallProduct):
    """A product whose points do not work, or only halfway."""

    has_balance = False

    def add_own_pages(self, api: Flask) -> None:
        """The member alone, and perhaps a list for a balance."""

        @api.get("/v1/me")
        def me() -> dict[str, Any]:
            return {"member": next(iter(self.members.values()))}

        @api.get("/v1/me/points")
        def points() -> Any:
            return ["odd"] if self.has_balance else ({"code": "http_404"}, 404)


def test_a_product_that_is_not_there_is_named_as_such(sandbox: RunningSandbox, keys: KeyPair) -> None:
    wang = person(sandbox)
    connect(sandbox, SmallProduct(mini_program(sandbox), alipay_app(sandbox, keys)), UNREACHABLE)
    press(sandbox, wang, "demo.wx", "log-in")
    text = page(sandbox)
    assert "连接不上会员系统" in text
    assert "unreachable" in text


def test_what_does_not_exist_cannot_be_played(sandbox: RunningSandbox, product: SmallProduct) -> None:
    wang = person(sandbox)
    assert press(sandbox, "p0", "demo.wx", "log-in").status == 404
    assert press(sandbox, wang, "demo.tv", "log-in").status == 404
    assert press(sandbox, wang, "demo.wx", "dance").status == 404
    assert press(sandbox, wang, "demo.wx", "phone").status == 404, "nobody is logged in yet"


def test_without_a_product_there_is_nothing_to_play(sandbox: RunningSandbox) -> None:
    assert press(sandbox, person(sandbox), "demo.wx", "log-in").status == 404
    assert get(f"{sandbox.page_url}/control/product").json()["member_api"] is None


@pytest.mark.parametrize(
    "member_api",
    [
        "http://192.0.2.1:80",
        "http://example.com:80",
        "https://127.0.0.1:443",
        "http://127.0.0.1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:80/path",
        "http://127.0.0.1:80?x",
        "http://me@127.0.0.1:80",
        "http://127.0.0.1.evil.example:80",
        "ftp://127.0.0.1:21",
        "nonsense",
    ],
)
def test_only_this_machine_can_be_the_product(sandbox: RunningSandbox, member_api: str) -> None:
    fields = {"member_api": member_api, "channels": [], "consent_version": "1"}
    assert post_json(f"{sandbox.page_url}/control/product", fields).status == 400
    assert sandbox.world.product.get() is None


@pytest.mark.parametrize(
    "member_api", ["http://127.0.0.1:8080/", "http://localhost:8080", "http://[::1]:8080"]
)
def test_every_name_of_this_machine_is_accepted(sandbox: RunningSandbox, member_api: str) -> None:
    fields = {"member_api": member_api, "channels": [], "consent_version": "1"}
    answer = post_json(f"{sandbox.page_url}/control/product", fields)
    assert answer.json()["member_api"] == member_api.rstrip("/")


@pytest.mark.parametrize(
    "channels",
    [None, {}, ["demo.wx"], [{"channel_id": "demo.wx"}], [{}] * 21],
)
def test_channels_are_complete(sandbox: RunningSandbox, channels: object) -> None:
    fields = {"member_api": "http://127.0.0.1:8080", "channels": channels, "consent_version": "1"}
    assert post_json(f"{sandbox.page_url}/control/product", fields).status == 400


def test_a_channel_is_of_a_known_platform(sandbox: RunningSandbox) -> None:
    channel = {"channel_id": "demo.tv", "platform": "television", "app_id": "x", "name": "电视"}
    fields = {"member_api": "http://127.0.0.1:8080", "channels": [channel], "consent_version": "1"}
    assert post_json(f"{sandbox.page_url}/control/product", fields).status == 400
