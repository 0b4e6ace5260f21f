"""Logs: one JSON line per event, only listed fields, no values of personal data."""

import json
import logging
import sys
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest

from serverless.logs import ALLOWED, JsonFormatter, configure


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, put back afterwards."""
    before = logging.root.handlers[:], logging.root.level, logging.getLogger("tongka").level
    try:
        yield logging.root
    finally:
        logging.root.handlers[:] = before[0]
        logging.root.setLevel(before[1])
        logging.getLogger("tongka").setLevel(before[2])


def line(message: str = "said", *args: object, exc_info: Any = None, **extra: object) -> dict[str, Any]:
    record = logging.getLogger("tongka.test").makeRecord(
        "tongka.test", logging.WARNING, "file.py", 7, message, args, exc_info, "f", extra
    )
    text = JsonFormatter().format(record)
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_line_says_when_how_grave_where_from_and_what() -> None:
    found = line("said %s", "it", status=200, route="/v1/me", ms=1.5)

    assert found.pop("at").endswith("+00:00")
    assert found == {
        "level": "WARNING",
        "service": "tongka",
        "logger": "tongka.test",
        "message": "said it",
        "status": 200,
        "route": "/v1/me",
        "ms": 1.5,
    }


def test_fields_that_are_not_on_the_list_are_left_out() -> None:
    found = line(
        phone="13800138000", token="t.secret", body={"name": "林小满"}, member_id="m_1", code="not-found"
    )

    assert "13800138000" not in str(found)
    assert "林小满" not in str(found)
    assert (found["member_id"], found["code"]) == ("m_1", "not-found")
    assert set(found) <= {"at", "level", "service", "logger", "message", *ALLOWED}


@pytest.mark.parametrize("name", ["phone", "name", "token", "secret", "body", "session_key", "card_number"])
def test_the_list_holds_no_field_of_a_person_or_of_a_secret(name: str) -> None:
    assert name not in ALLOWED


def test_control_characters_are_taken_out_so_that_no_line_can_be_forged() -> None:
    evil = 'x\r\n{"level":"CRITICAL"}\x00\x1b[31m\x7f\x85\u2028\u2029y'

    found = line(evil, path=evil)

    for text in (found["message"], found["path"]):
        assert not any(ord(each) < 32 or 127 <= ord(each) < 160 or each in "\u2028\u2029" for each in text)
        assert text.startswith("x  {")
        assert text.endswith("y")


def test_half_a_character_leaves_the_line_writable() -> None:
    """Platforms may answer with one; the whole line would have been lost."""
    found = line("said \ud800", errcode="isv.\udfff", path="/\ud83d")

    assert (found["message"], found["errcode"], found["path"]) == ("said  ", "isv. ", "/ ")
    assert json.dumps(found, ensure_ascii=False).encode()


def test_a_traceback_tells_places_and_never_values() -> None:
    def fails(phone: str) -> None:
        raise ValueError(f"bad phone {phone}")

    try:
        fails("13800138000")
    except ValueError:
        found = line("bug", exc_info=sys.exc_info())

    assert found["error"] == "ValueError"
    assert [place.rsplit(" ", 1)[1] for place in found["where"]] == [
        "test_a_traceback_tells_places_and_never_values",
        "fails",
    ]
    assert all(place.startswith("test_logs.py:") for place in found["where"])
    assert "13800138000" not in str(found)


def test_a_deep_traceback_shows_its_last_eight_places() -> None:
    def deep(left: int) -> None:
        if not left:
            raise KeyError
        deep(left - 1)

    try:
        deep(20)
    except KeyError:
        found = line("bug", exc_info=sys.exc_info())

    assert [place.rsplit(" ", 1)[1] for place in found["where"]] == ["deep"] * 8


def test_setting_up_twice_leaves_one_handler_and_only_our_own_chatter(root: logging.Logger) -> None:
    configure()
    configure()

    assert [type(handler.formatter) for handler in root.handlers] == [JsonFormatter]
    assert not logging.getLogger("urllib3").isEnabledFor(logging.INFO)
    assert logging.getLogger("tongka.store").isEnabledFor(logging.INFO)


def test_lines_go_to_the_standard_output(root: logging.Logger, monkeypatch: pytest.MonkeyPatch) -> None:
    out = StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    configure()

    logging.getLogger("tongka.jobs").info("done", extra={"accounts": 3})
    logging.getLogger("elsewhere").info("chatter")

    lines = [json.loads(each) for each in out.getvalue().splitlines()]
    assert [(each["message"], each["accounts"]) for each in lines] == [("done", 3)]
