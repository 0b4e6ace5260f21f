"""Coupon templates over HTTP, for head office: written, read, and issued to people by a list."""

from typing import Any, Protocol

from flask import Blueprint
from msgspec.structs import replace

from domain.actor import Operator
from domain.coupon.issue import Handed, IssueCoupons, Issued, IssueWish, issued_from
from domain.coupon.keep import ListTemplates, ReadTemplate, SaveTemplate, Supply
from domain.coupon.template import (
    ClaimCodeTaken,
    Form,
    Template,
    TemplateFixed,
    TemplateNotFound,
    TemplateStopped,
)
from domain.errors import Conflict
from domain.programme import form
from domain.stock import StockTooLow
from handlers import cursors
from handlers.operation import Call, Operation, operation, repeated
from handlers.schemas.coupon_templates import (
    IssuedView,
    IssueRequest,
    SupplyView,
    TemplatePath,
    TemplateRequest,
    TemplateView,
)
from handlers.schemas.dry_run import DryRunQuery
from handlers.schemas.page import PageQuery, page_of

ALL = Operation("All coupon templates", actor=Operator, query=PageQuery, gives=page_of(TemplateView))
READ = Operation(
    "A coupon template, and what is left to issue",
    actor=Operator,
    path=TemplatePath,
    gives=SupplyView,
    refuses=(TemplateNotFound, Conflict),
)
SAVE = Operation(
    "Write a coupon template",
    actor=Operator,
    path=TemplatePath,
    takes=TemplateRequest,
    gives=TemplateView,
    refuses=(TemplateFixed, ClaimCodeTaken, StockTooLow, Conflict),
)
ISSUE = Operation(
    "Issue coupons to a list of people",
    actor=Operator,
    path=TemplatePath,
    query=DryRunQuery,
    takes=IssueRequest,
    gives=IssuedView,
    status=201,
    is_keyed=True,
    refuses=(TemplateNotFound, TemplateStopped, Conflict),
)


class Needs(cursors.Signer, Protocol):
    @property
    def save_template(self) -> SaveTemplate: ...

    @property
    def read_template(self) -> ReadTemplate: ...

    @property
    def list_templates(self) -> ListTemplates: ...

    @property
    def issue_coupons(self) -> IssueCoupons: ...


def routes(services: Needs) -> Blueprint:
    bp = Blueprint("coupon_templates", __name__, url_prefix="/v1/staff/coupon-templates")

    @bp.get("")
    @operation(ALL)
    def everything(call: Call[Operator]) -> dict[str, Any]:
        """By id; those included that are stopped."""
        owner = call.actor.tenant_id
        page = cursors.page(
            services.sign, call, owner, lambda limit, at: services.list_templates(call.actor, limit, at)
        )
        return {**page, "items": [_told(template) for template in page["items"]]}

    @bp.get("/<template_id>")
    @operation(READ)
    def read(call: Call[Operator]) -> dict[str, Any]:
        """What was said of it, and what is left."""
        supply: Supply = services.read_template(call.actor, call.path["template_id"])
        return {"template": _told(supply.template), "left": supply.left}

    @bp.put("/<template_id>")
    @operation(SAVE)
    def save(call: Call[Operator]) -> dict[str, Any]:
        """Takes effect at once; coupons that were issued keep what was said when they were."""
        said = form.load(Form, call.body["form"], "form")
        return _told(services.save_template(call.actor, call.path["template_id"], said))

    @bp.post("/<template_id>/issues")
    @operation(ISSUE)
    def issue(call: Call[Operator]) -> Issued:
        """Whoever can have one gets one; the answer says why the others did not."""
        key = call.request_key(issued_from)
        wish = IssueWish(call.path["template_id"], tuple(call.body["member_ids"]), key)
        done = repeated(services.issue_coupons(call.actor, wish, dry_run=call.dry_run))
        return replace(done, handed=_without_codes(done)) if call.dry_run else done

    return bp


def _without_codes(done: Issued) -> tuple[Handed, ...]:
    """A dry run shows none: the real call makes others."""
    return tuple(replace(each, code=None) for each in done.handed)


def _told(template: Template) -> dict[str, Any]:
    return {
        "template_id": template.template_id,
        "version": template.version,
        "form": form.shown(template.form),
        "face": template.form.face,
        "changed_at": template.changed_at,
        "changed_by": template.changed_by,
    }
