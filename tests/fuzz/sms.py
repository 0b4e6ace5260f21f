"""What the short message service may answer."""

import json
from typing import Any

from adapters.sms.sender import AlibabaSmsSender, SmsUnavailable
from adapters.system.ids import SystemIds
from domain.errors import TooMany
from domain.keyring import Fresh
from domain.tenant.model import SmsAccount
from tests.fuzz.answers import Platform, answer, parts
from tests.fuzz.target import Target, Unfounded
from tests.fuzz.world import NOW

ACCOUNT = SmsAccount("LTAI-key", Fresh("sms-secret"), "山茶咖啡", "SMS_100001")
SENT = b'{"Message":"OK","RequestId":"873043ac","Code":"OK","BizId":"9006"}'
REFUSED = '{"Message":"x","RequestId":"0A97","Code":"%s"}'
WORDS = (
    b'"Code"',
    b'"OK"',
    b'"isv.BUSINESS_LIMIT_CONTROL"',
    b"\\ud800",
    b"[[[[",
    b'{"Code":',
    b"1e400",
    b"null",
)


def send(data: bytes) -> bool:
    sender = AlibabaSmsSender("http://127.0.0.1:9", lambda: NOW, SystemIds())
    sender._outbound._pool = Platform(parts(data))
    try:
        sender.send_code(ACCOUNT, "+8613800138000", "123456")
    except (SmsUnavailable, TooMany):
        return False
    status, _, body = parts(data)[0]
    told: Any = json.loads(body.decode())
    if status != 200 or not isinstance(told, dict) or told.get("Code") != "OK":
        raise Unfounded(f"Nothing says that the message was sent: {status} {told}")
    return True


def targets() -> tuple[Target, ...]:
    codes = (
        "isv.BUSINESS_LIMIT_CONTROL",
        "isv.AMOUNT_NOT_ENOUGH",
        "Throttling.User",
        "SignatureDoesNotMatch",
    )
    refused = tuple(answer((REFUSED % code).encode()) for code in codes)
    return (Target("sms", send, (answer(SENT),), (*refused, answer(SENT, 800), answer(b"")), WORDS, 800),)
