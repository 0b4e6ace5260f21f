"""A journey with marked values: what is secret or personal shows up where it belongs and nowhere else."""

import hashlib
import io
import json
import logging
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any

import pytest
from msgspec import Struct, field

from domain.member.phone import mask
from serverless import logs
from tests.handlers.messages import ask, log_in, number, prove, wrong
from tests.shop import CONSENT, Answer, Phone, Shop

NAME = "欧阳墨染"


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """The log as in production; the handlers of the test run come back afterwards."""
    own, stream = logging.getLogger("tongka"), io.StringIO()
    kept, levels = logging.root.handlers[:], (logging.root.level, own.level)
    with redirect_stdout(stream):
        logs.configure()
    yield stream
    logging.root.handlers[:] = kept
    logging.root.setLevel(levels[0])
    own.setLevel(levels[1])


class Story(Struct):
    """What was said to whom, and the values to look for."""

    shop: Shop
    phone: Phone
    alipay: Phone
    other: str
    """A number that nobody has proven."""
    changed: str
    """The number that the person has at the end."""
    mine: list[str] = field(default_factory=list)
    """Answers to the person itself."""
    others: list[str] = field(default_factory=list)
    """Answers to tills, the office and other people."""
    personal: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    def keep(self, *answers: Answer) -> None:
        self.mine += [answer.text + json.dumps(answer.headers) for answer in answers]

    def tell(self, *answers: Answer) -> None:
        self.others += [answer.text + json.dumps(answer.headers) for answer in answers]


def tell_story(shop: Shop) -> Story:
    """Join on two platforms, buy, refund, merge, ask for codes, and make all sorts of mistakes."""
    phone = shop.phone(number())
    story = Story(shop, phone, Phone(shop, phone.person_id, phone.number), number(), number())
    joining(story)
    merging(story)
    by_message(story)
    mistakes(story)
    looked_at(story)
    gather(story)
    return story


def joining(story: Story) -> None:
    phone = story.phone
    story.keep(phone.log_in("wechat"), phone.prove("wechat"))
    story.secrets["token"] = phone.token
    story.keep(phone.patch("/v1/me", {"name": NAME, "nickname": "小满"}))
    order = story.shop.buy(6000, phone.member_id)
    story.tell(story.shop.refund(order["order_number"], 1000))


def merging(story: Story) -> None:
    alipay = story.alipay
    alipay.log_in("alipay")
    story.secrets["old token"] = alipay.token
    story.secrets["alipay proof"] = alipay.proof("alipay")["response"]
    story.keep(alipay.prove("alipay"))
    story.secrets["new token"] = alipay.token
    office = story.shop.office
    aliases = office.get(f"/v1/staff/members/{alipay.member_id}").json["aliases"]
    story.tell(office.post(f"/v1/staff/merges/{aliases[0]['merge_id']}/undo"))
    alipay.log_in("alipay")
    alipay.patch("/v1/me", {"name": "司马青衫"})
    story.keep(alipay.prove("alipay"))
    story.tell(office.get("/v1/staff/merges"))


def by_message(story: Story) -> None:
    shop, phone = story.shop, story.phone
    story.keep(ask(shop, story.phone.number))
    code = shop.last_code(story.phone.number)
    story.secrets["login code"] = code
    story.keep(
        log_in(shop, story.phone.number, wrong(code)),
        log_in(shop, story.phone.number, code),
        log_in(shop, story.phone.number, code),
    )
    story.keep(phone.post("/v1/me/sms-codes", {"phone": story.changed}))
    story.secrets["phone code"] = shop.last_code(story.changed)
    story.keep(prove(phone, story.changed, story.secrets["phone code"]), ask(shop, story.other))
    story.secrets["unused code"] = shop.last_code(story.other)


