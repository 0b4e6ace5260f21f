"""What it costs when several tills write to one member at once (B7), and that nothing is lost or doubled."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

from msgspec import Struct

from adapters.dynamodb.meter import Usage, metered
from domain.actor import Till
from domain.errors import Conflict
from domain.member.find import Reference, ReferenceKind
from domain.money import Money, Points
from domain.order.model import Bill, Line, OrderId, Payment, PaymentMethod
from scripts.local.measuring import STORE
from scripts.local.processes import Children
from scripts.local.world import World

WRITERS = (1, 2, 4, 8)
EACH = 10
WASTE_MAX = 1.0
"""Of a lost race: at most as much again for each other writer."""


class Contention(Struct, frozen=True):
    """So many writers, each with ten orders of its own."""

    writers: int
    orders: int
    calls: int
    units: float
    lost: int
    """Points that are missing, or there twice."""
    alone: float
    """Units of an order when nobody else writes."""

    @property
    def multiple(self) -> float:
        return round(self.units / self.orders / self.alone, 2)

    @property
    def limit(self) -> float:
        return 1 + WASTE_MAX * (self.writers - 1)

    @property
    def holds(self) -> bool:
        return self.lost == 0 and self.multiple <= self.limit

    def facts(self) -> dict[str, Any]:
        told = {"writers": self.writers, "orders": self.orders, "calls": self.calls, "units": self.units}
        return {**told, "multiple": self.multiple, "points_wrong": self.lost}

    def line(self) -> str:
        return (
            f"{self.multiple:6.2f} × the units of an order alone (limit {self.limit:g}), "
            f"{self.lost} points wrong: {self.writers} tills at once"
        )


def measure() -> list[Contention]:
    """Starts a world of its own. Raises DidNotStart."""
    with tempfile.TemporaryDirectory(prefix="tongka-") as folder, Children() as children:
        world = World(children, Path(folder), counts_at_once=False)
        world.start()
        found: list[Contention] = []
        for writers in WRITERS:
            found.append(_run(world, writers, found[0].alone if found else None))
        return found


def _run(world: World, writers: int, alone: float | None) -> Contention:
    number = f"139{writers:08}"
    person = world.sandbox.control("/control/people", {"name": "林小满", "phone": number})["person_id"]
    member_id = world.log_in("wechat", person, "bench").get("/v1/me")["member_id"]
    barrier = Barrier(writers)

    def write(writer: int) -> tuple[Usage, int]:
        barrier.wait()
        earned = 0
        with metered() as usage:
            for order in range(EACH):
                earned += _earn(world, member_id, f"W{writers}-{writer}-{order}").count
        return usage, earned

    with ThreadPoolExecutor(writers) as pool:
        done = list(pool.map(write, range(writers)))
    units = sum(usage.read_units + usage.write_units for usage, _ in done)
    orders = writers * EACH
    account = world.services.read_balance(_till(), member_id).account
    lost = abs(account.balance.count - sum(earned for _, earned in done))
    calls = sum(sum(usage.calls.values()) for usage, _ in done)
    return Contention(writers, orders, calls, units, lost, alone or units / orders)


def _till() -> Till:
    return Till("demo", "till-1", frozenset({"members.read", "orders.write"}), frozenset({STORE}))


def _earn(world: World, member_id: str, number: str) -> Points:
    fen = Money(2000)
    bill = Bill(
        order_id=OrderId(STORE, number),
        store_id=STORE,
        paid_at=world.services.clock().replace(microsecond=0),
        lines=(Line("latte", "coffee", 1, fen),),
        payments=(Payment(PaymentMethod.WECHAT_PAY, fen),),
        total=fen,
        fingerprint="f" * 64,
    )
    member = Reference(ReferenceKind.MEMBER_ID, member_id)
    while True:
        try:
            return world.services.earn_from_order(_till(), bill, member).award.points
        except Conflict:  # A till sends it again, as the answer asks.
            continue
