"""Use cases of head office: draft rules, and bring them into force or out of it, together or not at all."""

from collections.abc import Collection, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from domain.actor import Operator
from domain.errors import Conflict, RuleBroken, invalid
from domain.programme import form
from domain.programme import rule as written
from domain.programme.kinds import GRANTING
from domain.programme.model import (
    BENEFITS_MAX,
    BUDGETS_MAX,
    BYTES_MAX,
    RULES_MAX,
    NoDraft,
    NotPublished,
    Programme,
    ProgrammeTooLarge,
    RuleNotFound,
    Terms,
    TooManyBudgets,
    TooManyRules,
)
from domain.programme.ports import Repositories
from domain.programme.record import Deed, RuleRecord, RuleSheet, RuleState
from domain.programme.rule import Rule
from domain.tenant.model import Tenant
from domain.unit_of_work import Change, Changed, Created, Plan, Record, RequestKey, Runner, Unchanged

TOGETHER_MAX = 40
"""Rules that one publication may move, beside all else in its transaction."""
BY_FILE = "file"


class DraftChanged(Conflict):
    code = "draft-changed"
    title = "Somebody changed this draft since; look at it again before you publish it."
    message = "草稿已被修改，请确认后再发布"


class ProgrammeChanged(Conflict):
    code = "programme-changed"
    title = "Another version of the programme is in force by now; look at it again."
    message = "积分方案已更新，请确认后再修改"


class TiersNotNamed(RuleBroken):
    code = "tiers-not-named"
    title = 'There are tiers, and these terms do not name them; to end them, send "ladder": null.'
    message = "积分方案含会员等级，请一并提交；如需取消等级请明确说明"


class SaveDraft(Struct, frozen=True):
    """The same draft again changes nothing. What is in force stays so until the draft is published."""

    runner: Runner[Repositories]

    def __call__(self, actor: Operator, rule: Rule) -> RuleSheet:
        def plan(repositories: Repositories, now: datetime) -> Plan[RuleSheet]:
            before = repositories.rules.those([rule.rule_id]).get(rule.rule_id)
            in_force = repositories.programmes.current().rule(rule.rule_id)
            deed = Deed(actor.caller, now)
            if before is None:
                made = RuleRecord(rule.rule_id, rule, 1, deed)
                return Plan(RuleSheet(made, in_force), (Created(made),))
            if before.draft == rule:
                return Plan(RuleSheet(before, in_force))
            after = before.with_draft(rule, deed)
            return Plan(RuleSheet(after, in_force), (Changed(before, after),))

        return self.runner.run(actor.tenant_id, plan)


class Publication(Struct, frozen=True):
    """What is asked for: drafts by rule, with the number that was looked at, and rules to retire."""

    publish: Mapping[str, int]
    retire: tuple[str, ...]
    key: "RequestKey[Published]"

    def check(self) -> None:
        """Raises InvalidInput."""
        if not self.publish and not self.retire:
            raise invalid("publish", "required", "Name a draft to publish or a rule to retire.")
        if len(self.publish) + len(self.retire) > TOGETHER_MAX:
            raise invalid("publish", "too-long", f"One publication moves up to {TOGETHER_MAX} rules.")
        if set(self.publish) & set(self.retire):
            raise invalid("retire", "duplicate", "A rule is published or retired, not both.")


class Published(Struct, frozen=True):
    """The version that is in force now."""

    programme_version: int
    published: tuple[str, ...]
    retired: tuple[str, ...]
    is_repeated: bool = False
    """The answer of an earlier try of the same request."""

    def record(self) -> Record:
        return {"version": self.programme_version, "published": self.published, "retired": self.retired}


def published_from(record: Record) -> Published:
    """The reverse of `Published.record`."""
    version, published, retired = (record[name] for name in ("version", "published", "retired"))
    return Published(int(str(version)), _texts(published), _texts(retired), is_repeated=True)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list | tuple) else ()


class PublishRules(Struct, frozen=True):
    """All of it becomes one new version of the programme. What was earned before stays as it was.

    Raises RuleNotFound, NoDraft, DraftChanged, NotPublished, TooManyRules, TooManyBudgets or
    ProgrammeTooLarge.
    """

    runner: Runner[Repositories]

    def __call__(self, actor: Operator, wish: Publication) -> Published:
        wish.check()

        def plan(repositories: Repositories, now: datetime) -> Plan[Published]:
            records = repositories.rules.those([*wish.publish, *wish.retire])
            revision = _Revision(repositories, Deed(actor.caller, now))
            for rule_id, number in wish.publish.items():
                revision.publish(*_draft_of(records.get(rule_id), number))
            for rule_id in wish.retire:
                revision.retire(_published(records.get(rule_id)))
            version, changes = revision.close()
            return Plan(Published(version, tuple(wish.publish), wish.retire), changes)

        return self.runner.run_once(actor.tenant_id, plan, wish.key)


def _draft_of(record: RuleRecord | None, number: int) -> tuple[RuleRecord, Rule]:
    if record is None:
        raise RuleNotFound
    if record.draft is None:
        raise NoDraft
    if record.draft_number != number:
        raise DraftChanged
    return record, record.draft


def _published(record: RuleRecord | None) -> RuleRecord:
    if record is None:
        raise RuleNotFound
    if record.state is not RuleState.PUBLISHED:
        raise NotPublished
    return record


