"""The API process is killed in the middle of mixed requests, again and again; the books still fit."""

import os
import random
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scripts.local.client import Person, Signer
from scripts.local.processes import Children
from scripts.local.world import World

KILLS = 20 if os.environ.get("TONGKA_THOROUGH") else 8
REQUESTS = 200
WORKERS = 6


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with Children() as children:
        running = World(children, tmp_path)
        running.start()
        yield running


class Crowd:
    """People and tills that go on whatever happens, and repeat what got no answer."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.chance = world, random.Random(seed)
        self.people: list[tuple[str, str]] = []
        self.orders: list[tuple[str, int]] = []
        self.answered = 0

    def meet(self, count: int) -> None:
        for number in range(count):
            body = {"name": f"客人{number}", "phone": f"137{number:08}"}
            person_id = self.world.sandbox.control("/control/people", body)["person_id"]
            self.people.append((person_id, body["phone"]))
            for platform in ("wechat", "alipay"):
                person = self.world.log_in(platform, person_id, "crowd")
                if platform == "wechat":
                    proof = self.world.phone_proof(platform, person_id)
                    person.post("/v1/me/phone", proof, key=f"crowd-joins-{number:06}")

    def act(self, number: int) -> None:
        """One request; a broken connection is what this test is about."""
        try:
            self._act(number)
            self.answered += 1
        except (OSError, KeyError):
            pass

    def _act(self, number: int) -> None:
        person_id, phone = self.chance.choice(self.people)
        till: Signer = self.world.till()
        kind = self.chance.random()
        if kind < 0.45:
            fen = self.chance.randrange(1, 20_000)
            name = f"K-{self.chance.randrange(400)}-{fen}"
            till.post("/v1/till/orders", self.world.order(name, {"phone": phone}, fen))
            self.orders.append((name, fen))
        elif kind < 0.7 and self.orders:
            name, fen = self.chance.choice(self.orders)
            part = self.chance.randrange(1, fen + 1)
            till.post(f"/v1/till/orders/{name}/refunds", self.world.refund(f"{name}-{part}", part))
        elif kind < 0.85:
            platform = self.chance.choice(("wechat", "alipay"))
            person: Person = self.world.log_in(platform, person_id, "crowd")
            person.post(
                "/v1/me/phone", self.world.phone_proof(platform, person_id), key=f"crowd-{number:012}"
            )
        else:
            found = till.get(f"/v1/till/members?phone={phone}")["member_id"]
            office = self.world.office()
            aliases = office.get(f"/v1/staff/members/{found}")["aliases"]
            if aliases:
                office.post(f"/v1/staff/merges/{aliases[-1]['merge_id']}/undo")


def test_processes_that_are_killed_leave_nothing_that_does_not_fit(world: World) -> None:
    crowd = Crowd(world, seed=20261122)
    crowd.meet(6)

    for kill in range(KILLS):
        timer = threading.Timer(
            0.05 + crowd.chance.random() * 0.6, world.api_process.send_signal, [signal.SIGKILL]
        )
        timer.start()
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(crowd.act, range(kill * REQUESTS, (kill + 1) * REQUESTS)))
        timer.join()
        world.api_process.wait(10)
        world.start_api()

    world.sandbox.control("/clock", {"advance_seconds": 120})
    world.services.settle_merges(limit=1000)
    report = world.services.reconcile()
    assert [finding.what for finding in report.findings] == []
    assert crowd.answered > KILLS, "some requests were answered before each kill"
    assert report.seen["order"] > KILLS
    assert report.seen["refund"] > 0
    assert list(world.services.settle_merges.unsettled.unsettled()) == []
