"""Things for the growth of jobs: what is in the way, and what is due, as the wire wants them.

They are put into the table past the SDK, which would take minutes. What is in the way is due in ten years,
also where a real one would be over in two hours, because the clock moves on between two runs of a job.
"""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import urllib3

from adapters.dynamodb import coupons, holds, members, merges, points, sessions
from adapters.dynamodb.item import Mapping, Tenancy
from adapters.dynamodb.keys import Keys, shard_of
from domain.checkout.model import Hold
from domain.clock import shop_date
from domain.coupon.model import Coupon, CouponState, Lock, Source
from domain.member.model import Member, MemberState
from domain.merge.model import Merge, MergeCause, MergeState
from domain.money import Money, Points
from domain.order.model import OrderId
from domain.points.book import Book
from domain.points.model import Account, Cause, LotKey
from domain.session.model import Session, Sweep
from scripts.local.measuring import STORE
from serverless.wiring import Wiring

BATCH = 25
YEARS = 3650
NEVER = timedelta(days=YEARS)
AGO = timedelta(minutes=5)
PATTERN = int("9" * 20)
"""A number that stands in nothing else."""
MAPPINGS: dict[type, Mapping[Any]] = {
    kind: mapping
    for module in (coupons, holds, members, merges, points, sessions)
    for kind, mapping in module.MAPPINGS.items()
}
HEADERS = {
    "X-Amz-Target": "DynamoDB_20120810.BatchWriteItem",
    "Content-Type": "application/x-amz-json-1.0",
    "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/cn-north-1/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=none",
    "X-Amz-Date": "20260101T000000Z",
}
RawItem = dict[str, Any]
Made = Callable[[int, datetime], list[object]]
"""What belongs to a number, at a moment."""


class Thing:
    """Makes what belongs to one number, at a moment."""

    def __init__(self, number: int, now: datetime) -> None:
        self.now, self.name = now, f"{number:020}"
        self.member_id, self.order_id = f"m_{self.name}", OrderId(STORE, self.name)

    def account(self, last_day: date, count: int = 10) -> list[object]:
        """With one lot, and its entry."""
        book = Book(Account(self.member_id), self.now, "bench")
        book.earn(Points(count), LotKey(last_day), Cause("order"))
        return [book.account, *book.entries]

    def member(self, redirect_to: str | None = None) -> Member:
        return Member(self.member_id, MemberState.FAN, self.now, "demo.wx", redirect_to=redirect_to)

    def coupon(self, last_day: date, lock: Lock | None = None) -> Coupon:
        """Of a template that need not be there."""
        return Coupon(
            code=self.name,
            owner=self.member_id,
            template_id="short",
            template_version=1,
            source=Source.ISSUED,
            issued_at=self.now,
            issued_by="bench",
            state=CouponState.OPEN,
            valid_from=shop_date(self.now),
            valid_through=last_day,
            claimed_at=self.now,
            held=lock,
        )

    def hold(self, until: datetime, *codes: str) -> Hold:
        return Hold(
            order_id=self.order_id,
            store_id=STORE,
            member_id=self.member_id,
            coupon_codes=codes,
            points=Points(0),
            entry_sequence=None,
            to_pay=Money(5000),
            fingerprint="f" * 64,
            at=self.now - AGO,
            until=until,
            by="bench",
        )

    def session(self) -> Session:
        """Open yet, on the first version of the member."""
        end = self.now + timedelta(hours=2)
        return Session(self.name, self.member_id, "demo.wx", "web:bench", 1, "bench", self.now, end)


def in_the_way(number: int, now: datetime) -> list[object]:
    """Points, a coupon and a bill that is held, none of them due, and an open session."""
    one, later = Thing(number, now), now + NEVER
    return [*points_in_the_way(number, now), one.coupon(shop_date(later)), one.hold(later), one.session()]


def points_in_the_way(number: int, now: datetime) -> list[object]:
    """Without their entry, which no job looks at."""
    account, *_ = Thing(number, now).account(shop_date(now + NEVER))
    return [account]


def due_points(number: int, now: datetime) -> list[object]:
    """Over since yesterday, and too few to become a coupon."""
    return Thing(number, now).account(shop_date(now) - timedelta(days=1))


def convertible_points(number: int, now: datetime) -> list[object]:
    """Over since yesterday, and enough for one coupon."""
    one = Thing(number, now)
    return [one.member(), *one.account(shop_date(now) - timedelta(days=1), count=500)]


def due_coupon(number: int, now: datetime) -> list[object]:
    return [Thing(number, now).coupon(shop_date(now) - timedelta(days=1))]


def due_hold(number: int, now: datetime) -> list[object]:
    """Of one coupon, which is locked for it."""
    one, until = Thing(number, now), now - timedelta(minutes=1)
    lock = Lock(one.order_id, STORE, now - AGO, until)
    return [one.hold(until, one.name), one.coupon(shop_date(now + NEVER), lock)]


def unsettled_merge(number: int, now: datetime) -> list[object]:
    """The source has a session that has to follow."""
    source, target = Thing(number, now), Thing(number + 1, now)
    merge = Merge(
        merge_id=f"g_{source.name}",
        source_id=source.member_id,
        target_id=target.member_id,
        cause=MergeCause.PHONE,
        state=MergeState.DONE,
        at=now - AGO,
        caller="bench",
        is_settled=False,
    )
    gone = source.member(redirect_to=target.member_id)
    return [merge, gone, target.member(), source.session()]


def waiting_sweep(number: int, now: datetime) -> list[object]:
    """Of a member with one session that has to end."""
    one = Thing(number, now)
    return [Sweep(f"w_{one.name}", one.member_id, 2, now - AGO), one.session()]


def raw(things: Sequence[object], keys: Keys) -> list[RawItem]:
    tenancy = Tenancy(keys, _nothing_sealed)
    items = (item for thing in things for item in MAPPINGS[type(thing)].to_items(thing, tenancy))
    return [_plain(item.serialize()) for item in items]


def _nothing_sealed() -> Any:
    raise AssertionError


def _plain(item: RawItem) -> RawItem:
    return {
        name: {"B": base64.b64encode(value["B"]).decode()} if "B" in value else value
        for name, value in item.items()
    }


def copies(made: Made, numbers: Iterable[int], keys: Keys, now: datetime) -> Iterator[RawItem]:
    """The same for each number: written once and copied, for speed."""
    patterns = [json.dumps(item) for item in raw(made(PATTERN, now), keys)]
    for number in numbers:
        for pattern in patterns:
            item = json.loads(pattern.replace(str(PATTERN), f"{number:020}"))
            if "gsi2pk" in item:
                queue, _ = item["gsi2pk"]["S"].rsplit("#", 1)
                item["gsi2pk"]["S"] = f"{queue}#{shard_of(str(number), keys.shards):03}"
            yield item


def load(services: Wiring, items: Sequence[RawItem]) -> None:
    """Raises OSError."""
    table = services.table
    url = table._client.meta.endpoint_url  # noqa: SLF001  # past the client
    with urllib3.PoolManager() as http:
        for start in range(0, len(items), BATCH):
            puts = [{"PutRequest": {"Item": item}} for item in items[start : start + BATCH]]
            body = json.dumps({"RequestItems": {table.name: puts}})
            answer = http.request("POST", url, body=body, headers=HEADERS)
            if answer.status != 200 or answer.json().get("UnprocessedItems"):
                raise OSError(answer.data[:300].decode())
