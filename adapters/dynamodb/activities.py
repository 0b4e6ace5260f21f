"""Days of checking in, and comments on orders."""

from datetime import date
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from adapters.dynamodb.item import Item, Mapping, Tenancy, day, instant, ms, whole
from adapters.dynamodb.keys import tenant_and_thing
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.table import Range, Table
from domain.activity.model import CheckInDay, Comment
from domain.money import Points
from domain.order.model import OrderId


class CheckInItem(Item, discriminator="check-in"):
    """The day stands in the sort key."""

    streak = NumberAttribute()
    points = NumberAttribute()
    balance = NumberAttribute()
    entry_sequence = NumberAttribute(null=True)
    at = NumberAttribute()


class CommentItem(Item, discriminator="comment"):
    """Beside its order."""

    member_id = UnicodeAttribute()
    rating = NumberAttribute()
    text = UnicodeAttribute()
    points = NumberAttribute()
    balance = NumberAttribute()
    entry_sequence = NumberAttribute(null=True)
    at = NumberAttribute()
    fingerprint = UnicodeAttribute()


def _check_in_items(found: CheckInDay, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.check_in(found.member_id, found.on)
    item = CheckInItem(
        pk=pk,
        sk=sk,
        streak=found.streak,
        points=found.points.count,
        balance=found.balance.count,
        entry_sequence=found.entry_sequence,
        at=ms(found.at),
    )
    return (item,)


def _to_check_in(raw: RawItem) -> CheckInDay:
    item = CheckInItem.from_raw_data(raw)
    on = day(int(item.sk.removeprefix("CI#")))
    return CheckInDay(
        member_id=tenant_and_thing(item.pk)[1],
        on=on or date.min,
        streak=int(item.streak),
        points=Points(int(item.points)),
        balance=Points(int(item.balance)),
        entry_sequence=whole(item.entry_sequence),
        at=instant(item.at),
    )


def _comment_items(comment: Comment, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.comment(comment.order_id.source, comment.order_id.number)
    item = CommentItem(
        pk=pk,
        sk=sk,
        member_id=comment.member_id,
        rating=comment.rating,
        text=comment.text,
        points=comment.points.count,
        balance=comment.balance.count,
        entry_sequence=comment.entry_sequence,
        at=ms(comment.at),
        fingerprint=comment.fingerprint,
    )
    return (item,)


def _to_comment(raw: RawItem, order_id: OrderId) -> Comment:
    item = CommentItem.from_raw_data(raw)
    return Comment(
        order_id,
        item.member_id,
        int(item.rating),
        item.text,
        Points(int(item.points)),
        Points(int(item.balance)),
        whole(item.entry_sequence),
        instant(item.at),
        item.fingerprint,
    )


MAPPINGS: dict[type, Mapping[Any]] = {
    CheckInDay: Mapping(_check_in_items, lambda found: CheckInItem.at == ms(found.at)),
    Comment: Mapping(_comment_items, lambda comment: CommentItem.fingerprint == comment.fingerprint),
}


class DynamoCheckIns:
    """Implements `domain.activity.ports.CheckIns`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def find(self, member_id: str, on: date) -> CheckInDay | None:
        raw = self._table.get(self._tenancy.keys.check_in(member_id, on))
        return _to_check_in(raw) if raw else None

    def of_month(self, member_id: str, first: date, last: date) -> list[CheckInDay]:
        pk, begin = self._tenancy.keys.check_in(member_id, first)
        _, end = self._tenancy.keys.check_in(member_id, last)
        return [_to_check_in(raw) for raw in self._table.query_all(Range(pk, first=begin, last=end))]


class DynamoComments:
    """Implements `domain.activity.ports.Comments`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def find(self, order_id: OrderId) -> Comment | None:
        raw = self._table.get(self._tenancy.keys.comment(order_id.source, order_id.number))
        return _to_comment(raw, order_id) if raw else None
