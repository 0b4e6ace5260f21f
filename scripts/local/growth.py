"""How the calls and units of jobs grow (B6): with all members, and with what is due.

Members are put into the table past the SDK, which would take minutes. Slopes are of the logarithms:
0 is constant, 1 is proportional. A job must not feel members that are not due.
"""

import base64
import json
import math
import tempfile
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import urllib3
from msgspec import Struct

from adapters.dynamodb.item import Tenancy
from adapters.dynamodb.keys import Keys, due_shard, shard_of
from adapters.dynamodb.meter import Usage, metered
from adapters.dynamodb.points import MAPPINGS
from domain.actor import Operator
from domain.coupon.issue import IssueWish, issued_from
from domain.coupon.template import Form
from domain.money import Points
from domain.points.book import Book
from domain.points.model import Account, Cause, LotKey
from domain.programme import form
from domain.unit_of_work import RequestKey
from scripts.environment import say
from scripts.local.processes import Children
from scripts.local.world import World
from serverless.wiring import Wiring

MEMBERS = (1_000, 4_000, 16_000, 64_000)
DUE = (25, 50, 100, 200)
FIXED_DUE = 50
BY_MEMBERS_MAX, BY_DUE_MAX = 0.05, 1.05
BATCH = 25
YEARS = 3650
NEVER = timedelta(days=YEARS)
TENANT = "demo"
HEADERS = {
    "X-Amz-Target": "DynamoDB_20120810.BatchWriteItem",
    "Content-Type": "application/x-amz-json-1.0",
    "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/cn-north-1/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=none",
    "X-Amz-Date": "20260101T000000Z",
}
RawItem = dict[str, Any]


class Point(Struct, frozen=True):
    """One run of a job."""

    size: int
    calls: int
    units: float


class Growth(Struct, frozen=True):
    """Of one job, by members or by what is due."""

    job: str
    by: str
    points: list[Point]
    limit: float

    @property
    def slope(self) -> float:
        """The steeper of both."""
        sizes = [point.size for point in self.points]
        both = ([point.calls for point in self.points], [point.units for point in self.points])
        return round(max(_slope(sizes, counts) for counts in both), 3)

    @property
    def holds(self) -> bool:
        return self.slope <= self.limit

    def facts(self) -> dict[str, Any]:
        points = [[point.size, point.calls, point.units] for point in self.points]
        return {"job": self.job, "by": self.by, "slope": self.slope, "points": points}

    def line(self) -> str:
        return f"{self.slope:6.3f} slope by {self.by} (limit {self.limit}): {self.job}"


def _slope(sizes: Sequence[float], counts: Sequence[float]) -> float:
    """Least squares of the logarithms. What is always nothing does not grow."""
    if not any(counts):
        return 0.0
    xs, ys = [math.log(size) for size in sizes], [math.log(max(count, 0.5)) for count in counts]
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    across = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True))
    return across / sum((x - middle_x) ** 2 for x in xs)


def account(tenant_id: str, number: int, last_day: date, shards: int, now: Any) -> list[RawItem]:
    """An account with one lot of 10 points, and its entry, as the wire wants them."""
    book = Book(Account(f"m_{number:020}"), now, "bench")
    book.earn(Points(10), LotKey(last_day), Cause("order"))
    tenancy = Tenancy(Keys(tenant_id, shards), _nothing_sealed)
    things = [book.account, *book.entries]
    items = [item.serialize() for thing in things for item in MAPPINGS[type(thing)].to_items(thing, tenancy)]
    return [_plain(item) for item in items]


def _nothing_sealed() -> Any:
    raise AssertionError


def _plain(item: RawItem) -> RawItem:
    return {
        name: {"B": base64.b64encode(value["B"]).decode()} if "B" in value else value
        for name, value in item.items()
    }


def others(tenant_id: str, first: int, last: int, shards: int, now: Any) -> list[RawItem]:
    """Accounts whose points are good for ten years yet: there to be in the way."""
    pattern = json.dumps(account(tenant_id, 0, now.date() + NEVER, shards, now)[0])
    found = []
    for number in range(first, last):
        item = json.loads(pattern.replace(f"m_{0:020}", f"m_{number:020}"))
        item["gsi2pk"]["S"] = due_shard(shard_of(str(number), shards))
        found.append(item)
    return found


