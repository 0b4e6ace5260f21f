"""A programme: the rules and terms in force, as one document that is written once and then only read."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated, TypeVar

from msgspec import Struct

from domain.errors import Conflict, NotFound, RuleBroken, invalid
from domain.money import Rounding
from domain.programme.convert import Conversion
from domain.programme.deduct import WHOLE, Deduction
from domain.programme.event import Event
from domain.programme.form import OneOf, Part, Whole, YesNo
from domain.programme.kinds import GIVING, GRANTING, MULTIPLYING
from domain.programme.kinds.kind import Giving, Granting, Multiplying, Settings
from domain.programme.ladder import Ladder
from domain.programme.rule import Rule

RULES_MAX = 200
BUDGETS_MAX = 12
BENEFITS_MAX = 10
"""One event may answer all rules, and what they write has to fit into one transaction."""
BYTES_MAX = 256 * 1024
"""Of rules and terms, so that a version stays one item."""
VALIDITY_MONTHS_MAX = 120
GRACE_DAYS_MAX = 365
HOLD_DAYS_MAX = 90
SHORTEST_MONTH_DAYS = 28
MONTHS = Whole(1, VALIDITY_MONTHS_MAX)


class RuleNotFound(NotFound):
    code = "rule-not-found"
    title = "There is no such rule."
    message = "未找到该积分规则"


class NoDraft(Conflict):
    code = "rule-has-no-draft"
    title = "This rule has no draft that could be published."
    message = "该规则没有待发布的草稿"


class NotPublished(Conflict):
    code = "rule-not-published"
    title = "This rule is not in force."
    message = "该规则未在生效中"


class TooManyRules(RuleBroken):
    code = "too-many-rules"
    title = f"A programme holds up to {RULES_MAX} rules; retire one first."
    message = "生效规则数量已达上限，请先停用部分规则"


class TooManyBudgets(RuleBroken):
    code = "too-many-budgets"
    title = f"A programme holds up to {BUDGETS_MAX} rules with a budget, and up to {BENEFITS_MAX} that grant"
    title += " a benefit; retire one first."
    message = "带预算或赠送权益的规则数量已达上限，请先停用部分规则"


class ProgrammeTooLarge(RuleBroken):
    code = "programme-too-large"
    title = "Rules and tiers together are written down in up to 256 KB; name fewer goods, or retire a rule."
    message = "积分规则内容过多，请精简商品列表或停用部分规则"


class ValidityKind(StrEnum):
    """How long points live."""

    FIXED = "fixed"
    ROLLING = "rolling"
    PERMANENT = "permanent"


class ClawbackPolicy(StrEnum):
    """What happens when a refund takes back points that are no longer there (decision D-21)."""

    DEBT = "debt"
    FLOOR = "floor"
    DENY = "deny"


class Validity(Struct, frozen=True):
    """Fixed: through the same date `months` later (D-05). Rolling: the month of earning is month 1 (D-04)."""

    kind: Annotated[ValidityKind, OneOf(ValidityKind)] = ValidityKind.ROLLING
    months: Annotated[int, MONTHS] = 12

    def __post_init__(self) -> None:
        MONTHS.load(self.months, "months")


class Terms(Struct, frozen=True, kw_only=True):
    """What holds for all rules of a programme."""

    validity: Annotated[Validity, Part(Validity)] = Validity()
    clawback: Annotated[ClawbackPolicy, OneOf(ClawbackPolicy)] = ClawbackPolicy.DEBT
    bonus_counts: Annotated[bool, YesNo()] = False
    """Whether what is paid from stored bonus earns points (D-23)."""
    rounding: Annotated[Rounding, OneOf(Rounding)] = Rounding.DOWN
    refund_grace_days: Annotated[int, Whole(0, GRACE_DAYS_MAX)] = 0
    """What a refund brings back to a lot that is over lives for so many days; 0: it lapses (D-22)."""
    hold_days: Annotated[int, Whole(0, HOLD_DAYS_MAX)] = 0
    """Points of an order can be used so many days after it was paid; 0: at once."""
    first_order_permille: Annotated[int, Whole(1, WHOLE)] = WHOLE
    """What the first order leaves to pay, beside the discount of the tier (C-30)."""
    deduction: Annotated[Deduction | None, Part(Deduction)] = None
    """What points are worth at the counter; None: they pay nothing."""
    conversion: Annotated[Conversion | None, Part(Conversion)] = None
    """What points that are over become; None: they are void (C-37)."""
    ladder: Annotated[Ladder | None, Part(Ladder)] = None
    """The tiers; None: there are none."""

    def discounts(self, tier_id: str | None, orders_before: int) -> tuple[int, ...]:
        """What an order leaves to pay of its price, in thousandths: one after the other."""
        tiers = self.ladder.tiers if self.ladder else ()
        by_tier = tuple(tier.pay_permille for tier in tiers if tier.tier_id == tier_id)
        return by_tier if orders_before else (*by_tier, self.first_order_permille)

    def __post_init__(self) -> None:
        lives = SHORTEST_MONTH_DAYS * (self.validity.months - 1)
        if self.validity.kind is not ValidityKind.PERMANENT and self.hold_days > lives:
            raise invalid("hold_days", "out-of-range", "Points are held for less time than they live.")


K = TypeVar("K", bound=Settings)


def _by_event(
    rules: tuple[Rule, ...], kinds: tuple[type[K], ...]
) -> dict[type[Event], tuple[tuple[Rule, K], ...]]:
    """By what they answer, the rules of some kinds with their settings, in their turn."""
    found: dict[type[Event], tuple[tuple[Rule, K], ...]] = {}
    for rule in sorted(rules, key=lambda each: each.turn):
        if isinstance(rule.settings, kinds):
            for event in rule.settings.answers:
                found[event] = (*found.get(event, ()), (rule, rule.settings))
    return found


class Programme(Struct, frozen=True, dict=True):
    """One version. Rules stand in the order of their ids; each keeps the version it was published with."""

    version: int = 0
    """0: nothing was published yet, and nothing is given."""
    terms: Terms = Terms()
    rules: tuple[Rule, ...] = ()
    made_at: datetime | None = None
    made_by: str = ""

    @cached_property
    def _giving(self) -> Mapping[type[Event], tuple[tuple[Rule, Giving], ...]]:
        return _by_event(self.rules, GIVING)

    @cached_property
    def _multiplying(self) -> Mapping[type[Event], tuple[tuple[Rule, Multiplying], ...]]:
        return _by_event(self.rules, MULTIPLYING)

    @cached_property
    def _granting(self) -> Mapping[type[Event], tuple[tuple[Rule, Granting], ...]]:
        return _by_event(self.rules, GRANTING)

    def giving(self, event: type[Event]) -> tuple[tuple[Rule, Giving], ...]:
        """The rules that may give points for this, in their order."""
        return self._giving.get(event, ())

    def multiplying(self, event: type[Event]) -> tuple[tuple[Rule, Multiplying], ...]:
        """The rules that may multiply them, in their order."""
        return self._multiplying.get(event, ())

    def granting(self, event: type[Event]) -> tuple[tuple[Rule, Granting], ...]:
        """The rules that may grant a benefit for this, in their order."""
        return self._granting.get(event, ())

    def answering(self, event: type[Event]) -> list[Rule]:
        """All rules that may answer this."""
        return [rule for rule, _ in (*self.giving(event), *self.multiplying(event), *self.granting(event))]

    def asks_for_person(self, event: type[Event]) -> bool:
        """Whether one of its rules wants to know more of the member than the account says."""
        return any(rule.when.is_members_only or rule.when.birthday for rule in self.answering(event))

    def budgeted(self, event: type[Event]) -> list[Rule]:
        return [rule for rule in self.answering(event) if rule.limits.budget is not None]

    def rule(self, rule_id: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.rule_id == rule_id), None)
