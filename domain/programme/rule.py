"""A rule: its kind with settings, its conditions and its limits."""

import json
from collections.abc import Mapping
from typing import Annotated

from msgspec import Struct
from msgspec.structs import asdict, replace

from domain.errors import FieldProblem, InvalidInput
from domain.programme import form
from domain.programme.form import Ident, Part, Whole, Words
from domain.programme.kinds import KINDS
from domain.programme.kinds.kind import Settings
from domain.programme.when import ALWAYS, When

LIMIT_MAX = 1_000_000_000
BUCKETS_MAX = 16
BUCKET_POINTS = 10_000
"""A budget is counted in so many parts that not every order waits for the same one."""
PRIORITY_MAX = 1000


class Limits(Struct, frozen=True, kw_only=True):
    """The most points (or benefits) that a rule gives; what it would give beyond is left out."""

    per_event: Annotated[int | None, Whole(1, LIMIT_MAX)] = None
    """For one order, one check-in and so on."""
    per_day: Annotated[int | None, Whole(1, LIMIT_MAX)] = None
    """To one person on one business day, by when it is booked."""
    per_member: Annotated[int | None, Whole(1, LIMIT_MAX)] = None
    """To one person ever."""
    budget: Annotated[int | None, Whole(1, LIMIT_MAX)] = None
    """To all together."""

    @property
    def counts_persons(self) -> bool:
        return self.per_day is not None or self.per_member is not None


NO_LIMITS = Limits()


class Head(Struct, frozen=True, kw_only=True):
    """A rule without its settings."""

    rule_id: Annotated[str, Ident()]
    name: Annotated[str, Words(40)]
    """What members are told."""
    kind: Annotated[str, Words(32)]
    when: Annotated[When, Part(When)] = ALWAYS
    limits: Annotated[Limits, Part(Limits)] = NO_LIMITS
    priority: Annotated[int, Whole(0, PRIORITY_MAX)] = 0
    """Among multipliers: the higher one goes first, and wins where two would give the same."""


class Rule(Head, frozen=True, kw_only=True):
    """One earning rule (积分规则). What is published keeps its version; a change makes the next one."""

    settings: Settings
    version: int = 1
    buckets: int = 0
    """Into how many parts the budget is split: as when it was first set; 0: it never was."""

    @property
    def turn(self) -> tuple[int, str]:
        """Sorts rules of one kind of effect."""
        return (-self.priority, self.rule_id)

    def share(self, bucket: int) -> int:
        """The part of the budget that one bucket holds."""
        whole, rest = divmod(self.limits.budget or 0, self.buckets)
        return whole + (1 if bucket < rest else 0)

    def published_as(self, version: int, buckets: int) -> "Rule":
        """With the number that it has in force; `buckets`: as the budget is counted already, or 0."""
        if self.limits.budget is not None and not buckets:
            buckets = min(max(self.limits.budget // BUCKET_POINTS, 1), BUCKETS_MAX)
        return replace(self, version=version, buckets=buckets)

    def follow(self, before: "Rule | None") -> "Rule":
        """The same rule with the version that it has after that one."""
        if before is None:
            return self.published_as(1, 0)
        same = self.published_as(before.version, before.buckets)
        return same if same == before else replace(same, version=before.version + 1)

    def as_written(self) -> "Rule":
        """Without what a publication adds: as in a draft."""
        return replace(self, version=1, buckets=0)


def load(raw: Mapping[str, object]) -> Rule:
    """The rule as it is written down. Raises InvalidInput, which names every field that is wrong.

    What stands in the table was checked when it came in, and passes again.
    """
    problems: list[FieldProblem] = []
    head: Head | None = None
    try:
        head = form.load(Head, {name: value for name, value in raw.items() if name != "settings"})
    except InvalidInput as odd:
        problems.extend(odd.fields)
    kind = KINDS.get(str(raw.get("kind")))
    if kind is None:
        problems.append(FieldProblem("kind", "invalid-choice"))
        raise InvalidInput(fields=tuple(problems))
    settings: Settings | None = None
    try:
        settings = form.load(kind, raw.get("settings", {}), "settings")
    except InvalidInput as odd:
        problems.extend(odd.fields)
    if head is None or settings is None:
        raise InvalidInput(fields=tuple(problems))
    return Rule(**asdict(head), settings=settings)


def dump(rule: Rule) -> dict[str, object]:
    """The reverse of `load`, without version and buckets."""
    return {**form.dump(rule), "settings": form.dump(rule.settings)}


def size(rule: Rule) -> int:
    """How many bytes it takes to write the rule down."""
    return len(json.dumps(dump(rule), ensure_ascii=False).encode())
