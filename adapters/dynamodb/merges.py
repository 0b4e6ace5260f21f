"""Merges, and both halves of two people in one call."""

from collections.abc import Iterable, Iterator
from typing import Any

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
)

from adapters.dynamodb.item import Item, Mapping, Tenancy, instant, ms, seal, stored
from adapters.dynamodb.keys import tenant_and_thing
from adapters.dynamodb.members import to_member
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.points import streak_parts, to_account, to_streak, to_used, used_parts
from adapters.dynamodb.sagas import sagas
from adapters.dynamodb.schema import OWNER_INDEX
from adapters.dynamodb.table import Range, Table, key_of
from adapters.dynamodb.tiers import months_parts, standing_parts, to_months, to_standing
from domain.member.identity import parse_identity
from domain.member.model import Member, MemberNotFound, Phone
from domain.merge.model import Merge, MergeCause, MergeState, Moved, WaitReason
from domain.page import Page
from domain.points.model import Account


class MergeItem(Item, discriminator="merge"):
    """In GSI-1 while it waits for staff, in GSI-2 while sessions have not followed."""

    source_id = UnicodeAttribute()
    target_id = UnicodeAttribute()
    cause = UnicodeAttribute()
    state = UnicodeAttribute()
    at = NumberAttribute()
    caller = UnicodeAttribute()
    prover_id = UnicodeAttribute(null=True)
    wait_reason = UnicodeAttribute(null=True)
    proven_phone = UnicodeAttribute(null=True)
    phone_mask = UnicodeAttribute(null=True)
    moved_identities: ListAttribute[str] = ListAttribute()
    phone_before: ListAttribute[str] = ListAttribute()
    phone_before_sealed = BinaryAttribute(null=True, legacy_encoding=False)
    took_phone = UnicodeAttribute(null=True)
    filled: ListAttribute[str] = ListAttribute()
    used: ListAttribute[list[Any]] = ListAttribute(null=True)
    months: ListAttribute[list[int]] = ListAttribute(null=True)
    standing: ListAttribute[Any] = ListAttribute(null=True)
    standing_before: ListAttribute[Any] = ListAttribute(null=True)
    streak_before: ListAttribute[int] = ListAttribute(null=True)
    source_sequence = NumberAttribute()
    target_sequence = NumberAttribute()
    undone_at = NumberAttribute(null=True)
    is_settled = BooleanAttribute()
    version = NumberAttribute()


def _merge_items(merge: Merge, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = key = tenancy.keys.merge(merge.merge_id)
    moved, before = merge.moved, merge.moved.phone_before
    waits = merge.state is MergeState.WAITING
    saga = (None, None) if merge.is_settled else tenancy.keys.saga(merge.at, merge.merge_id)
    item = MergeItem(
        pk=pk,
        sk=sk,
        gsi1pk=tenancy.keys.waiting_merges() if waits else None,
        gsi1sk=tenancy.keys.by_time(merge.at, merge.merge_id) if waits else None,
        gsi2pk=saga[0],
        gsi2sk=saga[1],
        source_id=merge.source_id,
        target_id=merge.target_id,
        cause=merge.cause.value,
        state=merge.state.value,
        at=ms(merge.at),
        caller=merge.caller,
        prover_id=merge.prover_id,
        wait_reason=merge.wait_reason.value if merge.wait_reason else None,
        proven_phone=merge.proven_phone,
        phone_mask=merge.phone_mask,
        moved_identities=[identity.text() for identity in moved.identities],
        phone_before=[before.index, before.mask] if before else [],
        phone_before_sealed=seal(tenancy, key, "phone", before.number if before else None),
        took_phone=moved.took_phone,
        filled=list(moved.filled),
        used=used_parts(moved.used) or None,
        months=months_parts(moved.months) or None,
        standing=standing_parts(moved.standing),
        standing_before=standing_parts(moved.standing_before),
        streak_before=streak_parts(moved.streak_before),
        source_sequence=moved.source_sequence,
        target_sequence=moved.target_sequence,
        undone_at=ms(merge.undone_at) if merge.undone_at else None,
        is_settled=merge.is_settled,
        version=merge.version,
    )
    return (item,)


def _to_merge(raw: RawItem, tenancy: Tenancy) -> Merge:
    item = MergeItem.from_raw_data(raw)
    number = stored(tenancy, item.key, "phone", item.phone_before_sealed)
    moved = Moved(
        identities=tuple(parse_identity(text) for text in item.moved_identities),
        phone_before=Phone(item.phone_before[0], item.phone_before[1], number) if number else None,
        took_phone=item.took_phone,
        filled=tuple(item.filled),
        used=to_used(item.used or ()),
        months=to_months(item.months),
        standing=to_standing(item.standing),
        standing_before=to_standing(item.standing_before),
        streak_before=to_streak(item.streak_before),
        source_sequence=int(item.source_sequence),
        target_sequence=int(item.target_sequence),
    )
    return Merge(
        merge_id=tenant_and_thing(item.pk)[1],
        source_id=item.source_id,
        target_id=item.target_id,
        cause=MergeCause(item.cause),
        state=MergeState(item.state),
        at=instant(item.at),
        caller=item.caller,
        prover_id=item.prover_id,
        wait_reason=WaitReason(item.wait_reason) if item.wait_reason else None,
        proven_phone=item.proven_phone,
        phone_mask=item.phone_mask,
        moved=moved,
        undone_at=instant(item.undone_at) if item.undone_at else None,
        is_settled=item.is_settled,
        version=int(item.version),
    )


MAPPINGS: dict[type, Mapping[Any]] = {
    Merge: Mapping(_merge_items, lambda merge: MergeItem.version == merge.version),
}


class DynamoMerges:
    """Implements `domain.merge.ports.Merges`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def find(self, merge_id: str) -> Merge | None:
        raw = self._table.get(self._tenancy.keys.merge(merge_id))
        return _to_merge(raw, self._tenancy) if raw else None

    def waiting(self, limit: int, position: str | None) -> Page[Merge]:
        pk = self._tenancy.keys.waiting_merges()
        part = Range(pk, index=OWNER_INDEX, first=f"{position}!" if position else " ")
        found = self._table.query(part, limit + 1)
        shown = found[:limit]
        items = self._table.get_many([key_of(raw) for raw in shown]) if shown else {}
        merges = [_to_merge(items[key_of(raw)], self._tenancy) for raw in shown if key_of(raw) in items]
        last = shown[-1]["gsi1sk"]["S"] if len(found) > limit else None
        return Page(tuple(merge for merge in merges if merge.state is MergeState.WAITING), last)


class DynamoPeople:
    """Implements `domain.merge.ports.People`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def pair(self, one: str, other: str) -> tuple[tuple[Member, Account], tuple[Member, Account]]:
        found = self.those((one, other))
        if len(found) != 2:
            raise MemberNotFound
        return found[0], found[1]

    def those(self, member_ids: Iterable[str]) -> list[tuple[Member, Account]]:
        own = self._tenancy.keys
        keys = [(own.member(member_id), own.account(member_id)) for member_id in member_ids]
        found = self._table.get_many([key for both in keys for key in both])
        return [
            (to_member(found[member], self._tenancy), to_account(found[account]))
            for member, account in keys
            if member in found and account in found
        ]


class DynamoUnsettledMerges:
    """Implements `domain.merge.ports.UnsettledMerges`."""

    def __init__(self, table: Table, shards: int) -> None:
        self._table, self._shards = table, shards

    def unsettled(self) -> Iterator[tuple[str, str]]:
        return sagas(self._table, self._shards, "G")