def load(services: Wiring, items: list[RawItem]) -> None:
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


class Jobs:
    """Runs each job on a store, with so much due."""

    def __init__(self, world: World) -> None:
        self.world, self.services = world, world.services
        self._shards = self.services._settings.shards  # noqa: SLF001  # as the wiring has them
        self._numbers = iter(range(1_000_000, 9_000_000))
        self.office = Operator(TENANT, "office", frozenset({"admin"}))
        self.members = 0
        said = {
            "face": {"title": "山茶咖啡", "coupon_title": "满50减10", "disclaimer": "每单一张"},
            "effect": {"kind": "threshold_discount", "from_fen": 5000, "off_fen": 1000},
            "validity": {"kind": "relative", "days_valid": 1},
            "delivery": "push",
        }
        self.services.save_template(self.office, "short", form.load(Form, said))
        person = world.sandbox.control("/control/people", {"name": "林小满", "phone": "13912345678"})
        world.log_in("wechat", person["person_id"], "bench")
        self.owner = self._owner(person["person_id"])

    def _owner(self, person_id: str) -> str:
        found = self.world.log_in("wechat", person_id, "bench").get("/v1/me")
        owner: str = found["member_id"]
        return owner

    def grow_to(self, members: int) -> None:
        now = self.services.clock()
        load(self.services, others(TENANT, self.members, members, self._shards, now))
        self.members = members

    def expire_points(self, due: int) -> Usage:
        now = self.services.clock()
        yesterday = now.date() - timedelta(days=1)
        items = [account(TENANT, next(self._numbers), yesterday, self._shards, now) for _ in range(due)]
        load(self.services, [item for parts in items for item in parts])
        return _measured(lambda: self.services.expire_points(limit=10_000).accounts, due)

    def expire_coupons(self, due: int) -> Usage:
        for _ in range(due):
            key = RequestKey("bench", f"bench-grow-{next(self._numbers)}", "f" * 64, issued_from)
            self.services.issue_coupons(self.office, IssueWish("short", (self.owner,), key))
        self.world.sandbox.control("/clock", {"advance_seconds": 3 * 24 * 3600})
        return _measured(lambda: self.services.expire_coupons(limit=10_000).coupons, due)

    def idle(self) -> dict[str, Usage]:
        """What looks and finds nothing."""
        services = self.services
        return {
            "release_holds": _measured(lambda: services.release_holds(limit=1_000).holds, 0),
            "settle_merges": _measured(lambda: services.settle_merges(limit=500), 0),
            "sweep_sessions": _measured(lambda: services.sweep_sessions(limit=500), 0),
        }


def _measured(run: Callable[[], int], wanted: int) -> Usage:
    with metered() as usage:
        done = run()
    if done != wanted:
        raise RuntimeError(f"the job did {done} of {wanted}")
    return usage


def _point(size: int, usage: Usage) -> Point:
    units = usage.read_units + usage.write_units + usage.index_write_units
    return Point(size, sum(usage.calls.values()), units)


def measure(members: Sequence[int] = MEMBERS, due: Sequence[int] = DUE) -> list[Growth]:
    """Starts a world of its own; about a minute. Raises DidNotStart."""
    with tempfile.TemporaryDirectory(prefix="tongka-") as folder, Children() as children:
        world = World(children, Path(folder), counts_at_once=False)
        world.start()
        return _measure(Jobs(world), members, due)


def _measure(jobs: Jobs, members: Sequence[int], due: Sequence[int]) -> list[Growth]:
    working = {"expire_points": jobs.expire_points, "expire_coupons": jobs.expire_coupons}
    by_due = {name: [_point(size, run(size)) for size in due] for name, run in working.items()}
    by_members: dict[str, list[Point]] = {}
    for size in members:
        say(f"{size:,} members")
        jobs.grow_to(size)
        for name, run in working.items():
            by_members.setdefault(name, []).append(_point(size, run(FIXED_DUE)))
        for name, usage in jobs.idle().items():
            by_members.setdefault(name, []).append(_point(size, usage))
    return [
        *(Growth(name, "members", points, BY_MEMBERS_MAX) for name, points in by_members.items()),
        *(Growth(name, "what is due", points, BY_DUE_MAX) for name, points in by_due.items()),
    ]
