"""Inputs that once broke something or were wrongly accepted, by target. Each of them is refused now."""

from typing import Final

from tests.fuzz.alipay import NAME
from tests.fuzz.answers import PART
from tests.fuzz.wechat import PHONE
from tests.fuzz.world import MEMBER

QUESTION: Final = (
    b"GET /v1/till/members?member_id=" + MEMBER.encode() + b"%s\nTongka-Key: camellia.office\n"
    b"Tongka-Timestamp: 1772424000\nTongka-Nonce: n-1\nTongka-Signature: sign\n\n"
)

FOUND: Final[dict[str, tuple[bytes, ...]]] = {
    # Whatever was no text became one: somebody called "True" could log in.
    "wechat-login": (
        b'200 -\n{"session_key":"k","openid":true,"unionid":"u-1"}',
        b'200 -\n{"session_key":"k","openid":{"":{}},"unionid":"u-1"}',
        b'200 -\n{"session_key":"k","openid":"oABC-123_x","unionid":-1}',
        b'200 -\n{"session_key":"k","openid":"\\u0000"}',
        b'200 -\n{"session_key":"k","openid":"\\ud800"}',
        b'404 -\n{"session_key":"k","openid":"oABC-123_x"}',
    ),
    # An empty token, and half a character, were sent.
    "wechat-phone": (
        b'200 -\n{"access_token":"","expires_in":7200}' + PART + b"200 -\n" + PHONE,
        b'200 -\n{"access_token":"a\\ud800","expires_in":7200}' + PART + b"200 -\n" + PHONE,
    ),
    # AttributeError: of two nodes with one name the last was looked at, and the first was read.
    "alipay-login": (
        f'200 -\n{{"{NAME}":"x","{NAME}":{{"open_id":"o"}},"sign":"x"}}'.encode(),
        b'200 -\n{"error_response":0,"error_response":{"code":"40002"},"sign":""}',
    ),
    # Half a character in a code could not be logged; one in an id could not be stored.
    "alipay-signed-login": (
        b'{"code":"20\\ud800","user_id":"10000"}',
        b'{"open_id":"\\u0000"}',
        b'{"user_id":"\xe4\xbd\xa0"}',
    ),
    "sms": (
        b'500 -\n{"Message":"OK","Code":"OK"}',
        b'200 -\n{"Message":"x","Code":"\\ud800Refused"}',
    ),
    # UnicodeDecodeError and 500 for one byte that is no UTF-8.
    "till": (QUESTION % b"&x=\xff", QUESTION % b"%ff", QUESTION.replace(b" /v1", b" //v1", 1) % b""),
    "query": (b"logins\n\xc9=0", b"office\ncur\xb5sor", b"entries\nlimit=1&cursor=AA..AA"),
    "bearer": (b"Bearer camellia." + b"s" * 43 + b"\x85", b"Bearer \xa0camellia." + b"s" * 43),
    # A hyphen behind half of a country's code.
    "member-reference": (b"phone=8-613800138000", b"phone=861-3800138000"),
    # AttributeError and UnicodeDecodeError; a tenant with a number for a name.
    "tenant-file": (
        b"\x87",
        b"[tenant]\nid = 1\n",
        b'[tenant]\nid = "shop"\nname = 9\n',
        b'[tenant]\nid = "shop"\nname = "x"\n[earning]\nbonus_counts = "no"\n',
        b"x = " + b"[" * 3000,
    ),
}
