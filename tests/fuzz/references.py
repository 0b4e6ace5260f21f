"""Member codes, card numbers, phones, ids: nobody is found by what is not theirs."""

import re
from urllib.parse import quote

from domain.member.card import member_code
from tests.fuzz.target import Target, Unfounded
from tests.fuzz.till import signed
from tests.fuzz.wire import Ask, staff
from tests.fuzz.world import CARD, MEMBER, NOW, NUMBER, TENANT, world

NAMES = ("member_code", "card_number", "phone", "member_id")
NATIONAL = NUMBER.removeprefix("+86")


def find(data: bytes) -> bool:
    """`name=value`; an unknown name is an id."""
    name, _, value = data.partition(b"=")
    known = name.decode("latin-1") if name.decode("latin-1") in NAMES else "member_id"
    query = f"{known}={quote(value, safe='')}".encode()
    answer = staff(signed(Ask("GET", b"/v1/till/members", query)))
    if not answer.is_accepted:
        return False
    if answer.json["member_id"] not in {MEMBER, "m_fan"} or not _is_theirs(
        known, value.decode(errors="replace")
    ):
        raise Unfounded(f"{answer.json['member_id']} was found by {data!r}.")
    return True


def _is_theirs(name: str, text: str) -> bool:
    """Our own opinion of what names the member."""
    if name == "phone":
        digits = re.sub(r"[ -]", "", text.strip())
        return digits in {NATIONAL, NUMBER, f"0086{NATIONAL}"} or text.strip() == f"86-{NATIONAL}"
    return text in {"member_code": {_code()}, "card_number": {CARD}, "member_id": {MEMBER, "m_fan"}}[name]


def _code() -> str:
    return member_code(CARD, world().keyrings[TENANT], NOW)[0]


def targets() -> tuple[Target, ...]:
    genuine = (
        f"member_code={_code()}",
        f"card_number={CARD}",
        f"phone={NATIONAL}",
        f"phone={NUMBER}",
        "phone=0086 138-0013-8000",
        "phone=86-13800138000",
        f"member_id={MEMBER}",
    )
    others = (
        "member_code=771234567890123456",
        "card_number=880000000021",
        "phone=+13105550123",
        "phone=1-8005550123",
    )
    words = (
        b"+86",
        b"0086",
        b"86-",
        b"-",
        b" ",
        b"\t",
        "１".encode(),
        b"%",
        b"77",
        b"\x00",
        b"#",
        b"'",
        b"\xff",
    )
    encode = str.encode
    return (
        Target("member-reference", find, tuple(map(encode, genuine)), tuple(map(encode, others)), words, 800),
    )
