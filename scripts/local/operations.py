"""What each operation costs the store, measured on the real adapters and compared with its limit."""

import logging
import tempfile
from pathlib import Path

from scripts.local.activity_operations import Activities
from scripts.local.checkout_operations import Checkouts
from scripts.local.costs import Row
from scripts.local.coupon_operations import Coupons
from scripts.local.gift_operations import Gifts
from scripts.local.job_operations import Jobs
from scripts.local.measuring import Bench
from scripts.local.merge_operations import Merges
from scripts.local.person_operations import People
from scripts.local.points_operations import PointsAndOrders
from scripts.local.processes import Children
from scripts.local.programme_operations import Programmes
from scripts.local.reward_operations import Rewards
from scripts.local.world import World


def measure() -> list[Row]:
    """Starts a world of its own. Raises DidNotStart."""
    logging.getLogger("tongka").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="tongka-") as folder, Children() as children:
        world = World(children, Path(folder), counts_at_once=False)
        world.start()
        return walk(Bench(world))


def walk(bench: Bench) -> list[Row]:
    """Through the operations in an order that a shop would see."""
    people = People(bench)
    actor, person_id = people.join()
    PointsAndOrders(bench, actor).run()
    Activities(bench, actor).run()
    rewards = Rewards(bench, actor)
    rewards.run()
    coupons = Coupons(bench, actor)
    coupons.run()
    Checkouts(bench, actor).run()
    coupons.figures()
    rewards.coupon()
    Gifts(bench, actor).run()
    people.codes()
    Programmes(bench, actor).run()
    people.own_record()
    Merges(bench, actor, person_id).run()
    Jobs(bench, actor).run()
    return bench.rows
