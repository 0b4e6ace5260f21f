"""Use cases of head office that only read: the rules with their drafts, and any version of the programme."""

from datetime import datetime

from msgspec import Struct

from domain.actor import Operator
from domain.errors import NotFound
from domain.page import Page
from domain.programme.model import Programme
from domain.programme.ports import Repositories
from domain.programme.record import RuleSheet
from domain.unit_of_work import Runner


class ProgrammeNotFound(NotFound):
    code = "programme-not-found"
    title = "There is no such version of the programme."
    message = "未找到该版本的积分方案"


class ListRules(Struct, frozen=True):
    """All rules there ever were, by id."""

    runner: Runner[Repositories]

    def __call__(self, actor: Operator, limit: int, position: str | None) -> Page[RuleSheet]:
        def ask(repositories: Repositories, _: datetime) -> Page[RuleSheet]:
            version = repositories.tenants.get().settings.programme_version
            programme = repositories.programmes.find(version) or Programme()
            found = repositories.rules.page(limit, position)
            sheets = (RuleSheet(record, programme.rule(record.rule_id)) for record in found.items)
            return Page(tuple(sheets), found.next_position)

        return self.runner.use(actor.tenant_id, ask)


class ReadProgramme(Struct, frozen=True):
    """The version in force, or any earlier one. Raises ProgrammeNotFound."""

    runner: Runner[Repositories]

    def __call__(self, actor: Operator, version: int | None = None) -> Programme:
        def ask(repositories: Repositories, _: datetime) -> Programme:
            wanted = repositories.tenants.get().settings.programme_version if version is None else version
            found = repositories.programmes.find(wanted)
            if found is None:
                raise ProgrammeNotFound
            return found

        return self.runner.use(actor.tenant_id, ask)
