"""Coupon templates: as they are now, and every version that coupons were issued under."""

import json
from collections.abc import Iterable
from collections.abc import Mapping as Mapped
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from adapters.dynamodb.cache import Library
from adapters.dynamodb.item import Item, Mapping, Tenancy, instant, ms
from adapters.dynamodb.keys import tenant_and_thing
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.table import Range, Table
from domain.coupon.ports import EditionRef
from domain.coupon.template import ClaimCode, Edition, Form, Template
from domain.page import Page
from domain.programme import form as written
from domain.unit_of_work import MovedMeanwhile


class TemplateItem(Item, discriminator="coupon-template"):
    """The id stands in the sort key; the form as JSON."""

    form = UnicodeAttribute()
    buckets = NumberAttribute()
    changed_at = NumberAttribute()
    changed_by = UnicodeAttribute()
    version = NumberAttribute()


class EditionItem(Item, discriminator="coupon-edition"):
    """Written once; template and version stand in the key."""

    form = UnicodeAttribute()


class ClaimCodeItem(Item, discriminator="claim-code"):
    """The code stands in the partition key."""

    template_id = UnicodeAttribute()


def _text(form: Form) -> str:
    return json.dumps(written.dump(form), ensure_ascii=False, separators=(",", ":"))


def _form(text: str) -> Form:
    return written.load(Form, json.loads(text))


def _template_items(template: Template, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.template(template.template_id)
    item = TemplateItem(
        pk=pk,
        sk=sk,
        form=_text(template.form),
        buckets=template.buckets,
        changed_at=ms(template.changed_at),
        changed_by=template.changed_by,
        version=template.version,
    )
    return (item,)


def _to_template(raw: RawItem) -> Template:
    item = TemplateItem.from_raw_data(raw)
    return Template(
        template_id=item.sk.removeprefix("T#"),
        form=_form(item.form),
        version=int(item.version),
        buckets=int(item.buckets),
        changed_at=instant(item.changed_at),
        changed_by=item.changed_by,
    )


def _edition_items(edition: Edition, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.edition(edition.template_id, edition.version)
    return (EditionItem(pk=pk, sk=sk, form=_text(edition.form)),)


def _to_edition(raw: RawItem) -> Edition:
    item = EditionItem.from_raw_data(raw)
    template_id, version = tenant_and_thing(item.pk)[1], int(item.sk.removeprefix("V#"))
    return Edition(template_id, version, _form(item.form))


def _claim_code_items(claim_code: ClaimCode, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.claim_code(claim_code.claim_code)
    return (ClaimCodeItem(pk=pk, sk=sk, template_id=claim_code.template_id),)


MAPPINGS: dict[type, Mapping[Any]] = {
    Template: Mapping(_template_items, lambda template: TemplateItem.version == template.version),
    Edition: Mapping(_edition_items, lambda _: EditionItem.pk.exists()),
    ClaimCode: Mapping(_claim_code_items, lambda code: ClaimCodeItem.template_id == code.template_id),
}


class DynamoTemplates:
    """Implements `domain.coupon.ports.Templates`."""

    def __init__(self, table: Table, tenancy: Tenancy, library: Library[Edition]) -> None:
        self._table, self._tenancy, self._library = table, tenancy, library

    def find(self, template_id: str) -> Template | None:
        raw = self._table.get(self._tenancy.keys.template(template_id))
        return _to_template(raw) if raw else None

    def page(self, limit: int, position: str | None) -> Page[Template]:
        pk, first = self._tenancy.keys.template(f"{position}!" if position else "")
        found = self._table.query(Range(pk, first=first, last="T#~"), limit + 1, strong=True)
        templates = tuple(_to_template(raw) for raw in found[:limit])
        return Page(templates, templates[-1].template_id if len(found) > limit else None)

    def editions(self, refs: Iterable[EditionRef]) -> Mapped[EditionRef, Edition]:
        keys = {ref: self._tenancy.keys.edition(*ref) for ref in refs}
        found = {ref: self._library.get(key) for ref, key in keys.items()}
        missing = [keys[ref] for ref, edition in found.items() if edition is None]
        for key, raw in (self._table.get_many(missing) if missing else {}).items():
            edition = _to_edition(raw)
            self._library.put(key, edition)
            found[edition.template_id, edition.version] = edition
        if not all(found.values()):
            raise MovedMeanwhile  # It was written before any coupon of it.
        return {ref: edition for ref, edition in found.items() if edition is not None}

    def with_claim_code(self, claim_code: str) -> ClaimCode | None:
        raw = self._table.get(self._tenancy.keys.claim_code(claim_code))
        return ClaimCode(claim_code, ClaimCodeItem.from_raw_data(raw).template_id) if raw else None
