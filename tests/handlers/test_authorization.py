"""Every route, every kind of caller, every kind of thing to ask for: exactly what is allowed, and no more.

A cell of the matrix is a route, a caller (`callers.py`) and whose thing the request is about (`objects.py`).
"""

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from flask import Blueprint
from msgspec import Struct
from msgspec.structs import replace

from domain.actor import Anyone, MemberSelf, Operator, Till
from handlers.app import create_app
from handlers.operation import Operation, operation
from tests.handlers.callers import CALLERS, OK, Caller, Told, caller, told
from tests.handlers.objects import BUILDERS, OBJECTS
from tests.handlers.problems import complaints
from tests.handlers.scene import Sample, Scene, operation_of, operations, waiting_merge
from tests.handlers.whose import Whose
from tests.shop import Answer

PUBLIC = {
    "health_auth.health",
    "health_till.health",
    "auth.wechat",
    "auth.alipay",
    "auth.phone",
    "auth.sms_codes",
}
CELLS_PER_ROUTE = len(CALLERS) * len(Whose)


@pytest.mark.parametrize("endpoint", OBJECTS)
def test_each_cell_of_the_matrix_is_as_it_must_be(
    scene: Scene, endpoint: str, record_property: Callable[[str, object], None]
) -> None:
    row = Row(scene, endpoint)

    wrong = [*row.granted(), *row.refused()]

    assert not wrong, f"{len(wrong)} wrong:\n" + "\n".join(wrong[:40])
    record_property("cells", len(row.hit))
    assert len(row.hit) == CELLS_PER_ROUTE


class Cell(Struct, frozen=True):
    """Who asks, for whose, how, and what the answer must be."""

    name: str
    whose: Whose
    sample: Sample
    expected: Told


class Row:
    """One route of the matrix."""

    def __init__(self, scene: Scene, endpoint: str) -> None:
        self.scene, self.endpoint, self.about = scene, endpoint, OBJECTS[endpoint]
        self.facts = operation_of(scene.door(endpoint).app, endpoint)
        self.told = {name: told(endpoint, self.facts, name) for name in CALLERS}
        self.samples: dict[tuple[str, Whose], Sample] = {}
        self.hit: set[tuple[str, Whose]] = set()

    def granted(self) -> Iterator[str]:
        """Each on something fresh, because it may be used up."""
        for name in CALLERS:
            for whose in Whose:
                if self._expected(name, whose) == OK:
                    yield from self._look(self._cell(name, whose))

    def refused(self) -> Iterator[str]:
        """Nothing is written, so one sample does for many. Callers that are refused whatever they ask for
        ask for what would be granted to somebody."""
        somebody = caller(self.scene, "somebody")
        wanted = {whose: self.about.make(somebody, whose) for whose in Whose}
        cells = []
        for name in CALLERS:
            who = caller(self.scene, name)
            for whose in Whose:
                expected = self._expected(name, whose)
                if self.told[name] != OK:
                    sample = wanted[whose]
                elif expected != OK:
                    sample = self._of_others(who, whose)
                else:
                    continue
                cells.append(Cell(name, whose, replace(sample, credentials=who.credentials), expected))
        before = self.scene.items()
        for cell in cells:
            yield from self._look(cell)
        if self.scene.items() != before:
            yield "something was written"

    def _of_others(self, who: Caller, whose: Whose) -> Sample:
        """The same for all who are at home in one tenant, but for what is their own."""
        if whose is Whose.OWN:
            return self.about.make(who, whose)
        key = who.home.tenant_id, whose
        if key not in self.samples:
            self.samples[key] = self.about.make(who, whose)
        return self.samples[key]

    def _cell(self, name: str, whose: Whose) -> Cell:
        who = caller(self.scene, name)
        sample = replace(self.about.make(who, whose), credentials=who.credentials)
        return Cell(name, whose, sample, self._expected(name, whose))

    def _expected(self, name: str, whose: Whose) -> Told:
        if self.told[name] != OK:
            return self.told[name]
        expected = self.about.told(whose)
        is_fan = name == "a fan" and self.endpoint == "me.code"
        return (422, "not-a-member") if is_fan and expected == OK else expected

    def _ask(self, sample: Sample) -> Answer:
        """As any client does: when the store was too slow, once more."""
        for _ in range(3):
            answer = sample.send(self.scene.door(self.endpoint), sample.raw)
            if answer.status_code != 503:
                break
        return answer

    def _look(self, cell: Cell) -> Iterator[str]:
        answer = self._ask(cell.sample)
        self.hit.add((cell.name, cell.whose))
        where = f"{cell.name}, {cell.whose}"
        if cell.expected == OK:
            if answer.status_code != self.facts.status:
                yield f"{where}: {answer.text}"
            return
        status, code = cell.expected
        yield from (f"{where}: {wrong}" for wrong in complaints(answer, self.facts, status))
        if answer.json.get("code") != code:
            yield f"{where}: {answer.json.get('code')} instead of {code}"


