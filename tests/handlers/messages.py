"""Sending codes and using them, as people do."""

import itertools
import secrets

from domain.sms_code.model import Purpose
from tests.shop import CONSENT, Answer, Phone, Shop

_numbers = itertools.count(1)

Said = tuple[int, str | None]


def number() -> str:
    """A number that nobody has had yet."""
    return f"137{next(_numbers):08}"


def said(answer: Answer) -> Said:
    return answer.status_code, answer.json.get("code")


def wait_seconds(answer: Answer) -> int:
    """What a refusal asks for."""
    return int(answer.headers["Retry-After"])


def ask(shop: Shop, phone: str) -> Answer:
    """For a code to log in with."""
    body = {"channel_id": shop.channel("web"), "phone": phone}
    return shop.people.post("/v1/auth/sms-codes", json=body)


def ask_directly(shop: Shop, phone: str, address: str, identity: str | None = None) -> None:
    """The same without HTTP, from any address of the network."""
    shop.services.send_code(shop.tenant_id, f"+86{phone}", Purpose.LOGIN, address=address, identity=identity)


def log_in(shop: Shop, phone: str, code: str) -> Answer:
    body = {"channel_id": shop.channel("web"), "phone": phone, "sms_code": code, "consent": CONSENT}
    return shop.people.post("/v1/auth/phone", json=body)


def prove(person: Phone, phone: str, code: str) -> Answer:
    body = {"phone": phone, "sms_code": code, "consent": CONSENT}
    return person.post("/v1/me/phone", body, **{"Idempotency-Key": secrets.token_hex(16)})


def sent_to(shop: Shop, phone: str) -> int:
    """How many messages the phone has got."""
    return len(shop.sandbox.world.sms.messages(phone))


def wrong(code: str) -> str:
    """A code that is not this one."""
    return f"{(int(code) + 1) % 1_000_000:06}"