class _Revision:
    """Collects what changes, and makes the next version of the programme of it."""

    def __init__(self, repositories: Repositories, deed: Deed) -> None:
        self._tenant = repositories.tenants.get()
        self._before = repositories.programmes.find(self._tenant.settings.programme_version) or Programme()
        self._rules = {rule.rule_id: rule for rule in self._before.rules}
        self._deed = deed
        self._changes: list[Change] = []

    @property
    def version(self) -> int:
        """Of the programme that is in force."""
        return self._before.version

    @property
    def has_tiers(self) -> bool:
        """In force."""
        return self._before.terms.ladder is not None

    def unchanged(self) -> tuple[Change, ...]:
        """What is in force must still be so at the commit."""
        return (Unchanged(self._tenant),)

    def publish(self, record: RuleRecord | None, rule: Rule) -> None:
        """In force from now on, as the next version of the rule."""
        last = self._rules.get(rule.rule_id)
        if record is not None and last is None and record.published_version:
            # It was retired: its versions go on counting, and so does its budget.
            rule = rule.published_as(record.published_version + 1, record.buckets)
        else:
            rule = rule.follow(last)
        self._rules[rule.rule_id] = rule
        before = record or RuleRecord(rule.rule_id)
        after = before.with_publication(rule, self._deed)
        self._changes.append(Changed(before, after) if record else Created(replace(after, version=1)))

    def retire(self, record: RuleRecord) -> None:
        """Gives nothing from now on."""
        self._rules.pop(record.rule_id, None)
        self._changes.append(Changed(record, record.with_retirement(self._deed)))

    def has_other(self, rule: Rule) -> bool:
        """Whether that rule is not in force as it is."""
        last = self._rules.get(rule.rule_id)
        return rule.follow(last) != last

    def close(self, terms: Terms | None = None) -> tuple[int, tuple[Change, ...]]:
        """The number of the new version, and all that changes.

        Raises TooManyRules, TooManyBudgets or ProgrammeTooLarge.
        """
        _check(self._rules.values(), self._before.rules)
        before, tenant = self._before, self._tenant
        new_terms = terms or before.terms
        if not self._changes and new_terms == before.terms and before.version:
            return before.version, ()
        rules = tuple(self._rules[rule_id] for rule_id in sorted(self._rules))
        if sum(written.size(rule) for rule in rules) + form.size(new_terms) > BYTES_MAX:
            raise ProgrammeTooLarge
        made = Programme(before.version + 1, new_terms, rules, self._deed.at, self._deed.by)
        return made.version, (
            Created(made),
            Changed(tenant, _pointing(tenant, made.version)),
            *self._changes,
        )


def _check(rules: Collection[Rule], before: Collection[Rule]) -> None:
    """What holds too many already may still become less."""
    if len(rules) > RULES_MAX:
        raise TooManyRules
    if _budgets(rules) > max(BUDGETS_MAX, _budgets(before)):
        raise TooManyBudgets
    if _benefits(rules) > max(BENEFITS_MAX, _benefits(before)):
        raise TooManyBudgets


def _budgets(rules: Collection[Rule]) -> int:
    return sum(rule.limits.budget is not None for rule in rules)


def _benefits(rules: Collection[Rule]) -> int:
    return sum(isinstance(rule.settings, GRANTING) for rule in rules)


def _pointing(tenant: Tenant, version: int) -> Tenant:
    settings = replace(tenant.settings, programme_version=version)
    return replace(tenant, settings=settings, version=tenant.version + 1)


class TermsWish(Struct, frozen=True):
    """`seen`: the version of the programme that was looked at."""

    terms: Terms
    seen: int
    key: "RequestKey[Published]"
    ends_tiers: bool = False
    """Somebody said that there shall be no tiers any more."""


class PublishTerms(Struct, frozen=True):
    """The terms as a whole become the next version; the rules stay. The same terms again change nothing.

    Raises ProgrammeChanged, TiersNotNamed or ProgrammeTooLarge.
    """

    runner: Runner[Repositories]

    def __call__(self, actor: Operator, wish: TermsWish) -> Published:
        def plan(repositories: Repositories, now: datetime) -> Plan[Published]:
            revision = _Revision(repositories, Deed(actor.caller, now))
            if revision.version != wish.seen:
                raise ProgrammeChanged
            if revision.has_tiers and wish.terms.ladder is None and not wish.ends_tiers:
                raise TiersNotNamed
            version, changes = revision.close(wish.terms)
            return Plan(Published(version, (), ()), changes or revision.unchanged())

        return self.runner.run_once(actor.tenant_id, plan, wish.key)


class ProgrammeWish(Struct, frozen=True):
    """The programme as a tenant file describes it."""

    terms: Terms
    rules: tuple[Rule, ...] = ()


class ApplyProgramme(Struct, frozen=True):
    """Answers `created`, `changed` or `unchanged`. Rules that the file does not name stay as they are."""

    runner: Runner[Repositories]

    def __call__(self, tenant_id: str, wish: ProgrammeWish) -> str:
        def plan(repositories: Repositories, now: datetime) -> Plan[str]:
            revision = _Revision(repositories, Deed(BY_FILE, now))
            records = repositories.rules.those([rule.rule_id for rule in wish.rules])
            for rule in wish.rules:
                if revision.has_other(rule):
                    revision.publish(records.get(rule.rule_id), rule)
            version, changes = revision.close(wish.terms)
            said = "created" if version == 1 else "changed"
            return Plan(said if changes else "unchanged", changes)

        return self.runner.run(tenant_id, plan)
