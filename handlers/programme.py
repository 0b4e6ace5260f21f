"""The points programme over HTTP, for head office: rules are drafted, published and retired."""

from typing import Any, Protocol

from flask import Blueprint

from domain.actor import Operator
from domain.errors import Conflict, invalid
from domain.programme import form
from domain.programme import rule as written
from domain.programme.model import (
    NoDraft,
    NotPublished,
    Programme,
    ProgrammeTooLarge,
    RuleNotFound,
    Terms,
    TooManyBudgets,
    TooManyRules,
)
from domain.programme.publish import (
    DraftChanged,
    ProgrammeChanged,
    Publication,
    Published,
    PublishRules,
    PublishTerms,
    SaveDraft,
    TermsWish,
    TiersNotNamed,
    published_from,
)
from domain.programme.read import ListRules, ProgrammeNotFound, ReadProgramme
from domain.programme.record import RuleSheet
from domain.programme.rule import Rule
from handlers import cursors
from handlers.operation import Call, Operation, operation, repeated
from handlers.schemas.page import PageQuery, page_of
from handlers.schemas.programme import (
    ProgrammeView,
    PublicationRequest,
    PublicationView,
    RulePath,
    RuleRequest,
    RuleView,
    TermsRequest,
    VersionPath,
)

READ = Operation("The programme in force", actor=Operator, gives=ProgrammeView)
VERSION = Operation(
    "A version of the programme",
    actor=Operator,
    path=VersionPath,
    gives=ProgrammeView,
    refuses=(ProgrammeNotFound,),
)
RULES = Operation("All rules", actor=Operator, query=PageQuery, gives=page_of(RuleView))
DRAFT = Operation(
    "Write the draft of a rule",
    actor=Operator,
    path=RulePath,
    takes=RuleRequest,
    gives=RuleView,
    refuses=(Conflict,),
)
PUBLISH = Operation(
    "Publish drafts and retire rules, together",
    actor=Operator,
    takes=PublicationRequest,
    gives=PublicationView,
    status=201,
    is_keyed=True,
    refuses=(
        RuleNotFound,
        NoDraft,
        DraftChanged,
        NotPublished,
        TooManyRules,
        TooManyBudgets,
        ProgrammeTooLarge,
        Conflict,
    ),
)


TERMS = Operation(
    "Publish other terms",
    actor=Operator,
    takes=TermsRequest,
    gives=PublicationView,
    status=201,
    is_keyed=True,
    refuses=(ProgrammeChanged, TiersNotNamed, ProgrammeTooLarge, Conflict),
)


class Needs(cursors.Signer, Protocol):
    @property
    def publish_terms(self) -> PublishTerms: ...

    @property
    def save_draft(self) -> SaveDraft: ...

    @property
    def publish_rules(self) -> PublishRules: ...

    @property
    def list_rules(self) -> ListRules: ...

    @property
    def read_programme(self) -> ReadProgramme: ...


def routes(services: Needs) -> Blueprint:
    bp = Blueprint("staff_programme", __name__, url_prefix="/v1/staff/programme")

    @bp.get("")
    @operation(READ)
    def read(call: Call[Operator]) -> dict[str, Any]:
        """Terms and rules; what is in force changes only by a new version."""
        return _programme(services.read_programme(call.actor))

    @bp.get("/versions/<version>")
    @operation(VERSION)
    def version(call: Call[Operator]) -> dict[str, Any]:
        """Any version there ever was; entries name the one that gave them."""
        return _programme(services.read_programme(call.actor, int(call.path["version"])))

    @bp.get("/rules")
    @operation(RULES)
    def rules(call: Call[Operator]) -> dict[str, Any]:
        """By id, retired ones and drafts included."""
        owner = call.actor.tenant_id
        found = cursors.page(
            services.sign, call, owner, lambda limit, at: services.list_rules(call.actor, limit, at)
        )
        return {**found, "items": [_sheet(sheet) for sheet in found["items"]]}

    @bp.put("/rules/<rule_id>")
    @operation(DRAFT)
    def draft(call: Call[Operator]) -> dict[str, Any]:
        """What is in force stays so until the draft is published."""
        rule = written.load({**call.body, "rule_id": call.path["rule_id"]})
        return _sheet(services.save_draft(call.actor, rule))

    @bp.post("/publications")
    @operation(PUBLISH)
    def publish(call: Call[Operator]) -> Published:
        """All or nothing. What was earned before stays as it was."""
        drafts = call.body["publish"]
        chosen = {each["rule_id"]: each["draft_number"] for each in drafts}
        if len(chosen) != len(drafts) or len(set(call.body["retire"])) != len(call.body["retire"]):
            raise invalid("publish", "duplicate", "Name each rule once.")
        key = call.request_key(published_from)
        publication = Publication(chosen, tuple(call.body["retire"]), key)
        return repeated(services.publish_rules(call.actor, publication))

    @bp.post("/terms")
    @operation(TERMS)
    def terms(call: Call[Operator]) -> Published:
        """Validity, refunds, rounding, tiers, all at once. What was earned before stays as it was."""
        key = call.request_key(published_from)
        said = call.body["terms"]
        chosen = form.load(Terms, said, "terms")
        ends_tiers = "ladder" in said and said["ladder"] is None
        wish = TermsWish(chosen, call.body["programme_version"], key, ends_tiers)
        return repeated(services.publish_terms(call.actor, wish))

    return bp


def _programme(programme: Programme) -> dict[str, Any]:
    return {
        "version": programme.version,
        "made_at": programme.made_at,
        "made_by": programme.made_by,
        "terms": form.shown(programme.terms),
        "rules": [{"version": rule.version, "rule": written.dump(rule)} for rule in programme.rules],
    }


def _sheet(sheet: RuleSheet) -> dict[str, Any]:
    record = sheet.record
    return {
        "rule_id": record.rule_id,
        "state": record.state,
        "version": record.published_version or None,
        "in_force": _body(sheet.in_force),
        "draft": _body(record.draft),
        "draft_number": record.draft_number,
        "drafted": record.drafted,
        "published": record.published,
        "retired": record.retired,
    }


def _body(rule: Rule | None) -> dict[str, object] | None:
    return written.dump(rule) if rule else None
