"""What coupons add up to, reckoned from what is written of each. A day of 0 is all days."""

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from tests.simulation.model.state import State

COUNTED, SUMS, COUNTS = "counted coupons", "sums of coupons", "counts"
Shares = Mapping[tuple[int, str, str], int]
"""By day, store and figure."""


class Written(Struct, frozen=True):
    """One state of a coupon, with days as numbers; 0 for never."""

    template: str
    is_gift: bool
    sent: int
    claimed: int
    state: str
    lock: tuple[int, str]
    uses: tuple[tuple[int, str, int, int, int], ...]
    """Day, store, off, sales, and the day on which it came back."""
    over: int
    ended: int


def shares(written: Written) -> dict[tuple[int, str, str], int]:
    found: dict[tuple[int, str, str], int] = {}
    for day, store, what, number in _all(written):
        found[day, store, what] = found.get((day, store, what), 0) + number
    return {place: number for place, number in found.items() if number}


def _all(written: Written) -> Iterator[tuple[int, str, str, int]]:
    if not written.is_gift:
        yield written.sent, "", "sent", 1
        if written.claimed:
            yield written.claimed, "", "claimed", 1
    for day, store, off, sales, back in written.uses:
        yield from ((day, store, "used", 1), (day, store, "off", off), (day, store, "sales", sales))
        if back:
            yield back, store, "returned", 1
            yield from ((back, store, "off", -off), (back, store, "sales", -sales))
    ends = {"expired": ("expired", written.over), "void": ("voided", written.ended)}
    ends |= {"given": ("given", written.ended), "locked": ("locked", written.lock[0])}
    if written.state in ends:
        what, day = ends[written.state]
        yield day, written.lock[1] if what == "locked" else "", what, 1


def numbers(state: State) -> tuple[int, int]:
    """The count that is shown, and the one that is made, if any."""
    found: tuple[int, int] = state.areas.get(COUNTS, (1, 0))
    return found


def follow(state: State, count: int, code: str, version: int, written: Written) -> State | None:
    """The sums after one more state of a coupon; None if that is nothing new."""
    counted, sums = dict(state.areas.get(COUNTED, {})), dict(state.areas.get(SUMS, {}))
    before, old = counted.get((count, code), (0, {}))
    if before >= version:
        return None
    new = shares(written)
    counted[count, code] = version, new
    for day, store, what in old.keys() | new.keys():
        more = new.get((day, store, what), 0) - old.get((day, store, what), 0)
        for place in {(0, ""), (0, store), (day, store)}:
            key = (count, written.template, *place, what)
            sums[key] = sums.get(key, 0) + more
    return replace(state, areas={**state.areas, COUNTED: counted, SUMS: sums})


def told(state: State, count: int, template: str, day: int, store: str) -> dict[str, int]:
    """The figures of one place, without zeros."""
    sums = state.areas.get(SUMS, {})
    place = (count, template, day, store)
    return {key[4]: number for key, number in sums.items() if key[:4] == place and number}
