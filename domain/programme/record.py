"""Where a rule stands: its draft, and who drafted, published and retired it when."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.programme.rule import Rule


class RuleState(StrEnum):
    """A published rule may have a draft beside it."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class Deed(Struct, frozen=True):
    """Who did something, and when."""

    by: str
    at: datetime


class RuleRecord(Struct, frozen=True):
    """The bodies of published versions lie in the programmes; this holds the draft and the deeds."""

    rule_id: str
    draft: Rule | None = None
    draft_number: int = 0
    """Counts the drafts, so that somebody publishes what they have seen."""
    drafted: Deed | None = None
    published: Deed | None = None
    published_version: int = 0
    """The last version of the rule that was in force."""
    buckets: int = 0
    retired: Deed | None = None
    version: int = 1

    @property
    def state(self) -> RuleState:
        if self.published is None:
            return RuleState.DRAFT
        return RuleState.RETIRED if self.retired else RuleState.PUBLISHED

    def with_draft(self, rule: Rule, deed: Deed) -> "RuleRecord":
        return replace(
            self,
            draft=rule,
            draft_number=self.draft_number + 1,
            drafted=deed,
            version=self.version + 1,
        )

    def with_publication(self, rule: Rule, deed: Deed) -> "RuleRecord":
        is_draft = self.draft == rule.as_written()
        return replace(
            self,
            draft=None if is_draft else self.draft,
            published=deed,
            published_version=rule.version,
            buckets=rule.buckets,
            retired=None,
            version=self.version + 1,
        )

    def with_retirement(self, deed: Deed) -> "RuleRecord":
        return replace(self, retired=deed, version=self.version + 1)


class RuleSheet(Struct, frozen=True):
    """A rule as staff see it: where it stands, and what is in force of it."""

    record: RuleRecord
    in_force: Rule | None
