"""Entitlements: what somebody may use once."""

from marshmallow import Schema, fields

from domain.entitlement.model import EntitlementState
from domain.programme.ladder import BenefitKind
from handlers.schemas.fields import Choice, Day, Identifier, Instant, StrictSchema, Text
from handlers.schemas.orders import STORE_MAX
from handlers.schemas.page import PageQuery


class EntitlementsQuery(PageQuery):
    """In one state, if one is named; such a page may hold fewer than `limit`, and the cursor goes on."""

    state = Choice(EntitlementState, load_default=None)


class EntitlementPath(StrictSchema):
    """An entitlement by the id that its list shows."""

    entitlement_id = Text(
        longest=52, pattern=r"[A-Za-z0-9_]{1,32}:[1-9][0-9]{0,9}:[1-9][0-9]{0,2}", required=True
    )


class EntitlementView(Schema):
    """`valid_through` is the last day on which it can be used."""

    entitlement_id = fields.String(attribute="entitlement.entitlement_id")
    benefit_id = fields.String(attribute="entitlement.benefit.benefit_id")
    name = fields.String(attribute="entitlement.benefit.name")
    kind = Choice(BenefitKind, attribute="entitlement.benefit.kind")
    text = fields.String(attribute="entitlement.benefit.text", allow_none=True)
    state = Choice(EntitlementState)
    valid_through = Day(attribute="entitlement.valid_through")
    granted_at = Instant(attribute="entitlement.granted_at")
    order_number = fields.String(attribute="entitlement.order_id.number")
    used_at = Instant(attribute="entitlement.used_at", allow_none=True)
    store_id = fields.String(attribute="entitlement.store_id", allow_none=True)
    reopened_at = Instant(attribute="entitlement.reopened_at", allow_none=True)


class UseRequest(StrictSchema):
    """Where it is used."""

    store_id = Identifier(longest=STORE_MAX, required=True)


class SettledView(Schema):
    """Where the entitlement stands now."""

    entitlement_id = fields.String()
    name = fields.String()
    state = Choice(EntitlementState)
