"""A flash claim: very many want what is there ten times too seldom, on the table that all processes share.

100,000 claims on 10,000 coupons in 64 buckets, by `TONGKA_THOROUGH=1`.
"""

import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from msgspec import Struct, field

from domain.actor import MemberSelf, Operator
from domain.coupon.claim import ClaimWish, claimed_from
from domain.coupon.template import Form
from domain.errors import Conflict, DomainError
from domain.ids import Ids
from domain.member.identity import Identity, IdentityKind
from domain.member.model import Member, MemberState
from domain.points.model import Account
from domain.programme import form
from domain.unit_of_work import Created, Plan, RequestKey
from tests.coupons import CASH, FACE
from tests.simulation.callers import OFFICE
from tests.simulation.cloud import Commit
from tests.simulation.faults import Calm, Fault, Place, Site, Storm, Tally
from tests.simulation.houses import TENANT, house
from tests.simulation.process import Process, SimulatedIds
from tests.simulation.requests import begin
from tests.simulation.schedule import Crash
from tests.simulation.world import World

IS_WHOLE = os.environ.get("TONGKA_THOROUGH") == "1"
STOCK, CLAIMS, MEMBERS, PROCESSES = (10_000, 100_000, 2_000, 64) if IS_WHOLE else (2_049, 3_200, 80, 32)
"""So that even the small one has 64 buckets."""
BUCKETS = 64
AT = datetime(2026, 1, 30, 15, 30, tzinfo=UTC)


class ManyIds(SimulatedIds):
    """Two draw the same code as seldom as in life."""

    def digits(self, length: int) -> str:
        return str(self._chance.randrange(10**length)).zfill(length)


class Rush(Struct):
    """What happened."""

    said: Counter[str] = field(default_factory=Counter)
    issued: int = 0
    calls: int = 0
    conflicts: int = 0
    too_early: list[int] = field(default_factory=list)
    """How many were issued when somebody was told that all are gone, if that was not all."""

    def hear(self, commit: Commit) -> None:
        made = [change for change in commit.of("coupon") if change.before is None]
        self.issued += len(made)


class Counting(Struct):
    """A little weather; counts what is asked, and lets the rest of the world go first."""

    rush: Rush
    storm: Storm | Calm

    def choose(self, place: Place, site: Site) -> Fault | None:
        self.rush.calls += 1
        return self.storm.choose(place, site)


def opened(storm: Storm | Calm) -> tuple[World, Rush]:
    """A house with a template and people, and nobody who asks yet."""
    rush = Rush()
    world = World(house(0), (), "flash", Calm(), Tally())
    world.cloud._told = lambda commit: None
    services = world.process().services
    said = {
        "face": FACE,
        "effect": CASH,
        "validity": {"kind": "relative", "days_valid": 30},
        "delivery": "claim",
        "total": STOCK,
    }
    office = Operator(TENANT, OFFICE, frozenset({"admin"}))
    saved = services.save_template(office, "flash", form.load(Form, said))
    assert saved.buckets == BUCKETS
    for first in range(0, MEMBERS, 40):
        some = [f"m_{number}" for number in range(first, min(first + 40, MEMBERS))]
        people = [Created(person(each)) for each in some]
        accounts = [Created(Account(each)) for each in some]
        services.runner.run(TENANT, lambda _, __, all_=(*people, *accounts): Plan(None, all_))  # type: ignore[misc]  # bound now
    world.cloud._told = rush.hear
    world.plan = Counting(rush, storm)
    return world, rush


def person(member_id: str) -> Member:
    return Member(member_id, MemberState.FAN, AT, "wx", identities=(identity(member_id),))


def identity(member_id: str) -> Identity:
    return Identity(IdentityKind.WECHAT_OPENID, f"appA:{member_id}")


def claim(process: Process, number: int, rush: Rush) -> str:
    """As a phone does: the same request until there is a clear answer."""
    member_id = f"m_{number % MEMBERS}"
    actor = MemberSelf(TENANT, member_id, "k", "wx", identity(member_id).text(), AT)
    key = RequestKey(actor.caller, f"flash-{number}", "flash", claimed_from)
    wish = ClaimWish(key, template_id="flash")
    while True:
        process.attempt = begin(process.world.nobody.request, 0)
        try:
            process.services.claim_coupon(actor, wish)
        except Conflict:
            rush.conflicts += 1
        except DomainError as refusal:
            if refusal.code == "coupons-gone" and rush.issued < STOCK:
                rush.too_early.append(rush.issued)
            return refusal.code
        else:
            return "claimed"


def play(storm: Storm | Calm) -> tuple[World, Rush]:
    world, rush = opened(storm)
    waiting = iter(range(CLAIMS))

    def lane() -> None:
        process = fresh(world)
        for number in waiting:
            while True:
                try:
                    rush.said[claim(process, number, rush)] += 1
                except Crash:
                    process = fresh(world)
                else:
                    break

    for _ in range(PROCESSES):
        world.schedule.start(lane)
    world.schedule.drain()
    return world, rush


def fresh(world: World) -> Process:
    process = world.process()
    ids: Ids = ManyIds(process)
    process.services.__dict__["ids"] = ids
    return process


@pytest.mark.capability("C-49")
@pytest.mark.parametrize("share", [0.0, 0.02], ids=["calm", "stormy"])
def test_exactly_as_many_are_claimed_as_there_are_and_nobody_is_told_too_early(
    share: float, record_property: Callable[[str, object], None]
) -> None:
    world, rush = play(Storm("flash", share) if share else Calm())

    assert rush.said == {"claimed": STOCK, "coupons-gone": CLAIMS - STOCK}
    assert rush.issued == len(list(world.stored("coupon"))) == STOCK
    left = world.process().services.read_template(Operator(TENANT, OFFICE, frozenset({"admin"})), "flash")
    assert left.left == 0
    assert not rush.too_early
    record_property("calls for each claim", rush.calls / CLAIMS)
    record_property("sent again", rush.conflicts)
