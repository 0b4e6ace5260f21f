"""A person's own record over HTTP."""

from typing import Any, Protocol

from flask import Blueprint

from domain.actor import MemberSelf
from domain.errors import Conflict, KeyReused, TooMany, Unavailable
from domain.joining.model import PhoneProofOfAnother, PhoneProofRefused, WrongChannel, proved_from
from domain.joining.prove_phone import CodeProof, PhoneRequest, PlatformProof, ProvePhone
from domain.member.model import ConsentRequired, Member, NotAMember
from domain.member.profile import ChangeProfile, ReadMyself, ShowCode, ShownCode
from domain.merge.model import PhoneOfAnother
from domain.points.model import AccountFrozen
from domain.session.keep import ListLogins
from domain.sms_code.model import CodeExpired, CodeLocked, CodeWrong, Purpose, SendLimited
from domain.sms_code.send import SendCode, Sent
from domain.tenant.model import ChannelKind
from handlers import cursors
from handlers.network import client_address
from handlers.operation import Call, Operation, operation, repeated
from handlers.schemas.auth import PhoneRequest as PhoneBody
from handlers.schemas.auth import PhoneView, SentView, SmsCodeRequest
from handlers.schemas.members import CodeView, LoginRecordView, MemberView, ProfileRequest
from handlers.schemas.page import PageQuery, page_of

READ = Operation("My record", actor=MemberSelf, gives=MemberView)
CHANGE = Operation(
    "Change my profile", actor=MemberSelf, takes=ProfileRequest, gives=MemberView, refuses=(Conflict,)
)
PROVE_PHONE = Operation(
    "Prove my phone: join, change the number, or turn out to be known",
    actor=MemberSelf,
    takes=PhoneBody,
    gives=PhoneView,
    is_keyed=True,
    refuses=(
        ConsentRequired,
        PhoneProofRefused,
        PhoneProofOfAnother,
        PhoneOfAnother,
        WrongChannel,
        CodeWrong,
        CodeExpired,
        CodeLocked,
        KeyReused,
        AccountFrozen,
        TooMany,
        Unavailable,
        Conflict,
    ),
)
SEND_CODE = Operation(
    "Send a code that proves a phone",
    actor=MemberSelf,
    takes=SmsCodeRequest,
    gives=SentView,
    status=202,
    refuses=(SendLimited, CodeLocked, TooMany, Unavailable, Conflict),
)
SHOW_CODE = Operation(
    "The code that I show at the till", actor=MemberSelf, gives=CodeView, refuses=(NotAMember,)
)
LOGINS = Operation("My logins", actor=MemberSelf, query=PageQuery, gives=page_of(LoginRecordView))

KINDS = {
    "code": frozenset({ChannelKind.MINI_PROGRAM}),
    "response": frozenset({ChannelKind.ALIPAY_APP}),
}


class Needs(cursors.Signer, Protocol):
    @property
    def read_myself(self) -> ReadMyself: ...

    @property
    def change_profile(self) -> ChangeProfile: ...

    @property
    def prove_phone(self) -> ProvePhone: ...

    @property
    def send_code(self) -> SendCode: ...

    @property
    def show_code(self) -> ShowCode: ...

    @property
    def list_logins(self) -> ListLogins: ...


def _proof(body: Any) -> PlatformProof | CodeProof:
    kind = body["kind"]
    if kind == "sms_code":
        return CodeProof(body["phone"], body["sms_code"])
    return PlatformProof(KINDS[kind], body[kind])


def routes(services: Needs) -> Blueprint:
    bp = Blueprint("me", __name__, url_prefix="/v1/me")

    @bp.get("")
    @operation(READ)
    def read(call: Call[MemberSelf]) -> Member:
        """Works for fans and members."""
        return services.read_myself(call.actor)

    @bp.patch("")
    @operation(CHANGE)
    def change(call: Call[MemberSelf]) -> Member:
        """null empties a field; a field that is not sent stays."""
        return services.change_profile(call.actor, call.body["change"])

    @bp.post("/phone")
    @operation(PROVE_PHONE)
    def phone(call: Call[MemberSelf]) -> dict[str, Any]:
        """A new token comes back if the person turned out to be an older member, or replaced the number that
        this login is by."""
        key = call.request_key(proved_from)
        request = PhoneRequest(_proof(call.body), call.body["agreed_to"], key, call.body["invited_by"])
        proved, member, login = services.prove_phone(call.actor, request)
        return {
            "outcome": repeated(proved).outcome,
            "points_given": proved.points,
            "member": member,
            "token": login.token if login else None,
            "expires_in": login.expires_in if login else None,
        }

    @bp.post("/sms-codes")
    @operation(SEND_CODE)
    def sms_codes(call: Call[MemberSelf]) -> Sent:
        """Counts against the phone, this identity, the network address and the tenant's budget."""
        actor = call.actor
        return services.send_code(
            actor.tenant_id,
            call.body["phone"],
            Purpose.PHONE,
            address=client_address(),
            identity=actor.identity,
        )

    @bp.get("/code")
    @operation(SHOW_CODE)
    def code(call: Call[MemberSelf]) -> ShownCode:
        """Changes every 30 seconds, is accepted for at most 60."""
        return services.show_code(call.actor)

    @bp.get("/logins")
    @operation(LOGINS)
    def logins(call: Call[MemberSelf]) -> dict[str, Any]:
        """Newest first: time, channel, device."""
        return cursors.page(
            services.sign,
            call,
            call.actor.member_id,
            lambda limit, position: services.list_logins(call.actor, call.actor.member_id, limit, position),
        )

    return bp
