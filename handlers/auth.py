"""Logging in over HTTP: WeChat, Alipay, phone and code."""

from typing import Any, Protocol

from flask import Blueprint

from domain.actor import Anyone, MemberSelf
from domain.errors import Conflict, TooMany, Unavailable
from domain.joining.log_in_by_phone import LogInByPhone, PhoneLogin, SendLoginCode
from domain.joining.meet import LogIn
from domain.joining.model import LoginCodeRefused, WrongChannel
from domain.member.model import ConsentRequired, Member, TooManyIdentities
from domain.session.keep import LogOut
from domain.session.model import Login
from domain.sms_code.model import CodeExpired, CodeLocked, CodeWrong, SendLimited
from domain.sms_code.send import Sent
from domain.tenant.model import ChannelKind, ChannelNotFound
from handlers.network import client_address
from handlers.operation import Call, Operation, operation
from handlers.schemas.auth import (
    AlipayLoginRequest,
    LoginView,
    PhoneLoginRequest,
    PhoneLoginView,
    SentView,
    SmsLoginCodeRequest,
    WeChatLoginRequest,
)

PLATFORM_REFUSALS = (
    ChannelNotFound,
    WrongChannel,
    LoginCodeRefused,
    TooManyIdentities,
    TooMany,
    Unavailable,
    Conflict,
)
WECHAT = Operation(
    "Log in from a WeChat mini-program",
    actor=Anyone,
    takes=WeChatLoginRequest,
    gives=LoginView,
    refuses=PLATFORM_REFUSALS,
)
ALIPAY = Operation(
    "Log in from an Alipay mini-program",
    actor=Anyone,
    takes=AlipayLoginRequest,
    gives=LoginView,
    refuses=PLATFORM_REFUSALS,
)
SEND_CODE = Operation(
    "Send a code for logging in to a phone",
    actor=Anyone,
    takes=SmsLoginCodeRequest,
    gives=SentView,
    status=202,
    refuses=(ChannelNotFound, WrongChannel, SendLimited, CodeLocked, TooMany, Unavailable, Conflict),
)
PHONE = Operation(
    "Log in, or join, by phone and code",
    actor=Anyone,
    takes=PhoneLoginRequest,
    gives=PhoneLoginView,
    refuses=(ChannelNotFound, WrongChannel, ConsentRequired, CodeWrong, CodeExpired, CodeLocked, Conflict),
)
LOG_OUT = Operation("End this session", actor=MemberSelf, status=204)

MINI_PROGRAM = frozenset({ChannelKind.MINI_PROGRAM})
ALIPAY_APP = frozenset({ChannelKind.ALIPAY_APP})


class Needs(Protocol):
    @property
    def log_in(self) -> LogIn: ...

    @property
    def send_login_code(self) -> SendLoginCode: ...

    @property
    def log_in_by_phone(self) -> LogInByPhone: ...

    @property
    def log_out(self) -> LogOut: ...


def _view(answer: tuple[Login, Member]) -> dict[str, Any]:
    login, member = answer
    return {"token": login.token, "expires_in": login.expires_in, "member": member}


def routes(services: Needs) -> Blueprint:
    bp = Blueprint("auth", __name__, url_prefix="/v1/auth")

    @bp.post("/wechat")
    @operation(WECHAT)
    def wechat(call: Call[Anyone]) -> dict[str, Any]:
        """A person never seen before becomes a fan."""
        body = call.body
        return _view(services.log_in(MINI_PROGRAM, body["channel_id"], body["code"], body["device"]))

    @bp.post("/alipay")
    @operation(ALIPAY)
    def alipay(call: Call[Anyone]) -> dict[str, Any]:
        """A person never seen before becomes a fan."""
        body = call.body
        return _view(services.log_in(ALIPAY_APP, body["channel_id"], body["auth_code"], body["device"]))

    @bp.post("/sms-codes")
    @operation(SEND_CODE)
    def sms_codes(call: Call[Anyone]) -> Sent:
        """The answer is the same whether anybody is known by the number."""
        body = call.body
        return services.send_login_code(body["channel_id"], body["phone"], network_address=client_address())

    @bp.post("/phone")
    @operation(PHONE)
    def phone(call: Call[Anyone]) -> dict[str, Any]:
        """A number that is not known yet joins, if consent is given."""
        body = call.body
        request = PhoneLogin(
            body["channel_id"],
            body["phone"],
            body["sms_code"],
            body["agreed_to"],
            body["device"],
            body["invited_by"],
        )
        login, member, points = services.log_in_by_phone(request)
        return {**_view((login, member)), "points_given": points}

    @bp.post("/logout")
    @operation(LOG_OUT)
    def logout(call: Call[MemberSelf]) -> None:
        """The token is worthless afterwards."""
        services.log_out(call.actor)

    return bp