def mistakes(story: Story) -> None:
    """Refusals and broken platforms, where values slip into messages most easily."""
    shop, phone = story.shop, story.phone
    faults = shop.sandbox.world.faults
    for fault in ("40013", "http_502", "garbage", "reset"):
        faults.plan("wechat", "/sns/jscode2session", fault, 1)
        faults.plan("wechat", "/wxa/business/getuserphonenumber", fault, 1)
        refused = [shop.log_in("wechat", phone.person_id), phone.prove("wechat")]
        assert {answer.status_code for answer in refused} <= {422, 503}
        story.keep(*refused)
    for fault in ("isv.AMOUNT_NOT_ENOUGH", "http_502", "reset"):
        shop.wait(minutes=2)
        faults.plan("sms", "SendSms", fault, 1)
        refused = [ask(shop, story.other)]
        assert refused[0].status_code == 503, refused[0].text
        story.keep(*refused)
    faults.cancel()
    story.keep(phone.patch("/v1/me", {"birthday": story.phone.number, "name": NAME + "\x00"}))
    story.keep(
        phone.post("/v1/me/phone", {"code": story.phone.number, "consent": CONSENT, "phone": story.other})
    )
    story.tell(shop.till.get("/v1/till/members", phone=story.other))
    story.keep(Phone(shop, "", "", phone.token + "x").get("/v1/me"))


def looked_at(story: Story) -> None:
    shop, phone = story.shop, story.phone
    for path in ("/v1/me", "/v1/me/logins", "/v1/me/points", "/v1/me/points/entries", "/v1/me/code"):
        story.keep(phone.get(path))
        story.tell(shop.member().get(path))
    base = f"/v1/staff/members/{phone.member_id}"
    story.tell(*(shop.office.get(base + rest) for rest in ("", "/logins", "/points", "/points/entries")))
    story.tell(shop.till.get("/v1/till/members", phone=story.changed))
    story.tell(shop.till.get("/v1/till/members", member_code=phone.get("/v1/me/code").json["code"]))


def gather(story: Story) -> None:
    shop, world = story.shop, story.shop.sandbox.world
    app = world.wechat.apps.get(shop.apps.wechat_id)
    person = story.phone.person_id
    openid = world.wechat.identities.openid(app, person)
    session = world.wechat.sessions._sessions.get(f"{app.app_id} {openid}")
    assert session is not None
    unionid = world.wechat.identities.unionid(app, person)
    assert unionid is not None
    story.personal |= {"phone": story.phone.number, "other": story.other, "changed": story.changed}
    story.personal |= {"name": NAME}
    story.personal |= {"openid": openid, "unionid": unionid}
    story.secrets |= {
        "session_key": session.session_key,
        "app secret": shop.apps.wechat_secret,
        "second app secret": shop.apps.second_wechat_secret,
        "alipay key": shop.apps.private_key.split("\n")[2],
        "aes key": shop.apps.alipay_aes_key,
        "message secret": shop.apps.sms_secret,
        "till secret": shop.secrets["till"],
        "office secret": shop.secrets["office"],
    }
    for name in ("token", "old token", "new token"):
        story.secrets[f"secret of {name}"] = story.secrets[name].partition(".")[2]


def traces(value: str, text: str) -> bool:
    """Whether the value stands in the text; short codes only as a word of their own."""
    if value.isdigit() and len(value) == 6:
        return re.search(rf"(?<![\w.-]){value}(?![\w.-])", text) is not None
    return value in text or json.dumps(value)[1:-1] in text


