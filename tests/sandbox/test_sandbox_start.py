"""Starting, stopping and restarting the sandbox."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from sandbox.__main__ import main
from sandbox.server import Ports, RunningSandbox, start_sandbox
from sandbox.state import State
from tests.sandbox.calling import get, post_json
from tests.sandbox.worlds import (
    PHONE,
    AlipayApp,
    KeyPair,
    MiniProgram,
    SmsAccount,
    advance,
    alipay_app,
    control,
    mini_program,
    person,
    plan,
    sms_account,
)

ROOT = Path(__file__).parents[2]


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """The command as one would type it, and the line it prints."""
    command = [sys.executable, "-W", "error", "-X", "dev", "-m", "sandbox", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_one_line_answers_and_ends_on_a_signal(number: signal.Signals) -> None:
    with started() as (process, addresses):
        assert list(addresses) == ["wechat", "alipay", "sms", "page"]
        assert all(address.startswith("http://127.0.0.1:") for address in addresses.values())
        assert addresses["alipay"].endswith("/gateway.do")
        assert get(addresses["wechat"] + "/cgi-bin/token").json()["errcode"] == 40002
        assert get(addresses["alipay"]).json()["error_response"]["sub_code"] == "isv.missing-method"
        assert get(addresses["sms"] + "/", Format="JSON").json()["Code"] == "MissingAction"
        assert get(addresses["page"] + "/").status == 200
        process.send_signal(number)
        printed, complained = process.communicate(timeout=20)
        assert (process.returncode, printed, complained) == (0, "", "")


def test_the_command_listens_where_it_is_told(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with started("--state", str(tmp_path / "world.db"), "--page-port", str(port)) as (_process, addresses):
        assert addresses["page"] == f"http://127.0.0.1:{port}"
    assert (tmp_path / "world.db").exists()


def test_the_command_runs_inside_a_process_too(capsys: pytest.CaptureFixture[str]) -> None:
    former = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def terminate_once_it_listens() -> None:
        while signal.getsignal(signal.SIGTERM) == former[signal.SIGTERM]:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = Thread(target=terminate_once_it_listens)
    thread.start()
    try:
        assert main([]) == 0
    finally:
        thread.join()
        for number, handler in former.items():
            signal.signal(number, handler)
    assert set(json.loads(capsys.readouterr().out)) == {"wechat", "alipay", "sms", "page"}


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "--alipay-port" in capsys.readouterr().out


def test_a_port_that_is_taken_stops_what_had_started(sandbox: RunningSandbox) -> None:
    taken = int(sandbox.page_url.rpartition(":")[2])
    with pytest.raises(SystemExit):
        # The server library prints a hint and exits.
        start_sandbox(ports=Ports(page=taken))
    assert get(sandbox.page_url + "/clock").status == 200


def known(running: RunningSandbox) -> dict[str, Any]:
    """All that the control API lists."""
    paths = ("people", "wechat/apps", "alipay/apps", "sms/messages", "requests", "faults", "product")
    return {path: get(f"{running.page_url}/control/{path}").json() for path in paths}


def test_everything_survives_a_restart_with_a_state_file(tmp_path: Path, keys: KeyPair) -> None:
    file = tmp_path / "world.db"
    first = start_sandbox(file)
    wang = person(first)
    program, app, account = mini_program(first, "op1"), alipay_app(first, keys), sms_account(first)
    session, token = program.log_in(wang), program.stable()["access_token"]
    open_id = app.log_in(wang)["open_id"]
    code, auth_code = program.login_code(wang), app.auth_code(wang)
    account.send(SignatureNonce="n1")
    plan(first, "wechat", "/cgi-bin/token", "-1")
    channel = {"channel_id": "demo.wx", "platform": "wechat", "app_id": program.app_id, "name": "演示"}
    fields: dict[str, Any] = {
        "member_api": "http://127.0.0.1:1",
        "channels": [channel],
        "consent_version": "1",
    }
    control(first, "/control/product", 200, "POST", **fields)
    advance(first, 100)
    before = known(first)
    first.stop()

    second = start_sandbox(file)
    try:
        assert known(second) == before
        assert 95 < get(f"{second.page_url}/clock").json()["offset_seconds"] <= 100
        program = MiniProgram(second, program.app_id, program.secret)
        app = AlipayApp(second, keys, app.app_id, app.alipay_public_key, app.aes_key)
        account = SmsAccount(second, account.access_key_id, account.access_key_secret)
        assert program.stable()["access_token"] == token
        assert program.exchange(code)["unionid"] == session["unionid"]
        node = app.call("alipay.system.oauth.token", grant_type="authorization_code", code=auth_code).json()
        assert node["alipay_system_oauth_token_response"]["open_id"] == open_id
        assert account.send(SignatureNonce="n1").json()["Code"] == "SignatureNonceUsed"
        assert account.send(PhoneNumbers=PHONE).json()["Code"] == "OK"
    finally:
        second.stop()


def test_without_a_file_nothing_is_kept(sandbox: RunningSandbox) -> None:
    person(sandbox)
    other = start_sandbox()
    try:
        assert get(f"{other.page_url}/control/people").json() == {"items": []}
    finally:
        other.stop()


def test_many_threads_at_once_use_a_code_once(sandbox: RunningSandbox) -> None:
    program = mini_program(sandbox)
    code = program.login_code(person(sandbox))
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: program.exchange(code), range(32)))
    assert sum("openid" in answer for answer in answers) == 1
    assert {answer.get("errcode") for answer in answers} == {None, 40163}


def test_many_threads_at_once_get_the_same_stable_token(sandbox: RunningSandbox) -> None:
    program = mini_program(sandbox)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: program.stable()["access_token"], range(32)))
    assert len(set(answers)) == 1
    assert len(sandbox.world.requests.all("wechat")) == 32


def test_a_change_that_fails_leaves_nothing_behind() -> None:
    state = State()

    def fail() -> None:
        with state.change():
            state.run("INSERT INTO thing (shelf, key, body) VALUES ('a', 'b', '{}')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert state.run("SELECT * FROM thing") == []
    state.close()


def test_the_servers_are_of_one_world(sandbox: RunningSandbox) -> None:
    born = sandbox.world.people.add("韩梅梅", "13700137000")
    listed = get(f"{sandbox.page_url}/control/people").json()["items"]
    assert [item["person_id"] for item in listed] == [born.person_id]
    assert post_json(f"{sandbox.page_url}/clock", {"advance_seconds": 60}).status == 200
    assert sandbox.world.clock.offset_seconds == 60
