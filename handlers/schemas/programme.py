"""Rules and programmes. What a rule holds is described by its kind in the domain."""

from typing import Any

from marshmallow import Schema, fields

from domain.programme import form
from domain.programme.kinds import KINDS
from domain.programme.model import Terms
from domain.programme.publish import TOGETHER_MAX
from domain.programme.record import RuleState
from domain.programme.rule import PRIORITY_MAX, Limits
from domain.programme.when import When
from handlers.schemas.fields import (
    Choice,
    Described,
    Identifier,
    Instant,
    Part,
    Parts,
    QueryNumber,
    StrictSchema,
    Text,
    WholeNumber,
)

RULE_MAX = 32
NAME_MAX = 40
VERSION_MAX = 999_999_999
DRAFTS_MAX = 1_000_000_000

KIND: dict[str, Any] = {"type": "string", "enum": sorted(KINDS)}


def _settings() -> dict[str, Any]:
    return {"anyOf": [form.schema(KINDS[kind]) for kind in sorted(KINDS)]}


def _when() -> dict[str, Any]:
    return form.schema(When)


def _limits() -> dict[str, Any]:
    return form.schema(Limits)


def _terms() -> dict[str, Any]:
    return form.schema(Terms)


def _body() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "rule_id": {"type": "string"},
            "name": {"type": "string"},
            "kind": KIND,
            "settings": _settings(),
            "when": _when(),
            "limits": _limits(),
            "priority": {"type": "integer", "minimum": 0, "maximum": PRIORITY_MAX},
        },
        "required": ["rule_id", "name", "kind", "settings"],
    }


def _no_body() -> dict[str, Any]:
    return {"anyOf": [_body(), {"type": "null"}]}


class RulePath(StrictSchema):
    """A rule in the address; its id is the merchant's own."""

    rule_id = Identifier(longest=RULE_MAX, required=True)


class VersionPath(StrictSchema):
    """A version of the programme in the address."""

    version = QueryNumber(least=0, most=VERSION_MAX, required=True)


class RuleRequest(StrictSchema):
    """A draft: what it holds depends on its kind."""

    name = Text(longest=NAME_MAX, required=True)
    kind = Text(longest=RULE_MAX, required=True, metadata=KIND)
    settings = Described(_settings, required=True)
    when = Described(_when)
    limits = Described(_limits)
    priority = WholeNumber(least=0, most=PRIORITY_MAX)


class DraftRequest(StrictSchema):
    """A draft that somebody has looked at."""

    rule_id = Identifier(longest=RULE_MAX, required=True)
    draft_number = WholeNumber(least=1, most=DRAFTS_MAX, required=True)


class PublicationRequest(StrictSchema):
    """All of it comes into force together, as the next version."""

    publish = Parts(Part(DraftRequest), least=0, most=TOGETHER_MAX, load_default=list)
    retire = Parts(Identifier(longest=RULE_MAX), least=0, most=TOGETHER_MAX, load_default=list)


class TermsRequest(StrictSchema):
    """All terms; what is not named is as usual. `programme_version`: the one that was looked at."""

    terms = Described(_terms, required=True)
    programme_version = WholeNumber(least=0, most=VERSION_MAX, required=True)


class DeedView(Schema):
    """Who did it, and when."""

    by = fields.String()
    at = Instant()


class RuleView(Schema):
    """Where a rule stands: what is in force, and the draft."""

    rule_id = fields.String()
    state = Choice(RuleState)
    version = fields.Integer(allow_none=True)
    in_force = Described(_no_body)
    draft = Described(_no_body)
    draft_number = fields.Integer()
    drafted = fields.Nested(DeedView, allow_none=True)
    published = fields.Nested(DeedView, allow_none=True)
    retired = fields.Nested(DeedView, allow_none=True)


class VersionedRuleView(Schema):
    """A rule as it is in force."""

    version = fields.Integer()
    rule = Described(_body)


class ProgrammeView(Schema):
    """A version of the programme, which never changes."""

    version = fields.Integer()
    made_at = Instant(allow_none=True)
    made_by = fields.String()
    terms = Described(_terms)
    rules = fields.List(fields.Nested(VersionedRuleView))


class PublicationView(Schema):
    """The version that is in force now."""

    programme_version = fields.Integer()
    published = fields.List(fields.String())
    retired = fields.List(fields.String())
