"""Versions of the programme, the rules behind them, and what their budgets have given."""

import json
from collections.abc import Callable, Iterable
from collections.abc import Mapping as Mapped
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from adapters.dynamodb.cache import Library
from adapters.dynamodb.item import Item, Mapping, Tenancy, instant, ms
from adapters.dynamodb.keys import Key
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.table import Range, Table
from adapters.dynamodb.tenants import DynamoTenants
from domain.page import Page
from domain.points.give import bucket_name
from domain.programme import form
from domain.programme import rule as written
from domain.programme.model import Programme, Terms
from domain.programme.record import Deed, RuleRecord
from domain.programme.rule import Rule
from domain.unit_of_work import MovedMeanwhile


class ProgrammeItem(Item, discriminator="programme"):
    """Terms and rules as JSON. Written once."""

    terms = UnicodeAttribute()
    rules = UnicodeAttribute()
    made_at = NumberAttribute()
    made_by = UnicodeAttribute()


class RuleItem(Item, discriminator="rule"):
    """The draft as JSON; each deed as `<ms> <by>`."""

    draft = UnicodeAttribute(null=True)
    draft_number = NumberAttribute()
    drafted = UnicodeAttribute(null=True)
    published = UnicodeAttribute(null=True)
    published_version = NumberAttribute()
    buckets = NumberAttribute()
    retired = UnicodeAttribute(null=True)
    version = NumberAttribute()


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _rule_parts(rule: Rule) -> list[object]:
    return [rule.version, rule.buckets, written.dump(rule)]


def _to_rule(parts: Any) -> Rule:
    version, buckets, body = parts
    return written.load(body).published_as(version, buckets)


def _programme_items(programme: Programme, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.programme(programme.version)
    item = ProgrammeItem(
        pk=pk,
        sk=sk,
        terms=_text(form.dump(programme.terms)),
        rules=_text([_rule_parts(rule) for rule in programme.rules]),
        made_at=ms(programme.made_at) if programme.made_at else 0,
        made_by=programme.made_by,
    )
    return (item,)


def _to_programme(raw: RawItem) -> Programme:
    item = ProgrammeItem.from_raw_data(raw)
    return Programme(
        version=int(item.sk.removeprefix("V#")),
        terms=form.load(Terms, json.loads(item.terms)),
        rules=tuple(_to_rule(parts) for parts in json.loads(item.rules)),
        made_at=instant(item.made_at),
        made_by=item.made_by,
    )


def _deed_text(deed: Deed | None) -> str | None:
    return f"{ms(deed.at)} {deed.by}" if deed else None


def _to_deed(text: str | None) -> Deed | None:
    if text is None:
        return None
    at, _, by = text.partition(" ")
    return Deed(by, instant(int(at)))


def _record_items(record: RuleRecord, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.rule(record.rule_id)
    item = RuleItem(
        pk=pk,
        sk=sk,
        draft=_text(written.dump(record.draft)) if record.draft else None,
        draft_number=record.draft_number,
        drafted=_deed_text(record.drafted),
        published=_deed_text(record.published),
        published_version=record.published_version,
        buckets=record.buckets,
        retired=_deed_text(record.retired),
        version=record.version,
    )
    return (item,)


def _to_record(raw: RawItem) -> RuleRecord:
    item = RuleItem.from_raw_data(raw)
    return RuleRecord(
        rule_id=item.sk.removeprefix("R#"),
        draft=written.load(json.loads(item.draft)) if item.draft else None,
        draft_number=int(item.draft_number),
        drafted=_to_deed(item.drafted),
        published=_to_deed(item.published),
        published_version=int(item.published_version),
        buckets=int(item.buckets),
        retired=_to_deed(item.retired),
        version=int(item.version),
    )


MAPPINGS: dict[type, Mapping[Any]] = {
    Programme: Mapping(_programme_items, lambda programme: ProgrammeItem.made_by == programme.made_by),
    RuleRecord: Mapping(_record_items, lambda record: RuleItem.version == record.version),
}


class DynamoProgrammes:
    """Implements `domain.programme.ports.Programmes`."""

    def __init__(
        self, table: Table, tenancy: Tenancy, tenants: DynamoTenants, library: Library[Programme]
    ) -> None:
        self._table, self._tenancy, self._tenants, self._library = table, tenancy, tenants, library

    def current(self) -> Programme:
        version = self._tenants.settings().programme_version
        programme = self.find(version)
        if programme is None:
            raise MovedMeanwhile  # Its publication does not show whole yet.
        return programme

    def find(self, version: int) -> Programme | None:
        if version == 0:
            return Programme()
        key = self._tenancy.keys.programme(version)
        programme = self._library.get(key)
        if programme is None and (raw := self._table.get(key)) is not None:
            programme = _to_programme(raw)
            self._library.put(key, programme)
        return programme


class DynamoRules:
    """Implements `domain.programme.ports.RuleRecords`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def those(self, rule_ids: Iterable[str]) -> Mapped[str, RuleRecord]:
        keys = [self._tenancy.keys.rule(rule_id) for rule_id in rule_ids]
        found = self._table.get_many(keys) if keys else {}
        records = [_to_record(raw) for raw in found.values()]
        return {record.rule_id: record for record in records}

    def page(self, limit: int, position: str | None) -> Page[RuleRecord]:
        pk, first = self._tenancy.keys.rule(f"{position}!" if position else "")
        found = self._table.query(Range(pk, first=first, last="R#~"), limit + 1, strong=True)
        records = tuple(_to_record(raw) for raw in found[:limit])
        return Page(records, records[-1].rule_id if len(found) > limit else None)


class DynamoBudgets:
    """Implements `domain.programme.ports.Budgets`; the counters are those of `Counted`."""

    def __init__(self, table: Table, tenancy: Tenancy, was_too_little: Callable[[Key], bool]) -> None:
        self._table, self._tenancy, self._was_too_little = table, tenancy, was_too_little

    def left(self, rules: Iterable[Rule]) -> Mapped[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {}
        for rule in rules:
            keys = [
                self._tenancy.keys.counter(bucket_name(rule.rule_id, bucket))
                for bucket in range(rule.buckets)
            ]
            if any(self._was_too_little(key) for key in keys):
                raws = self._table.get_many(keys)
                used = [int(raws[key]["n"]["N"]) if key in raws else 0 for key in keys]
                found[rule.rule_id] = tuple(
                    max(rule.share(bucket) - spent, 0) for bucket, spent in enumerate(used)
                )
        return found
