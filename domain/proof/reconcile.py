"""Use case: fold every ledger again and follow every reference, and say what does not fit."""

from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from domain.points.prove import Finding
from domain.proof.check import check
from domain.proof.ports import Everything, Repositories, Thing
from domain.unit_of_work import Runner

CHECKS_MAX = 3


class Report(Struct, frozen=True):
    """How many things of each kind were looked at, and what was wrong."""

    seen: Mapping[str, int]
    findings: tuple[Finding, ...]


class Reconcile(Struct, frozen=True):
    """Safe beside traffic: what looks wrong is looked at again, since it may just have been moving."""

    runner: Runner[Repositories]
    everything: Everything

    def __call__(self, segment: int = 0, segments: int = 1) -> Report:
        seen: Counter[str] = Counter()
        findings: list[Finding] = []
        for tenant_id, thing in self.everything.things(segment, segments):
            seen[type(thing).__name__.lower()] += 1
            findings += self._check(tenant_id, thing)
        return Report(seen, tuple(findings))

    def _check(self, tenant_id: str, thing: Thing) -> list[Finding]:
        found: list[Finding] = []
        for _ in range(CHECKS_MAX):
            found = self.runner.use(tenant_id, lambda stores, _: check(stores, thing))
            if not found:
                break
        return found
