"""The methods of the gateway; a new one is a function and a line in the table."""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from sandbox.alipay.checks import TIMESTAMP_FORMAT, Call
from sandbox.alipay.errors import Refused
from sandbox.alipay.platform import Alipay
from sandbox.alipay.tokens import REFRESH_LIFETIME_SECONDS, TOKEN_LIFETIME_SECONDS
from sandbox.clock import CHINA

Node = dict[str, object]


def oauth_token(alipay: Alipay, call: Call) -> Node:
    """Who is it? The parameters stand beside biz_content, and a success has no code."""
    grant_type = call.asked.get("grant_type")
    if grant_type == "authorization_code":
        token = alipay.tokens.exchange(call.asked.get("code"), call.app.app_id)
    elif grant_type == "refresh_token":
        token = alipay.tokens.refresh(call.asked.get("refresh_token"), call.app.app_id)
    else:
        raise Refused("40002", "isv.grant-type-invalid", in_error_response=True)
    return {
        "access_token": token.access_token,
        "auth_start": datetime.fromtimestamp(token.issued_at, CHINA).strftime(TIMESTAMP_FORMAT),
        "expires_in": str(TOKEN_LIFETIME_SECONDS),
        "re_expires_in": str(REFRESH_LIFETIME_SECONDS),
        "refresh_token": token.refresh_token,
        **alipay.identities.of(call.app, token.person_id),
    }


def user_info(alipay: Alipay, call: Call) -> Node:
    """What the person lets the app see."""
    if call.token is None:
        raise Refused("20001", "aop.invalid-auth-token")
    person = alipay.people.get(call.token.person_id)
    return {
        "code": "10000",
        "msg": "Success",
        "avatar": "https://tfs.alipayobjects.com/images/partner/sandbox",
        "nick_name": person.name,
        **alipay.identities.of(call.app, person.person_id),
    }


class Method(Struct, frozen=True):
    run: Callable[[Alipay, Call], Node]
    needs_token: bool


METHODS = {
    "alipay.system.oauth.token": Method(oauth_token, needs_token=False),
    "alipay.user.info.share": Method(user_info, needs_token=True),
}
