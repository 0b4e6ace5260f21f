"""WeChat in the sandbox: the two families of access tokens."""

import pytest

from sandbox.server import RunningSandbox
from tests.sandbox.calling import get, post_json, send
from tests.sandbox.worlds import MiniProgram, advance, mini_program


def errcode_of(app: MiniProgram, token: str) -> int:
    """What WeChat thinks of a token; 40029 means that it is good, only the code is not."""
    errcode = app.phone(token, "no such code")["errcode"]
    assert isinstance(errcode, int)
    return errcode


GOOD = 40029


def test_the_classic_call_gives_a_new_token_each_time_and_the_former_lives_five_minutes(
    sandbox: RunningSandbox,
) -> None:
    app = mini_program(sandbox)
    first, second = app.classic_token(), app.classic_token()
    assert first != second
    assert errcode_of(app, first) == errcode_of(app, second) == GOOD
    advance(sandbox, 301)
    assert errcode_of(app, first) == 40001
    assert errcode_of(app, second) == GOOD


def test_the_grace_of_an_old_token_is_not_prolonged_by_further_calls(sandbox: RunningSandbox) -> None:
    app = mini_program(sandbox)
    first = app.classic_token()
    app.classic_token()
    advance(sandbox, 200)
    app.classic_token()
    advance(sandbox, 101)
    assert errcode_of(app, first) == 40001


def test_the_grace_of_an_old_token_ends_with_its_own_life(sandbox: RunningSandbox) -> None:
    app = mini_program(sandbox)
    first = app.classic_token()
    advance(sandbox, 7100)
    second = app.classic_token()
    assert errcode_of(app, first) == GOOD
    advance(sandbox, 101)
    assert errcode_of(app, first) == 40001
    assert errcode_of(app, second) == GOOD


def test_a_token_expires_after_two_hours(sandbox: RunningSandbox) -> None:
    app = mini_program(sandbox)
    token = app.classic_token()
    advance(sandbox, 7190)
    assert errcode_of(app, token) == GOOD
    advance(sandbox, 11)
    assert errcode_of(app, token) == 42001


def test_the_stable_call_repeats_its_token_with_the_seconds_that_remain(sandbox: RunningSandbox) -> None:
    app = mini_program(sandbox)
    first = app.stable()
    advance(sandbox, 600)
    second = app.stable()
    assert first["expires_in"] == 7200
    assert second["access_token"] == first["access_token"]
    assert 6590 <= second["expires_in"] <= 6600


def test_the_stable_token_is_replaced_five_minutes_before_its_end_and_both_are_good(
    sandbox: RunningSandbox,
) -> None:
    app = mini_program(sandbox)
    first = app.stable()
    advance(sandbox, 6901)
    second = app.stable()
    assert second["access_token"] != first["access_token"]
    assert second["expires_in"] == 7200
    assert errcode_of(app, first["access_token"]) == errcode_of(app, second["access_token"]) == GOOD
    advance(sandbox, 300)
    assert errcode_of(app, first["access_token"]) == 40001


def test_the_two_families_leave_each_other_alone(sandbox: RunningSandbox) -> None:
    app = mini_program(sandbox)
    stable = app.stable()["access_token"]
    classic = app.classic_token()
    app.stable(force_refresh=True)
    advance(sandbox, 301)
    assert errcode_of(app, classic) == GOOD
    stable_again = app.stable()["access_token"]
    app.classic_token()
    advance(sandbox, 301)
    assert errcode_of(app, stable_again) == GOOD
    assert errcode_of(app, stable) == 40001


def test_a_forced_refresh_ends_the_old_token_at_once_but_not_twice_within_thirty_seconds(
    sandbox: RunningSandbox,
) -> None:
    app = mini_program(sandbox)
    first = app.stable()["access_token"]
    second = app.stable(force_refresh=True)["access_token"]
    assert second != first
    assert errcode_of(app, first) == 40001
    assert app.stable(force_refresh=True)["access_token"] == second
    advance(sandbox, 31)
    assert app.stable(force_refresh=True)["access_token"] != second


def test_a_token_can_be_forced_twenty_times_a_day(sandbox: RunningSandbox) -> None:
    app = mini_program(sandbox)
    for _ in range(20):
        assert "access_token" in app.stable(force_refresh=True)
        advance(sandbox, 31)
    assert app.stable(force_refresh=True)["errcode"] == 45009
    assert "access_token" in app.stable()
    advance(sandbox, 24 * 3600)
    assert "access_token" in app.stable(force_refresh=True)


def test_a_token_belongs_to_its_app(sandbox: RunningSandbox) -> None:
    app, account = mini_program(sandbox), mini_program(sandbox, kind="official_account")
    assert errcode_of(app, account.classic_token()) == 48001


@pytest.mark.parametrize(
    "changed, errcode",
    [
        ({"grant_type": "authorization_code"}, 40002),
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
        ({"appid": "wx0000000000000000"}, 40013),
        ({"secret": "0" * 32}, 40125),
    ],
)
def test_both_calls_refuse_wrong_credentials_alike(
    sandbox: RunningSandbox, changed: dict[str, str], errcode: int
) -> None:
    app = mini_program(sandbox)
    fields = {"grant_type": "client_credential", "appid": app.app_id, "secret": app.secret} | changed
    assert get(f"{sandbox.wechat_url}/cgi-bin/token", **fields).json()["errcode"] == errcode
    assert post_json(f"{sandbox.wechat_url}/cgi-bin/stable_token", fields).json()["errcode"] == errcode


@pytest.mark.parametrize("body, errcode", [("", 44002), ("{", 47001), ("[1]", 47001)])
def test_a_body_that_is_no_object_is_refused(sandbox: RunningSandbox, body: str, errcode: int) -> None:
    answer = send(f"{sandbox.wechat_url}/cgi-bin/stable_token", "POST", body)
    assert answer.json()["errcode"] == errcode
