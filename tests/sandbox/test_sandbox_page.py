"""The page of the sandbox: what it shows, and whom it lets in."""

import re

import pytest

from sandbox.server import RunningSandbox
from tests.sandbox.calling import get, post_form, send
from tests.sandbox.worlds import PHONE, advance, mini_program, person, plan, sms_account


def page(sandbox: RunningSandbox) -> str:
    """The page as a browser gets it."""
    answer = get(sandbox.page_url + "/")
    assert answer.status == 200
    return answer.text


def test_an_empty_world_says_what_is_missing(sandbox: RunningSandbox) -> None:
    text = page(sandbox)
    assert "还没有连接会员系统" in text
    assert "POST /control/product" in text
    assert "还没有短信" in text
    assert "与本机一致" in text


def test_the_page_shows_people_messages_requests_and_faults(sandbox: RunningSandbox) -> None:
    person(sandbox, "<b>王小明</b>")
    mini_program(sandbox).stable()
    sms_account(sandbox).send()
    plan(sandbox, "alipay", "alipay.system.oauth.token", "no_sign")
    text = page(sandbox)
    assert "&lt;b&gt;王小明&lt;/b&gt;" in text
    assert "<b>王小明" not in text
    assert text.count("验证码 246810") == 2, "in the inbox and on the phone"
    assert "POST /cgi-bin/stable_token" in text
    assert "no_sign" in text


def test_the_page_needs_no_inline_style_or_script_and_says_so(sandbox: RunningSandbox) -> None:
    person(sandbox)
    answer = get(sandbox.page_url + "/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", answer.text)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_the_stylesheet_is_served_for_light_and_dark(sandbox: RunningSandbox) -> None:
    answer = get(sandbox.page_url + "/static/sandbox.css")
    assert answer.headers["content-type"].startswith("text/css")
    assert "prefers-color-scheme: dark" in answer.text


@pytest.mark.parametrize(
    "move, seconds", [("day", 86_400), ("month", 28 * 86_400), ("thirteen-months", 394 * 86_400)]
)
def test_the_clocks_buttons_move_it(sandbox: RunningSandbox, move: str, seconds: int) -> None:
    answer = post_form(sandbox.page_url + "/page/clock", {"move": move}, Origin=sandbox.page_url)
    assert (answer.status, answer.headers["location"]) == (303, "/#clock")
    assert seconds <= sandbox.world.clock.offset_seconds <= seconds + 4 * 86_400
    assert "快 " in page(sandbox)
    post_form(sandbox.page_url + "/page/clock", {"move": "reset"})
    assert sandbox.world.clock.offset_seconds == 0


def test_an_unknown_button_is_refused(sandbox: RunningSandbox) -> None:
    assert post_form(sandbox.page_url + "/page/clock", {"move": "back"}).status == 400
    advance(sandbox, -7200)
    assert "慢 2 小时" in page(sandbox)


def test_somebody_new_comes_and_changes_the_number(sandbox: RunningSandbox) -> None:
    answer = post_form(sandbox.page_url + "/page/people", {"name": " 王小明 ", "phone": PHONE})
    (wang,) = sandbox.world.people.all()
    assert (answer.status, answer.headers["location"]) == (303, f"/#{wang.person_id}")
    assert wang.name == "王小明"
    path = f"{sandbox.page_url}/page/people/{wang.person_id}"
    post_form(path, {"phone": "13900139000"})
    assert sandbox.world.people.get(wang.person_id).phone == "13900139000"
    post_form(path, {"phone": "12"})
    assert sandbox.world.people.get(wang.person_id).phone == "13900139000"
    assert "not_valid" in page(sandbox)


@pytest.mark.parametrize(
    "path, method", [("/page/clock", "POST"), ("/clock", "POST"), ("/control/state", "DELETE")]
)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "[broken"},
    ],
)
def test_other_sites_can_change_nothing(
    sandbox: RunningSandbox, path: str, method: str, headers: dict[str, str]
) -> None:
    person(sandbox)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = send(sandbox.page_url + path, method, '{"advance_seconds": 5, "move": "day"}', kind | headers)
    assert answer.status == 403
    assert sandbox.world.clock.offset_seconds == 0
    assert len(sandbox.world.people.all()) == 1


def test_the_page_answers_to_its_own_names_only(sandbox: RunningSandbox) -> None:
    port = sandbox.page_url.rpartition(":")[2]
    assert send(sandbox.page_url + "/", headers={"Host": f"localhost:{port}"}).status == 200
    assert send(sandbox.page_url + "/", headers={"Host": "rebound.example"}).status == 403


def test_a_form_of_the_page_itself_is_accepted(sandbox: RunningSandbox) -> None:
    headers = {"Origin": sandbox.page_url, "Sec-Fetch-Site": "same-origin"}
    assert post_form(sandbox.page_url + "/page/clock", {"move": "day"}, **headers).status == 303
