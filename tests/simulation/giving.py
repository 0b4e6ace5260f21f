"""By which programme something was given, and what joining gives by it."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from tests.simulation import observe
from tests.simulation.model import welcoming
from tests.simulation.model.state import Accepted, Account, Programme, State, Verdict
from tests.simulation.process import CACHED_MS
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


def fitting(
    state: State, moment: Moment, ask: Callable[[Programme], Verdict], *, cached: bool = False
) -> Verdict:
    """By the programme that was in force when it was decided: the accounts that were written tell which.

    `cached`: also by one that was in force a minute before, or by any if the process was shown something old.
    """
    found = [each.programme for each in (state, *moment.states)]
    if cached:
        began = min(moment.commit.by.looks) if moment.commit else moment.now
        pairs = pairwise(state.programmes)
        is_old = moment.commit is not None and moment.commit.by.may_keep_something_old
        found += [each for each, following in pairs if is_old or following.since > began - CACHED_MS]
    verdicts = [ask(each) for each in {each.version: each for each in found}.values()]
    seen = _written(moment)
    found_fit = (each for each in verdicts if fits(each, moment))
    return next(found_fit, verdicts[0]) if seen else verdicts[0]


def under_one(state: State, moment: Moment, ask: Callable[[State], Verdict]) -> Verdict:
    """The same for what asks the model for the programme in force, such as a merge: settings may be a minute
    old."""

    def by(programme: Programme) -> Verdict:
        verdict = ask(replace(state, programmes=(*state.programmes, programme)))
        if not isinstance(verdict, Accepted):
            return verdict
        return replace(verdict, state=replace(verdict.state, programmes=state.programmes))

    return fitting(state, moment, by, cached=True)


def fits(verdict: Verdict, moment: Moment) -> bool:
    """Whether it is what was written, if anything was."""
    return (
        isinstance(verdict, Accepted)
        and _holds(verdict.state, _written(moment))
        and _merges_hold(verdict.state, moment)
    )


def _merges_hold(state: State, moment: Moment) -> bool:
    """Where two programmes leave the same accounts, the tier that a merge remembers tells them apart."""
    changes = moment.commit.of("merge") if moment.commit else []
    return all(
        known.tier_before == observe.held(change.after, "standing_before")
        for change in changes
        if change.after and (known := state.merges.get(change.thing_id)) is not None
    )


def _written(moment: Moment) -> dict[str, Account]:
    changes = moment.commit.of("account") if moment.commit else []
    return {change.thing_id: observe.account(change.after) for change in changes if change.after}


def _holds(state: State, seen: Mapping[str, Account]) -> bool:
    return all(state.accounts.get(member) == account for member, account in seen.items())


class Arrival(Struct, frozen=True):
    """Somebody who has just joined."""

    member: str
    number: str
    invited_by: str

    def welcomed(self, joined: Accepted, moment: Moment) -> tuple[State, int]:
        """With the gifts of a programme that was in force at some time of the try."""
        found = [
            welcoming.welcome(joined.state, self.member, self.number, host, each, moment.now)
            for each in programmes(joined.state, moment, self)
            for host in self._hosts(moment)
        ]
        return next((each for each in found if self._is_written(joined.state, each[0], moment)), found[0])

    def _hosts(self, moment: Moment) -> tuple[str, ...]:
        """Who has only just joined may not have been a member yet when the invitation was looked at."""
        views = [each.people.get(each.alive(self.invited_by)) for each in moment.states]
        is_sure = all(host is not None and host.joined_at for host in views)
        return (self.invited_by,) if is_sure else (self.invited_by, "")

    @staticmethod
    def _is_written(before: State, after: State, moment: Moment) -> bool:
        """Where nothing was given, the note that somebody was welcomed tells the programmes apart."""
        if moment.commit is None:
            return True
        is_welcome = after.areas.get(welcoming.WELCOMES) != before.areas.get(welcoming.WELCOMES)
        is_given = after.accounts != before.accounts
        seen = _written(moment)
        does_fit = is_welcome == bool(moment.commit.of("welcome")) and is_given == bool(seen)
        return does_fit and _holds(after, seen)
