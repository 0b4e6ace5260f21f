"""Merges that wait for staff and merges that are not settled yet are found, in order, and no others."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from adapters.dynamodb.merges import DynamoUnsettledMerges
from domain.merge.model import Merge, MergeCause, MergeState
from domain.unit_of_work import Changed, Created
from tests.contracts.things import AT, Place

WAITING = Merge("g_0", "m_1", "m_2", MergeCause.PHONE, MergeState.WAITING, AT, "login:wx")


def waiting(place: Place, limit: int = 100) -> list[str]:
    """All of them, page by page."""
    seen: list[str] = []
    position = None
    while True:
        page = place.read(lambda stores, at=position: stores.merges.waiting(limit, at))
        assert len(page.items) <= limit
        seen += [merge.merge_id for merge in page.items]
        position = page.next_position
        if position is None:
            return seen


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_merges_wait_the_oldest_first(place: Place, other_place: Place, limit: int) -> None:
    for number in (3, 0, 4, 1, 2):
        merge = replace(WAITING, merge_id=f"g_{9 - number}", at=AT + timedelta(minutes=number))
        place.write(Created(merge))

    assert waiting(place, limit) == ["g_9", "g_8", "g_7", "g_6", "g_5"]
    assert waiting(other_place) == []


def test_a_decided_merge_waits_no_more(place: Place) -> None:
    place.write(Created(WAITING), Created(replace(WAITING, merge_id="g_1")))
    stored = place.read(lambda stores: stores.merges.find("g_0"))

    place.write(Changed(stored, replace(stored, state=MergeState.REJECTED, version=2)))

    assert waiting(place) == ["g_1"]
    assert place.read(lambda stores: stores.merges.find("g_0")).state is MergeState.REJECTED


def test_a_merge_is_unsettled_until_its_sessions_have_followed(place: Place) -> None:
    done = replace(WAITING, state=MergeState.DONE, is_settled=False)
    place.write(
        Created(done), Created(replace(done, merge_id="g_1")), Created(replace(WAITING, merge_id="g_2"))
    )
    queue = DynamoUnsettledMerges(place.services.table, place.services.store.shards)

    def unsettled() -> set[str]:
        return {merge_id for tenant_id, merge_id in queue.unsettled() if tenant_id == place.tenant_id}

    assert unsettled() == {"g_0", "g_1"}
    stored = place.read(lambda stores: stores.merges.find("g_0"))
    place.write(Changed(stored, replace(stored, is_settled=True, version=2)))

    assert unsettled() == {"g_1"}
