"""What programmes need from the outside world."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from domain.page import Page
from domain.programme.model import Programme
from domain.programme.record import RuleRecord
from domain.programme.rule import Rule
from domain.tenant.ports import Tenants


class Programmes(Protocol):
    """Every version of the tenant's programme; a version never changes, so it is read once by a process."""

    def current(self) -> Programme:
        """The one that the tenant's settings name, as old as these may be (see `Tenants.settings`)."""
        ...

    def find(self, version: int) -> Programme | None:
        """Version 0 is empty."""
        ...


class RuleRecords(Protocol):
    """As stored now."""

    def those(self, rule_ids: Iterable[str]) -> Mapping[str, RuleRecord]: ...

    def page(self, limit: int, position: str | None) -> Page[RuleRecord]:
        """In the order of their ids."""
        ...


class Budgets(Protocol):
    """What rules with a budget have given so far, counted in buckets."""

    def left(self, rules: Iterable[Rule]) -> Mapping[str, tuple[int, ...]]:
        """What is left in each bucket, of those rules for which the last try of a commit found too little.

        Nothing is read for the others: mostly there is enough, and the commit finds out.
        """
        ...


class Repositories(Protocol):
    @property
    def tenants(self) -> Tenants: ...

    @property
    def programmes(self) -> Programmes: ...

    @property
    def rules(self) -> RuleRecords: ...