def test_each_route_has_its_cells(scene: Scene) -> None:
    routes = {endpoint for endpoint, _ in operations(scene.shop.people, scene.shop.staff)}

    assert set(OBJECTS) == set(BUILDERS) == routes


def test_waiting_merges_of_another_tenant_are_not_listed(scene: Scene) -> None:
    ours, theirs = waiting_merge(scene.shop), waiting_merge(scene.rival)

    listed = [merge["merge_id"] for merge in scene.rival.office.get("/v1/staff/merges").json["items"]]

    assert theirs in listed
    assert ours not in listed


def test_the_missing_scope_is_named_as_files_write_it(scene: Scene) -> None:
    who = caller(scene, "till without scopes")

    sample = replace(OBJECTS["till_orders.record"].make(who, Whose.OWN), credentials=who.credentials)
    answer = sample.send(scene.shop.staff, sample.raw)

    assert answer.json["detail"] == "The operation needs the scope 'orders.write'."


def test_only_these_operations_are_open_to_anyone(scene: Scene) -> None:
    found = {
        endpoint
        for endpoint, facts in operations(scene.shop.people, scene.shop.staff)
        if facts.actor is Anyone
    }

    assert found == PUBLIC


def test_each_address_has_callers_of_its_own_kind(scene: Scene) -> None:
    kinds = {"/v1/me": MemberSelf, "/v1/till": Till, "/v1/staff": Operator}
    for door in (scene.shop.people, scene.shop.staff):
        for rule in door.app.url_map.iter_rules():
            if rule.endpoint in PUBLIC or rule.endpoint == "auth.logout":
                continue
            kind = next(kind for prefix, kind in kinds.items() if rule.rule.startswith(prefix))
            assert operation_of(door.app, rule.endpoint).actor is kind, rule.rule


NAMING = {
    *("my_points.explanation", "my_rewards.offered", "my_exchanges.exchange", "my_exchanges.one"),
    *(
        "my_coupons.one",
        "my_coupons.claim_sent",
        "my_coupons.offer",
        "my_coupons.withdraw",
        "my_coupons.claim",
    ),
}
"""What people may name: an entry, exchange or coupon, which must be their own; a reward; a template."""


def test_no_operation_of_people_takes_an_id_of_somebody(scene: Scene) -> None:
    for endpoint, facts in operations(scene.shop.people):
        schemas = [schema() for schema in (facts.takes, facts.query, facts.path) if schema]
        ids = {name for schema in schemas for name in schema.fields if name.endswith("_id")}
        assert facts.path is None or endpoint in NAMING, endpoint
        assert ids <= {"channel_id", "entry_id", "exchange_id", "reward_id", "template_id"}, endpoint


def test_a_view_without_operation_stops_the_start() -> None:
    bp = Blueprint("careless", __name__, url_prefix="/v1/careless")
    bp.get("")(lambda: "hello")

    with pytest.raises(TypeError, match="careless"):
        create_app(SimpleNamespace(image_url=None), [bp])


def test_an_operation_without_actor_cannot_be_written() -> None:
    with pytest.raises(TypeError, match="actor"):
        operation(Operation("Nobody said who may call this"))  # type: ignore[call-arg]  # that is the point
