"""The engine itself: the same seed is the same run, faults do what they say, what fails becomes small."""

from collections.abc import Iterator
from functools import partial
from random import Random

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from adapters.dynamodb.schema import definition
from tests.simulation.area import Area
from tests.simulation.areas import all_areas
from tests.simulation.areas.points import Earn
from tests.simulation.callers import TILL
from tests.simulation.cloud import Cloud, Commit
from tests.simulation.faults import Calm, Fault, Place, Site, Storm, Tally
from tests.simulation.history import DEADLINE_MS, judge
from tests.simulation.houses import house
from tests.simulation.play import Cut, Outcome, play
from tests.simulation.rehearsal import Cell, rehearse
from tests.simulation.requests import Broken, Request, begin
from tests.simulation.runs import PROFILES, Part, Result, from_record, run, to_record
from tests.simulation.schedule import Schedule
from tests.simulation.shrink import shrink
from tests.simulation.stage import FIRST
from tests.simulation.table.storage import Storage
from tests.simulation.world import World

AREAS = all_areas()
A, B = ("T#t1#M#a", "P"), ("T#t1#M#b", "P")


def put(key: tuple[str, str], value: str) -> dict[str, object]:
    item = {"pk": {"S": key[0]}, "sk": {"S": key[1]}, "kind": {"S": "member"}, "v": {"S": value}}
    return {"Put": {"TableName": "t", "Item": item}}


def two_items(cloud: Cloud, value: str) -> None:
    request = {"TransactItems": [put(A, value), put(B, value)]}
    cloud.write("transact_write_items", request, None, 0)


def new_cloud(seed: int = 0) -> tuple[Cloud, Schedule, list[Commit]]:
    told: list[Commit] = []
    schedule = Schedule(Random(seed))
    cloud = Cloud(Storage(definition("t")), schedule, Random(seed), told.append)
    return cloud, schedule, told


@pytest.mark.parametrize("seed", ["1", "two", "33"])
def test_the_same_seed_gives_the_same_history_byte_for_byte(seed: str) -> None:
    one, other = play(seed, AREAS), play(seed, AREAS)

    assert one.trace == other.trace
    assert one.tally == other.tally
    assert len(one.trace) > 60


def test_other_seeds_give_other_histories() -> None:
    assert len({tuple(play(str(seed), AREAS).trace) for seed in range(5)}) == 5


def test_readers_may_see_a_transaction_half_done_and_never_after_its_answer() -> None:
    seen: set[tuple[str | None, str | None]] = set()
    for seed in range(60):
        cloud, schedule, _ = new_cloud(seed)
        two_items(cloud, "old")
        schedule.start(partial(two_items, cloud, "new"))
        for _ in range(3):
            schedule.start(partial(look, cloud, schedule, seen))
        schedule.drain()
        assert values(cloud) == ("new", "new")

    assert seen == {("old", "old"), ("new", "old"), ("new", "new")}


def values(cloud: Cloud) -> tuple[str | None, str | None]:
    found = [cloud.storage.get(key) for key in (A, B)]
    one, other = (item["v"]["S"] if item else None for item in found)
    return one, other


def look(cloud: Cloud, schedule: Schedule, seen: set[tuple[str | None, str | None]]) -> None:
    schedule.pause()
    seen.add(values(cloud))


def test_two_transactions_on_one_item_never_both_hold_it() -> None:
    outcomes: set[tuple[str, ...]] = set()
    for seed in range(40):
        cloud, schedule, told = new_cloud(seed)
        said: list[str] = []
        for value in ("one", "other"):
            schedule.start(partial(note_attempt, cloud, value, said))
        schedule.drain()
        assert len(told) == said.count("done")
        assert len(set(values(cloud))) == 1, "nothing is torn in the end"
        outcomes.add(tuple(sorted(said)))

    assert outcomes == {("TransactionConflict", "done"), ("done", "done")}


def note_attempt(cloud: Cloud, value: str, said: list[str]) -> None:
    said.append(attempt(cloud, value))


def attempt(cloud: Cloud, value: str) -> str:
    try:
        two_items(cloud, value)
    except ClientError as error:
        return str(error.response["CancellationReasons"][0]["Code"])
    return "done"


