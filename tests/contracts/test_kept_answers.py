"""Answers kept for thirty days, counters that never pass their limit, and nonces that are good once."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.dynamodb.idempotency import KEPT, Kept
from domain.errors import Conflict, TooMany
from domain.unit_of_work import Counted, Created, Plan
from sandbox.server import RunningSandbox
from tests.contracts.things import WHOLE, Place

ANSWER = Kept(
    "member:m_1", "k" * 16, "fingerprint", {"outcome": "joined", "名": [1, None, {"a": True}]}, WHOLE
)


def find(place: Place, at: Any = WHOLE, caller: str = "member:m_1", key: str = "k" * 16) -> Kept | None:
    found: Kept | None = place.read(lambda stores: stores.kept.find(caller, key, at))
    return found


def test_an_answer_comes_back_to_its_own_caller_key_and_tenant_only(place: Place, other_place: Place) -> None:
    place.write(Created(ANSWER))

    assert find(place) == ANSWER
    assert find(place, caller="member:m_2") is None
    assert find(place, key="k" * 17) is None
    assert find(other_place) is None


def test_an_answer_is_kept_for_thirty_days_and_counts_as_gone_then(place: Place) -> None:
    place.write(Created(ANSWER))

    assert timedelta(days=30) == KEPT
    assert find(place, WHOLE + KEPT - timedelta(seconds=1)) == ANSWER
    assert find(place, WHOLE + KEPT) is None


def test_the_key_is_free_again_when_its_time_is_over_and_not_before(place: Place) -> None:
    place.write(Created(ANSWER))
    late = replace(ANSWER, fingerprint="other", at=WHOLE + KEPT)

    with pytest.raises(Conflict):
        place.write(Created(replace(late, at=late.at - timedelta(seconds=1))))
    assert find(place) == ANSWER
    place.write(Created(late))

    assert find(place, late.at) == late


def add(place: Place, counter: str, by: int = 1, limit: int = 100) -> bool:
    """Whether there was room; a conflict is tried again, as a client would."""
    ends_at = place.services.clock() + timedelta(hours=1)
    counted = Counted(counter, by, limit, ends_at, TooMany("full"))
    while True:
        try:
            place.services.runner.run(place.tenant_id, lambda stores, now: Plan(None, (counted,)))
        except TooMany:
            return False
        except Conflict:
            continue
        return True


def test_eight_hands_on_one_counter_reach_exactly_the_limit(place: Place, other_place: Place) -> None:
    with ThreadPoolExecutor(8) as pool:
        granted = list(pool.map(lambda _: sum(add(place, "c") for _ in range(50)), range(8)))

    assert sum(granted) == 100
    assert not add(place, "c")
    assert add(place, "d")
    assert add(other_place, "c")


@pytest.mark.parametrize(
    "steps, granted",
    [
        ([60, 41, 40, 1], [True, False, True, False]),
        ([100, 1], [True, False]),
        ([101, 1], [False, True]),
        ([99, 2, 1], [True, False, True]),
    ],
)
def test_a_step_that_would_pass_the_limit_is_refused_and_adds_nothing(
    place: Place, steps: list[int], granted: list[bool]
) -> None:
    assert [add(place, "c", by) for by in steps] == granted


def test_a_limit_of_zero_lets_nothing_through(place: Place) -> None:
    assert not add(place, "c", 1, 0)


def test_a_lower_limit_holds_at_once(place: Place) -> None:
    assert add(place, "c", 50, 100)

    assert not add(place, "c", 1, 50)
    assert add(place, "c", 1, 51)


def test_a_counter_is_dropped_after_its_window(place: Place) -> None:
    add(place, "c")

    raw = place.services.table.get((f"T#{place.tenant_id}#W#c", "W"))

    assert raw is not None
    assert abs(int(raw["ttl"]["N"]) - int(place.services.clock().timestamp()) - 3600) <= 2
    assert raw["n"]["N"] == "1"


def use(place: Place, key_id: str, nonce: str, by: str = "") -> bool:
    ends_at = place.services.clock() + timedelta(minutes=15)
    by = by or secrets.token_hex(8)
    is_fresh: bool = place.read(lambda stores: stores.nonces.use(key_id, nonce, by, ends_at))
    return is_fresh


def test_a_nonce_is_good_once_for_its_key_and_tenant(place: Place, other_place: Place) -> None:
    assert [use(place, "till", "n-1"), use(place, "till", "n-1")] == [True, False]
    assert use(place, "till", "n-2")
    assert use(place, "other", "n-1")
    assert use(other_place, "till", "n-1")


def test_a_request_that_comes_again_by_itself_is_no_repetition(place: Place) -> None:
    assert use(place, "till", "n-1", by="x_1")

    assert use(place, "till", "n-1", by="x_1"), "only the answer was lost"
    assert not use(place, "till", "n-1", by="x_2")


def test_of_eight_that_show_one_nonce_at_once_one_gets_in(place: Place) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(lambda _: use(place, "till", "n"), range(8))) == [False] * 7 + [True]


def test_a_nonce_is_free_again_after_its_time(place: Place, sandboxed: RunningSandbox) -> None:
    use(place, "till", "n")
    sandboxed.world.clock.advance_seconds(15 * 60 - 2)
    assert not use(place, "till", "n")

    sandboxed.world.clock.advance_seconds(4)

    assert use(place, "till", "n")
