"""By which programme something was given, and what joining gives by it."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.simulation import observe
from tests.simulation.model import welcoming
from tests.simulation.model.state import Accepted, Programme, State
from tests.simulation.requests import Broken, Moment


def programmes(state: State, moment: Moment, who: object) -> Sequence[Programme]:
    """What may have been in force: what an entry names; without one, anything of that time."""
    found = [each.programme for each in (state, *moment.states)]
    if moment.commit is None:
        return found[:1]
    entries = [entry.after or {} for entry in moment.commit.of("entry")]
    versions = {observe.json_of(entry, "c").get("v") for entry in entries if "g" in entry}
    if not versions <= {each.version for each in found}:
        raise Broken("something earns by a programme that was in force", f"{who} by {versions}")
    return [each for each in found if not versions or each.version in versions]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who has just joined."""

    member: str
    number: str
    invited_by: str

    def welcomed(self, joined: Accepted, moment: Moment) -> tuple[State, int]:
        """With the gifts of a programme that was in force at some time of the try."""
        found = [
            welcoming.welcome(joined.state, self.member, self.number, self.invited_by, each, moment.now)
            for each in programmes(joined.state, moment, self)
        ]
        return next((each for each in found if self._is_written(joined.state, each[0], moment)), found[0])

    @staticmethod
    def _is_written(before: State, after: State, moment: Moment) -> bool:
        """Where nothing was given, the note that somebody was welcomed tells the programmes apart."""
        is_welcome = after.areas.get(welcoming.WELCOMES) != before.areas.get(welcoming.WELCOMES)
        return moment.commit is not None and is_welcome == bool(moment.commit.of("welcome"))
