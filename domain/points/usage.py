"""What of caps and limits is used up by one person, and how that comes together in a merge."""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

Usages = Mapping[str, "Usage"]
"""By the id of a rule, or by `reward#<id>`: no rule has such an id."""


LIMIT = "reward#"


def is_limit(name: str) -> bool:
    """Whether it is the limit of a reward that is used up, and not the cap of a rule."""
    return name.startswith(LIMIT)


class Usage(Struct, frozen=True):
    """Points that a rule with a cap gave, or how often a reward was had: on the last such day, and ever."""

    on: date
    today: int
    ever: int

    def plus(self, other: "Usage") -> "Usage":
        """Both together: the later day counts."""
        on = max(self.on, other.on)
        today = sum(each.today for each in (self, other) if each.on == on)
        return Usage(on, today, self.ever + other.ever)

    def minus(self, other: "Usage") -> "Usage":
        """What is left without the other, which was added before."""
        today = self.today - other.today if self.on == other.on else self.today
        return Usage(self.on, max(today, 0), max(self.ever - other.ever, 0))


def together(one: Usages, other: Usages) -> Usages:
    """What two people who are one have used up."""
    after = dict(one)
    for rule_id, usage in other.items():
        known = after.get(rule_id)
        after[rule_id] = known.plus(usage) if known else usage
    return after


def apart(both: Usages, part: Usages) -> Usages:
    """What is left of it when one of the two goes again; what was forgotten meanwhile stays forgotten."""
    left = {
        rule_id: usage.minus(part[rule_id]) if rule_id in part else usage for rule_id, usage in both.items()
    }
    return {rule_id: usage for rule_id, usage in left.items() if usage.ever}
