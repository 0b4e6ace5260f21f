"""What an installation consists of: what is there, what is wanted, and the steps from one to the other.

A plan is made by the same comparison that applying makes, so that it tells what will be done.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from scripts.cloud.deployment import CannotDeploy

SHOWS_AFTER_SECONDS, PAUSE_SECONDS = 120.0, 2.0
Facts = dict[str, Any]
"""What is compared, by name."""


class Resource:
    """One thing in the cloud. Made bare, then changed until it is as wanted: each step can be repeated."""

    kind: str
    name: str
    stage: str | None = None
    """The function that it belongs to; None: all share it."""
    is_data = False
    """Kept when everything else is taken down."""

    def found(self) -> Facts | None:
        """None: it is not there."""
        raise NotImplementedError

    def wanted(self) -> Facts:
        raise NotImplementedError

    def make(self) -> None:
        raise NotImplementedError

    def change(self, found: Facts) -> None:
        """From what was found to what is wanted."""
        raise NotImplementedError

    def remove(self) -> None:
        raise NotImplementedError

    @property
    def title(self) -> str:
        return f"{self.kind} {self.name}"


class Difference(Struct, frozen=True):
    """One thing that is not as wanted."""

    resource: Resource
    before: Facts | None
    after: Facts | None
    """None: it is to go."""

    @property
    def sign(self) -> str:
        if self.before is None:
            return "+"
        return "-" if self.after is None else "~"

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"{self.sign} {self.resource.title}"
        if self.sign == "~":
            for name in changed(self.before or {}, self.after or {}):
                old, new = (self.before or {}).get(name), (self.after or {}).get(name)
                yield from _field_lines(name, old, new)


def changed(before: Facts, after: Facts) -> list[str]:
    """The names whose values differ."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _field_lines(name: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, list) and isinstance(new, list):
        old, new = _by_sid(old), _by_sid(new)
    if isinstance(old, dict) and isinstance(new, dict):
        for part in changed(old, new):
            yield from _field_lines(f"{name}.{part}", old.get(part), new.get(part))
    elif isinstance(old, list) and isinstance(new, list) and (told := _gone(old, new) + _come(old, new)):
        yield f"    {name}: {', '.join(told)}"
    else:
        yield f"    {name}: {_short(old)} → {_short(new)}"


def _by_sid(statements: list[Any]) -> Any:
    """Of a policy, by their names; any other list as it is."""
    are_named = all(isinstance(each, dict) and "Sid" in each for each in statements)
    return {each["Sid"]: each for each in statements} if statements and are_named else statements


def _gone(old: list[Any], new: list[Any]) -> list[str]:
    return [f"-{each}" for each in old if each not in new]


def _come(old: list[Any], new: list[Any]) -> list[str]:
    return [f"+{each}" for each in new if each not in old]


def _short(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 80 else text[:77] + "…"


def difference(resource: Resource) -> Difference | None:
    """None: it is as wanted."""
    before, after = resource.found(), resource.wanted()
    return None if before == after else Difference(resource, before, after)


def plan(resources: Iterable[Resource], strays: Iterable[Resource] = ()) -> list[Difference]:
    """What applying would do, in its order; strays are there and no longer wanted."""
    steps = [found for each in resources if (found := difference(each)) is not None]
    return steps + [Difference(each, each.found(), None) for each in strays]


def apply(resources: Sequence[Resource], strays: Sequence[Resource] = ()) -> Iterator[Difference]:
    """Does each step and yields it; whatever fails stops it, and the next run goes on from there."""
    for resource in resources:
        step = difference(resource)
        if step is None:
            continue
        yield step
        if step.before is None:
            resource.make()
        found = _shown(resource)
        if found != resource.wanted():
            resource.change(found)
    for resource in strays:
        yield Difference(resource, resource.found(), None)
        resource.remove()


def _shown(resource: Resource) -> Facts:
    """What was made a moment ago does not show everywhere at once. Raises CannotDeploy."""
    ends_at = time.monotonic() + SHOWS_AFTER_SECONDS
    while (found := resource.found()) is None:
        if time.monotonic() > ends_at:
            raise CannotDeploy(f"{resource.title} was made and does not show; run the same again.")
        time.sleep(PAUSE_SECONDS)
    return found


def remove(resources: Sequence[Resource], *, with_data: bool) -> Iterator[Difference]:
    """What was made last goes first."""
    for resource in reversed(resources):
        if resource.is_data and not with_data:
            continue
        if (found := resource.found()) is not None:
            yield Difference(resource, found, None)
            resource.remove()
