"""WeChat's error codes and the words that come with them."""

from sandbox.shapes import hexadecimal

TEXTS = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40013: "invalid appid",
    40014: "invalid access_token",
    40029: "invalid code",
    40066: "invalid url",
    40125: "invalid appsecret",
    40163: "code been used",
    40164: "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist",
    40226: "code blocked",
    40243: "AppSecret is frozen",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41008: "missing code",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    44002: "empty post data",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, mustslower retry next minute",
    47001: "data format error",
    48001: "api unauthorized",
    87007: "session_key is not existed or expired",
    87008: "invalid sig_method",
    87009: "invalid signature",
}


class Refused(Exception):
    """WeChat answers with an errcode."""

    def __init__(self, errcode: int) -> None:
        super().__init__(errcode)
        self.errcode = errcode


def error_body(errcode: int) -> dict[str, object]:
    """The body of a refusal. Its text ends with a request id, so that it differs each time."""
    rid = "-".join(hexadecimal(8) for _ in range(3))
    return {"errcode": errcode, "errmsg": f"{TEXTS.get(errcode, 'error')}, rid: {rid}"}
