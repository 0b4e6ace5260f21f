"""What docs/first-coupon.md tells new users to send is answered, in its order."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from tests.coupons import holdings, key
from tests.shop import Phone, Shop

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "first-coupon.md").read_text()
STEP = re.compile(
    r"^```http\n(office|member|till): (GET|POST|PUT) (\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL
)
STEPS = STEP.findall(PAGE)


def test_each_request_of_the_page_works_as_it_is_printed(shop: Shop) -> None:
    phone = shop.fan()

    answers = [sent(shop, phone, *step) for step in STEPS]

    quote, half, rest = answers[3], answers[7], answers[8]
    assert len(STEPS) == 10
    assert quote["price"]["to_pay_fen"] == 5000
    assert half["payments"] == [
        {"method": "coupon", "amount_fen": 500},
        {"method": "wechat_pay", "amount_fen": 2500},
    ]
    assert rest["coupons"] == quote["best"]
    assert holdings(phone)[0]["state"] == "open"


def sent(shop: Shop, phone: Phone, who: str, verb: str, path: str, text: str) -> dict[str, Any]:
    held = holdings(phone)
    known = {"MEMBER_ID": phone.member_id, "NOW": shop.now().isoformat(timespec="seconds")}
    known |= {"CODE": held[0]["code"]} if held else {}
    filled = re.sub('"([A-Z_]+)"', lambda found: json.dumps(known.get(found[1], found[1])), text)
    body = json.loads(filled) if text else None
    address, _, query = path.partition("?")
    if who == "member" and verb == "GET":
        answer = phone.get(path)
    elif who == "member":
        answer = phone.post(path, body, **{"Idempotency-Key": key()})
    else:
        system = shop.office if who == "office" else shop.till
        asked = dict(parse_qsl(query))
        answer = system.get(address, **asked) if verb == "GET" else system.send(verb, path, body)
    assert answer.status_code in {200, 201}, f"{who}: {verb} {path}: {answer.text}"
    return answer.json