def test_the_log_holds_nothing_personal_and_no_secret(
    shop: Shop, logged: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    story = tell_story(shop)

    out, err = logged.getvalue(), capsys.readouterr().err
    lines = [json.loads(line) for line in out.splitlines()]
    kinds = {line["message"] for line in lines}
    found = [name for name, value in (story.personal | story.secrets).items() if traces(value, out + err)]

    assert found == []
    assert err == ""
    assert {"request", "wechat refused", "unavailable"} <= kinds
    assert len([line for line in lines if line["message"] == "request"]) > 60
    allowed = {"at", "level", "service", "logger", "message", "error", "where", *logs.ALLOWED}
    assert set().union(*lines) <= allowed
    assert all("?" not in str(line.get("route", "")) for line in lines)


def test_other_people_tills_and_the_office_see_nothing_personal_and_no_secret(shop: Shop) -> None:
    story = tell_story(shop)

    for text in story.others:
        found = [name for name, value in (story.personal | story.secrets).items() if traces(value, text)]
        assert found == [], text
    staff = json.loads(shop.office.get(f"/v1/staff/members/{story.phone.member_id}").text)
    assert (staff["phone"], staff["name"]) == (mask(story.changed), "欧*")
    assert {len(identity["ends_in"]) for identity in staff["identities"]} == {4}


def test_the_person_sees_the_own_name_and_token_and_no_other_secret(shop: Shop) -> None:
    story = tell_story(shop)
    shown = {"token", "new token", "secret of token", "secret of new token"}
    hidden = {name: value for name, value in story.secrets.items() if name not in shown}
    hidden |= {name: value for name, value in story.personal.items() if name != "name"}

    for text in story.mine:
        assert [name for name, value in hidden.items() if traces(value, text)] == [], text
    for name in ("token", "new token"):
        assert any(traces(story.secrets[name], text) for text in story.mine), "the search finds what is there"
    assert any(traces(NAME, text) for text in story.mine)
    me = story.phone.get("/v1/me").json
    assert (me["name"], me["phone"]) == (NAME, mask(story.changed))


def plain(item: Any) -> Iterator[bytes]:
    """Every text, number and byte string in a raw item."""
    if isinstance(item, dict):
        for name, value in item.items():
            yield name.encode()
            yield from plain(value)
    elif isinstance(item, list):
        for value in item:
            yield from plain(value)
    elif isinstance(item, bytes):
        yield item
    else:
        yield str(item).encode()


def test_the_table_holds_secrets_and_personal_data_sealed_or_hashed_only(lone_shop: Shop) -> None:
    story = tell_story(lone_shop)
    hidden = story.secrets | {
        name: value for name, value in story.personal.items() if name not in {"openid", "unionid"}
    }
    items = list(lone_shop.services.table.scan())
    values = [value for item in items for value in plain(item)]

    for name, value in hidden.items():
        if value.isdigit() and len(value) == 6:
            guesses = {value.encode(), hashlib.sha256(value.encode()).digest()}
            assert not guesses & set(values), name
        else:
            digests = (value.encode(), hashlib.sha256(value.encode()).digest(), value.encode("utf-16-le"))
            found = [stored for stored in values if any(digest in stored for digest in digests)]
            assert found == [], name
    kinds = {item["kind"]["S"] for item in items}
    assert {"tenant", "channel", "api-key", "member", "session", "sms-code", "sentinel", "merge"} <= kinds
    session = hashlib.sha256(story.secrets["secret of token"].encode()).hexdigest()
    assert any(item["pk"]["S"].endswith(f"#K#{session}") for item in items), "only the hash of a token"


def test_a_bug_is_recorded_by_its_place_and_without_its_values(logged: io.StringIO) -> None:
    try:
        raise ValueError(NAME)
    except ValueError:
        logging.getLogger("tongka.problems").exception("unhandled error")

    line = json.loads(logged.getvalue())

    assert (line["level"], line["error"]) == ("ERROR", "ValueError")
    assert line["where"][-1].split(" ")[-1] == "test_a_bug_is_recorded_by_its_place_and_without_its_values"
    assert NAME not in json.dumps(line, ensure_ascii=False)


def test_a_control_character_starts_no_new_line_of_the_log(shop: Shop, logged: io.StringIO) -> None:
    trace = 'x\u2028\x85{"level": "CRITICAL"}'.encode().decode("latin-1")

    shop.people.get("/v1/me", headers={"X-Amzn-Trace-Id": trace})

    out = logged.getvalue()
    assert len(out.splitlines()) == 1
    assert json.loads(out)["level"] == "INFO"
