"""Coupons, as people hold them and as tills take them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields

from domain.coupon.code import DIGITS, read_code, shown
from domain.coupon.model import CouponState
from domain.coupon.read import Group
from domain.order.model import LINES_MAX, SaleChannel
from domain.programme import form
from handlers.schemas.coupon_templates import ID_MAX, template_form
from handlers.schemas.fields import (
    Choice,
    Day,
    Described,
    Identifier,
    ImageUrl,
    Instant,
    MoneyField,
    Part,
    Parts,
    StrictSchema,
    Text,
)
from handlers.schemas.orders import NUMBER_MAX, STORE_MAX, LineRequest
from handlers.schemas.page import PageQuery

NOTE_MAX = 100
TOKEN_MAX = 64


class CouponCode(Text):
    """Fourteen digits as they were scanned or typed, in one piece or in groups."""

    def __init__(self, **more: Any) -> None:
        pattern = r"[0-9]{14}|[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{2}|[0-9]{4} [0-9]{4} [0-9]{4} [0-9]{2}"
        super().__init__(longest=17, shortest=DIGITS, pattern=pattern, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        code = read_code(super()._deserialize(value, attr, data))
        if code is None:
            raise ValidationError("mistyped")
        return code

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> str | None:
        return str(value) if value else None


def _part(name: str) -> dict[str, Any]:
    found: dict[str, Any] = template_form()["properties"][name]
    return found


class EffectField(Described):
    """What a coupon takes off, as it was written down."""

    part = "effect"

    def __init__(self, **more: Any) -> None:
        super().__init__(lambda: _part(self.part), **more)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> dict[str, Any]:
        return {"kind": value.name, **form.shown(value)}


class ValidityField(EffectField):
    """From when and for how long coupons can be used."""

    part = "validity"


class ConditionsField(Described):
    """Where, when and for what it can be used."""

    def __init__(self, **more: Any) -> None:
        super().__init__(lambda: _part("conditions"), **more)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> dict[str, Any]:
        return form.dump(value)


class CouponPath(StrictSchema):
    """A coupon by its code."""

    code = CouponCode(required=True)


class CouponsQuery(PageQuery):
    """One of the two lists: what can be used now or later, or what is ended."""

    group = Choice(Group, load_default=Group.LIVE)


class CouponView(Schema):
    """A coupon as it is now, with what its template said when it was issued.

    One that waits to be claimed has `claim_through` and no days yet: those begin with the claim. `barcode` is
    for Code 128, `qr` for a QR code; both are read by tills.
    """

    code = fields.String(attribute="held.coupon.code")
    code_shown = fields.String()
    barcode = fields.String(attribute="held.coupon.code", dump_only=True)
    qr = fields.String(attribute="held.coupon.code", dump_only=True)
    state = Choice(CouponState)
    valid_from = Day(allow_none=True)
    valid_through = Day(allow_none=True)
    claim_through = Day(allow_none=True)
    template_id = fields.String(attribute="held.coupon.template_id")
    title = fields.String(attribute="held.form.face.title")
    coupon_title = fields.String(attribute="held.form.face.coupon_title")
    disclaimer = fields.String(attribute="held.form.face.disclaimer")
    description = fields.String(attribute="held.form.face.description", allow_none=True)
    logo_url = ImageUrl(attribute="held.form.face.logo")
    advert_url = ImageUrl(attribute="held.form.face.advert")
    effect = EffectField(attribute="held.form.effect")
    benefit = fields.String(attribute="held.form.benefit.zh")
    conditions = ConditionsField(attribute="held.form.conditions")
    is_transferable = fields.Boolean(attribute="held.form.is_transferable")
    claimed_at = Instant(attribute="held.coupon.claimed_at", allow_none=True)
    used_at = Instant(allow_none=True)
    used_in = fields.String(allow_none=True)


class ClaimableView(Schema):
    """A template that can be claimed now."""

    template_id = fields.String(attribute="template.template_id")
    title = fields.String(attribute="template.form.face.title")
    coupon_title = fields.String(attribute="template.form.face.coupon_title")
    disclaimer = fields.String(attribute="template.form.face.disclaimer")
    description = fields.String(attribute="template.form.face.description", allow_none=True)
    logo_url = ImageUrl(attribute="template.form.face.logo")
    advert_url = ImageUrl(attribute="template.form.face.advert")
    effect = EffectField(attribute="template.form.effect")
    benefit = fields.String(attribute="template.form.benefit.zh")
    conditions = ConditionsField(attribute="template.form.conditions")
    validity = ValidityField(attribute="template.form.validity")
    ends_at = Instant(attribute="template.form.claiming.ends_at", allow_none=True)
    per_member = fields.Integer(attribute="template.form.claiming.per_member", allow_none=True)
    is_limit_reached = fields.Boolean()


class ClaimCodeRequest(StrictSchema):
    """The discount code as it was typed; small letters count as large ones."""

    claim_code = Identifier(longest=ID_MAX, required=True)


class ClaimedView(Schema):
    """The coupon that somebody has now. A dry run tells no code: the real call draws one."""

    code = CouponCode(allow_none=True)
    code_shown = fields.Function(
        lambda done: shown(done.code) if done.code else None, metadata={"type": ["string", "null"]}
    )
    template_id = fields.String()
    valid_from = fields.String(metadata={"format": "date"})
    valid_through = fields.String(metadata={"format": "date"})


class GiftOfferView(Schema):
    """`token`: whoever shows it until then can take the coupon."""

    code = fields.String()
    token = fields.String()
    until = Instant()


class GiftRequest(StrictSchema):
    """What a friend sent."""

    token = Text(longest=TOKEN_MAX, shortest=TOKEN_MAX, pattern=r"[0-9a-f]+", required=True)


class VoidRequest(StrictSchema):
    """Why, for staff."""

    note = Text(longest=NOTE_MAX, load_default=None, allow_none=True)


class RedeemRequest(StrictSchema):
    """For which order, and its lines as they are to be paid."""

    order_number = Identifier(longest=NUMBER_MAX, required=True)
    store_id = Identifier(longest=STORE_MAX, required=True)
    channel = Choice(SaleChannel, load_default=SaleChannel.COUNTER)
    lines = Parts(Part(LineRequest), most=LINES_MAX, required=True)


class RedeemedView(Schema):
    """What it took off, and what is left to pay."""

    code = fields.String()
    order_number = fields.String()
    off_fen = MoneyField(least=0, attribute="off")
    to_pay_fen = MoneyField(least=0, attribute="to_pay")


class ReleaseRequest(StrictSchema):
    """The order for which it was redeemed."""

    order_number = Identifier(longest=NUMBER_MAX, required=True)
    store_id = Identifier(longest=STORE_MAX, required=True)