def test_a_read_of_one_moment_is_refused_while_a_transaction_holds_an_item() -> None:
    cloud, schedule, _ = new_cloud()
    keys = [{"Get": {"TableName": "t", "Key": {"pk": {"S": pk}, "sk": {"S": sk}}}} for pk, sk in (A, B)]
    schedule.start(lambda: two_items(cloud, "new"))
    schedule.turn()

    with pytest.raises(ClientError, match="TransactionConflict"):
        cloud.read("transact_get_items", {"TransactItems": keys})

    schedule.drain()
    found = cloud.read("transact_get_items", {"TransactItems": keys})["Responses"]
    assert [each["Item"]["v"]["S"] for each in found] == ["new", "new"]


def test_bad_weather_depends_on_the_place_alone() -> None:
    site = Site("earn", "put_item", "O", (Fault.THROTTLE, Fault.CRASH_AFTER))
    storm, other = Storm("7", 0.2), Storm("8", 0.2)
    places = [Place(request, 0, call) for request in range(20) for call in range(10)]

    met = [storm.choose(place, site) for place in places]

    assert met == [storm.choose(place, site) for place in places]
    assert met != [other.choose(place, site) for place in places]
    assert {None, Fault.THROTTLE, Fault.CRASH_AFTER} == set(met)
    assert replace(storm, spared=frozenset({3})).choose(places[30], site) is None


def faults_of(outcome: Outcome) -> int:
    return sum(len(attempt.faults) for request in outcome.requests for attempt in request.attempts)


def has_opening(outcome: Outcome) -> bool:
    """Whether it begins with a scene, which nothing can be left out of."""
    return any(f"#{FIRST + 1} " in line for line in outcome.trace)


def complain(world: World) -> Iterator[str]:
    """A promise that breaks as soon as two orders were recorded."""
    if len(world.state.orders) >= 2:
        yield f"{len(world.state.orders)} orders"


def test_a_failing_history_becomes_small_and_fails_again_from_its_own_line() -> None:
    areas = (*AREAS, Area("strict", promises={"at most one order": complain}))
    played = (play(str(seed), areas) for seed in range(50))
    whole = next(outcome for outcome in played if outcome.violation and not has_opening(outcome))
    seed = whole.seed

    small, cut = shrink(whole, areas)

    assert small.violation is not None
    assert small.violation.check == "at most one order"
    assert len(small.requests) <= 8
    assert len(whole.requests) >= 24
    assert faults_of(small) < faults_of(whole)
    assert play(seed, areas, cut).trace == small.trace


def test_what_is_left_out_is_not_asked() -> None:
    whole = play("5", AREAS)
    numbers = {request.number for request in whole.requests}
    gone = frozenset(sorted(numbers)[:10])

    assert {request.number for request in play("5", AREAS, Cut(gone)).requests} & gone == set()


def test_slices_add_up_to_the_whole() -> None:
    quiet = lambda *_: None  # noqa: E731  # nobody looks
    whole, one, other = run(0, 8, (), quiet), run(0, 3, (), quiet), run(3, 5, (), quiet)
    total = Result()
    for part in (one, other):
        total.add(from_record(to_record(part)))

    assert total.tally == whole.tally
    assert total.summary()["histories"] == 8


def test_profiles_are_played_in_slices_of_half_an_hour_at_most() -> None:
    for profile in PROFILES.values():
        assert profile.histories % profile.slice_histories == 0
        assert profile.slice_histories <= 12_500, "at ten histories a second this takes 21 minutes"
    assert Part().house is None


def test_a_fault_on_the_stage_meets_its_call_and_nothing_else() -> None:
    outcome = rehearse(Cell("earn", ((Place(1, 0, 3), Fault.CRASH_AFTER),)), AREAS)

    assert outcome.violation is None
    assert outcome.tally.faults == {"crash-after": 1}
    assert [attempt.said for attempt in outcome.requests[0].attempts] == ["crashed", "ok"]


def test_a_conflict_is_nobodys_fault_after_a_jump_of_the_clock() -> None:
    world = World(house(0), AREAS, "jump", Calm(), Tally())
    nobody = Earn(TILL, "N1", "east", world.now_ms, {"cash": 100}, "member_id", "m_nobody")
    trial = begin(Request(1, nobody), 0)
    trial.said, trial.looks = "conflict", [world.now_ms]

    with pytest.raises(Broken, match="refusals are true"):
        judge(world, trial)
    world.pass_time(DEADLINE_MS + 1)

    judge(world, trial)
