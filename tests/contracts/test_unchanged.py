"""Plans that rely on a thing without changing it."""

import pytest
from msgspec.structs import replace

from domain.errors import Conflict
from domain.points.model import Account
from domain.unit_of_work import Change, Changed, Created, Unchanged
from tests.contracts.things import MEMBER, Place

WAY = replace(MEMBER, member_id="m_8", redirect_to="m_1")
NOTED = Created(Account("m_9"))


def test_what_is_as_it_was_read_lets_the_rest_be_written_and_stays_as_it_is(place: Place) -> None:
    place.write(Created(WAY))

    place.write(NOTED, Unchanged(WAY))

    stored = place.read(lambda stores: stores.members.exact("m_8"))
    assert (stored.version, stored.redirect_to) == (WAY.version, WAY.redirect_to)
    assert place.read(lambda stores: stores.accounts.exact("m_9")) is not None


def test_alone_it_is_checked_as_well(place: Place) -> None:
    place.write(Created(WAY))

    place.write(Unchanged(WAY))
    with pytest.raises(Conflict):
        place.write(Unchanged(replace(WAY, version=WAY.version + 1)))


@pytest.mark.parametrize(
    "moved",
    [
        Changed(WAY, WAY.next(redirect_to="m_2")),
        Changed(WAY, WAY.next(redirect_to=None)),
    ],
    ids=["elsewhere", "nowhere"],
)
def test_what_has_moved_since_lets_nothing_be_written(place: Place, moved: Change) -> None:
    place.write(Created(WAY))
    place.write(moved)

    with pytest.raises(Conflict):
        place.write(NOTED, Unchanged(WAY))

    assert place.read(lambda stores: stores.accounts.exact("m_9")) is None


def test_an_account_that_leads_elsewhere_now_has_moved_although_its_version_has_not(place: Place) -> None:
    leads = Account("m_8", redirect_to="m_1")
    place.write(Created(leads))
    place.write(Changed(leads, replace(leads, redirect_to="m_2")))

    with pytest.raises(Conflict):
        place.write(NOTED, Unchanged(leads))
    with pytest.raises(Conflict):
        place.write(Changed(leads, replace(leads, redirect_to="m_3")))

    place.write(NOTED, Unchanged(replace(leads, redirect_to="m_2")))
