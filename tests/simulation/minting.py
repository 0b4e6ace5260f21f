"""Which coupons a commit brought about, by which version of a template, and to whom."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product

from msgspec.structs import replace

from tests.simulation import observe
from tests.simulation.callers import Personal
from tests.simulation.cloud import Commit
from tests.simulation.model import coupons as model
from tests.simulation.model import sessions
from tests.simulation.model.state import Accepted, Refused, State, Verdict
from tests.simulation.requests import Broken, Moment
from tests.simulation.table.values import Item

DRAFT = "a coupon that is not written"


def new_coupons(moment: Moment) -> Mapping[str, tuple[str, str, int]]:
    """By code: to whom, of which template and version."""
    changes = moment.commit.of("coupon") if moment.commit else []
    return {
        change.thing_id: _said(change.after) for change in changes if change.before is None and change.after
    }


def _said(item: Item) -> tuple[str, str, int]:
    version = observe.number(item, "template_version")
    return observe.text(item, "owner"), observe.text(item, "template_id"), version


def new_code(moment: Moment) -> str:
    """Of the one coupon that was made, if anything was."""
    return next(iter(new_coupons(moment)), DRAFT)


def views(state: State, moment: Moment) -> Iterator[State]:
    """As it is now, but with people as they were at some time of the try."""
    yield state
    for earlier in moment.states:
        yield replace(state, people=earlier.people)


def mixed(views: Sequence[State], members: Sequence[str]) -> Iterator[State]:
    """People are read at once, but not at one instant: each of them may be whom some view says."""
    newest = views[0]
    known = [name for name in members if name in newest.people]
    for heirs in product(*(sorted({view.alive(name) for view in views}) for name in known)):
        people = {
            name: replace(newest.people[name], redirect="" if heir == name else heir)
            for name, heir in zip(known, heirs, strict=True)
        }
        yield replace(newest, people={**newest.people, **people})


def versions(state: State, moment: Moment, template: str) -> list[int]:
    """Those that may have been read: the one that a coupon was made under, or the latest."""
    latest = len(model.templates(state)[template].said)
    if moment.commit is None:
        return [latest]
    views = (model.templates(each).get(template) for each in moment.states)
    found = {latest} | {len(view.said) for view in views if view and len(view.said) <= latest}
    made = {version for _, name, version in new_coupons(moment).values() if name == template}
    if not made <= found:
        raise Broken("a coupon is made by what was in force", f"{template} by {made}, in force {found}")
    return sorted(made or found, reverse=True)


def as_written(commit: Commit | None) -> Callable[[Accepted], bool]:
    """Whether the coupons are those of the commit."""
    changes = commit.of("coupon") if commit else []

    def fits(verdict: Accepted) -> bool:
        known, said = model.coupons(verdict.state), model.templates(verdict.state)
        return all(
            change.after is not None
            and known.get(change.thing_id) == observe.coupon(change.after, said, known.get(change.thing_id))
            for change in changes
        )

    return fits


def by_whom(operation: Personal, state: State, moment: Moment, ask: Callable[[str], Verdict]) -> Verdict:
    """Of all whom the login stood for at some time of the try, the one for whom it was written.

    A coupon may go to an id that was merged into another one meanwhile: it is theirs all the same.
    """
    actors = sorted(operation.actors(state, moment), reverse=True)
    if moment.commit is not None:
        logins = ((view, view.sessions.get(operation.session_id)) for view in moment.states)
        actors += [sessions.acts_for(view, login) for view, login in logins if login]
    verdicts = [ask(member) if member else Refused("identity-moved") for member in actors]
    fits = as_written(moment.commit)
    return next((each for each in verdicts if isinstance(each, Accepted) and fits(each)), verdicts[0])
