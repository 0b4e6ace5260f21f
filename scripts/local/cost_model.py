"""Dollars of a request, and of a month: prices of AWS times what `docs/operations.md` counts.

Prices are those of us-east-1, on demand, in dollars per million unless another unit is named; DynamoDB's are
those since November 2024. Mainland China has prices of its own, in yuan: give them on the command line.
"""

import re
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from scripts.environment import ROOT

OPERATIONS = ROOT / "docs" / "operations.md"
ROW = re.compile(r"^\| (.+?) \| (\d+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|")
MB_PER_CPU = 1769
"""Lambda gives one processor for so much memory."""


class Prices(Struct, frozen=True):
    """What is paid for, and how a request is taken to run."""

    api: float = 1.00
    request: float = 0.20
    gigabyte_second: float = 16.67
    read_unit: float = 0.125
    write_unit: float = 0.625
    log_kilobyte: float = 0.50
    memory_mb: float = 512
    call_ms: float = 5.0
    """Waiting for one call of DynamoDB."""
    cpu_ms: float = 0.3
    """Of one processor, for whatever stands around a use case: 1.2 million instructions, measured."""
    call_cpu_ms: float = 1.3
    """For each call of DynamoDB: about 4.5 million instructions, measured."""
    platform_ms: float = 100.0
    """Waiting for WeChat, Alipay or the SMS service."""
    log_kb: float = 0.7
    """Our line, and three of Lambda's own."""
    cold_share: float = 0.01
    init_ms: float = 650.0
    key_month: float = 1.0
    """Of the master key, and below of each alarm: dollars a month."""
    alarm_month: float = 0.1


class Counted(Struct, frozen=True):
    """What one operation does, as measured."""

    calls: int = 0
    reads: float = 0.0
    writes: float = 0.0
    """With those of indexes."""

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(self.calls + other.calls, self.reads + other.reads, self.writes + other.writes)


class Cost(Struct, frozen=True):
    """Of one million."""

    ms: float
    api: float
    compute: float
    store: float
    logs: float

    @property
    def total(self) -> float:
        return self.api + self.compute + self.store + self.logs


class Habit(Struct, frozen=True):
    """Something that happens so often in a month, for one active member."""

    what: str
    rows: tuple[str, ...]
    times: float
    platform_calls: int = 0
    by_http: bool = True


SESSION, KEY = "Authenticate a session", "Authenticate an API key (with the tenant's settings)"
KEY_ONCE = "Authenticate an API key, and store its nonce"
HABITS = (
    Habit("opens the member centre", (SESSION, "The first page"), 6),
    Habit("logs in again", ("Log in, known",), 2, platform_calls=1),
    Habit("is new", ("Log in for the first time (a fan is met)",), 0.05, platform_calls=1),
    Habit("joins by phone", (SESSION, "Prove a phone: join"), 0.05, platform_calls=1),
    Habit("shows the code", (SESSION, "Show the member code"), 3),
    Habit("reads entries", (SESSION, "A page of 20 entries"), 1),
    Habit("looks at coupons", (SESSION, "A page of coupons"), 3),
    Habit("claims a coupon", (SESSION, "Claim a coupon (stock and limit)"), 1),
    Habit("exchanges points", (SESSION, "Exchange points for goods"), 0.2),
    Habit("is found at the till", (KEY_ONCE, "Identify by phone"), 4),
    Habit("has a bill quoted", (KEY_ONCE, "Quote a bill, a few coupons held"), 1),
    Habit("pays, and earns", (KEY, "Earn from an order"), 3),
    Habit("pays with coupon and points", (KEY, "Complete a checkout with coupon and points"), 0.5),
    Habit("redeems a coupon alone", (KEY, "Redeem a coupon"), 0.3),
    Habit("gives something back", (KEY, "Refund an order"), 0.1),
    Habit("figures follow a coupon", ("Follow the table: one new coupon",), 2, by_http=False),
    Habit(
        "points lapse",
        ("Expire one account (without the search), and turn points into coupons (two for that)",),
        0.3,
        by_http=False,
    ),
)
"""An assumption: a coffee shop whose active members come three to four times a month."""


ALARMS = 14
HOURS = 730
SHARDS = Counted(calls=16, reads=8)
"""A look into all shards of an index in which nothing is due."""
RUNS = (
    ("holds are looked for, each minute", SHARDS, 60 * HOURS),
    ("merges and sessions, every five minutes", SHARDS + SHARDS, 12 * HOURS),
    ("points, conversions and coupons, each hour", SHARDS + SHARDS + SHARDS, HOURS),
)
"""What the clock does though nobody comes: calls and units of docs/performance.md."""


def counted() -> Mapping[str, Counted]:
    """By operation, as docs/operations.md has it."""
    found = {}
    for line in OPERATIONS.read_text().splitlines():
        if match := ROW.match(line):
            name, calls, reads, writes, index_writes = match.groups()
            found[name] = Counted(int(calls), float(reads), float(writes) + float(index_writes))
    return found


def cost(done: Counted, prices: Prices, *, platform_calls: int = 0, by_http: bool = True) -> Cost:
    """Of a million such requests, in dollars."""
    cpu = (prices.cpu_ms + prices.call_cpu_ms * done.calls) / (prices.memory_mb / MB_PER_CPU)
    ms = done.calls * prices.call_ms + platform_calls * prices.platform_ms + cpu
    billed = ms + prices.cold_share * prices.init_ms
    return Cost(
        ms=ms,
        api=prices.api if by_http else 0.0,
        compute=prices.request + prices.gigabyte_second * prices.memory_mb / 1024 * billed / 1000,
        store=prices.read_unit * done.reads + prices.write_unit * done.writes,
        logs=prices.log_kilobyte * prices.log_kb if by_http else 0.0,
    )


def of_habit(habit: Habit, known: Mapping[str, Counted], prices: Prices) -> Cost:
    done = sum((known[row] for row in habit.rows), Counted())
    return cost(done, prices, platform_calls=habit.platform_calls, by_http=habit.by_http)


def monthly(members: int, known: Mapping[str, Counted], prices: Prices) -> float:
    """Dollars that so many active members cost in a month, by HABITS; storage is not in it."""
    return sum(of_habit(habit, known, prices).total * habit.times * members / 1_000_000 for habit in HABITS)


def standing(prices: Prices) -> dict[str, float]:
    """Dollars of a month, however few come."""
    runs = {what: cost(done, prices, by_http=False).total * times / 1_000_000 for what, done, times in RUNS}
    return {
        "the master key": prices.key_month,
        f"{ALARMS} alarms": ALARMS * prices.alarm_month,
        **runs,
    }


def changed(given: Mapping[str, float]) -> Prices:
    """Raises TypeError for a name that Prices does not have."""
    return replace(Prices(), **given)
