"""Use cases of head office: templates are written, read and listed."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from domain.actor import KeyHolder, Operator
from domain.coupon.ports import Characters, Repositories
from domain.coupon.template import (
    COUPON_TITLE_MAX,
    FORM_BYTES_MAX,
    TITLE_MAX,
    ClaimCode,
    ClaimCodeTaken,
    Delivery,
    Form,
    Template,
    TemplateFixed,
    TemplateNotFound,
)
from domain.errors import FieldProblem, InvalidInput, invalid
from domain.image.model import Purpose
from domain.page import Page
from domain.programme import form as written
from domain.stock import buckets_for
from domain.unit_of_work import Change, Changed, Created, Plan, Removed, Runner, Unchanged


class SaveTemplate(Struct, frozen=True):
    """The same again changes nothing. Coupons that were issued keep what was said when they were.

    Raises InvalidInput, TemplateFixed, ClaimCodeTaken, or StockTooLow if more were issued than the new total.
    """

    runner: Runner[Repositories]
    count_characters: Characters

    def __call__(self, actor: Operator, template_id: str, form: Form) -> Template:
        self._check(form)

        def plan(repositories: Repositories, now: datetime) -> Plan[Template]:
            before = repositories.templates.find(template_id)
            if before is not None and before.form == form:
                return Plan(before)
            _check_images(repositories, form)
            if before is None:
                made = Template(template_id, form, 1, buckets_for(form.total or 0), now, actor.caller)
                parts = (*_stock(repositories, None, made), *_claim_codes(repositories, None, made))
                return Plan(made, (Created(made), Created(made.edition), *parts))
            if (before.form.delivery, before.form.total is None) != (form.delivery, form.total is None):
                raise TemplateFixed
            after = before.with_form(form, now, actor.caller)
            stock = _stock(repositories, before, after)
            codes = _claim_codes(repositories, before, after)
            return Plan(after, (Changed(before, after), Created(after.edition), *stock, *codes))

        return self.runner.run(actor.tenant_id, plan)

    def _check(self, form: Form) -> None:
        """Raises InvalidInput."""
        face = form.face
        lengths = (("title", face.title, TITLE_MAX), ("coupon_title", face.coupon_title, COUPON_TITLE_MAX))
        problems = tuple(
            FieldProblem(f"form.face.{name}", "too-long")
            for name, text, most in lengths
            if self.count_characters(text) > most
        )
        if problems:
            raise InvalidInput(fields=problems)
        if written.size(form) > FORM_BYTES_MAX:
            raise invalid("form", "too-long", "All that is said about a coupon is up to 64 KB.")


def _check_images(repositories: Repositories, form: Form) -> None:
    """Raises InvalidInput."""
    wanted = (
        ("logo", form.face.logo, Purpose.COUPON_LOGO),
        ("advert", form.face.advert, Purpose.COUPON_ADVERT),
    )
    for name, image_id, purpose in wanted:
        image = repositories.images.find(image_id) if image_id else None
        if image_id and (image is None or image.purpose is not purpose):
            raise invalid(f"form.face.{name}", "invalid-choice", f"Upload an image as {purpose.value} first.")


def _stock(repositories: Repositories, before: Template | None, after: Template) -> tuple[Change, ...]:
    """What has to be put there, or taken away, for the new total."""
    if after.stock is None or after.form.total is None:
        return ()
    more = after.form.total - ((before.form.total or 0) if before else 0)
    if more >= 0:
        return after.stock.add(more)
    return after.stock.withdraw(-more, repositories.stocks.left(after.stock))


def _claim_codes(repositories: Repositories, before: Template | None, after: Template) -> Iterator[Change]:
    """Raises ClaimCodeTaken."""
    old = before.form.claim_code if before else None
    new = after.form.claim_code
    if new is None:
        return
    mine = ClaimCode(new, after.template_id)
    if old == new:
        yield Unchanged(mine)
        return
    if repositories.templates.with_claim_code(new) is not None:
        raise ClaimCodeTaken
    yield Created(mine)
    if old is not None:
        yield Removed(ClaimCode(old, after.template_id))


class Supply(Struct, frozen=True):
    """A template, and how many coupons of it are left to issue: None if that has no end."""

    template: Template
    left: int | None


class ReadTemplate(Struct, frozen=True):
    """Raises TemplateNotFound."""

    runner: Runner[Repositories]

    def __call__(self, actor: KeyHolder, template_id: str) -> Supply:
        def plan(repositories: Repositories, now: datetime) -> Plan[Supply]:
            found = repositories.templates.find(template_id)
            if found is None:
                raise TemplateNotFound
            left = sum(repositories.stocks.left(found.stock)) if found.stock else None
            return Plan(Supply(found, left))

        return self.runner.run(actor.tenant_id, plan)


class ListTemplates(Struct, frozen=True):
    """All of them, by id."""

    runner: Runner[Repositories]

    def __call__(self, actor: KeyHolder, limit: int, position: str | None) -> Page[Template]:
        return self.runner.use(actor.tenant_id, lambda stores, _: stores.templates.page(limit, position))


def is_claimed_by_members(form: Form) -> bool:
    """Whether it stands on the page where members claim coupons."""
    return form.delivery is Delivery.CLAIM and form.claiming.is_shown and not form.is_stopped
