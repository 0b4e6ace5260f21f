"""The OpenAPI document tells what the routes do."""

import json
import re
from typing import Any

import pytest

from domain.actor import Anyone
from handlers.problems import status_of
from scripts.environment import ROOT
from scripts.local.openapi import operations, text

DOCUMENT: dict[str, Any] = json.loads(text())
ROUTES = [(method, re.sub(r"<(\w+)>", r"{\1}", path), facts) for method, path, _, facts in operations()]


def test_the_committed_document_is_the_one_that_the_routes_give() -> None:
    assert (ROOT / "docs" / "openapi.json").read_text() == text()


def test_every_route_is_in_the_document_and_no_other() -> None:
    documented = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}

    assert documented == {(method, path) for method, path, _ in ROUTES}


@pytest.mark.parametrize("method, path, facts", ROUTES)
def test_a_route_says_who_may_call_it_and_what_it_can_refuse(method: str, path: str, facts: Any) -> None:
    described = DOCUMENT["paths"][path][method.lower()]

    assert bool(described["security"]) == (facts.actor is not Anyone)
    for refusal in facts.refuses:
        assert f"`{refusal.code}`" in described["responses"][str(status_of(refusal))]["description"]
    keyed = [each for each in described["parameters"] if each["name"] == "Idempotency-Key"]
    assert bool(keyed) == facts.is_keyed


def test_every_field_of_every_schema_has_a_type() -> None:
    untyped = [
        f"{name}.{field}"
        for name, schema in DOCUMENT["components"]["schemas"].items()
        for field, described in schema["properties"].items()
        if not {"type", "$ref", "allOf", "anyOf", "oneOf"} & set(described)
    ]

    assert untyped == []


def test_what_may_be_null_may_be_null_among_choices_too() -> None:
    """A list of choices without null forbids it, whatever the type says."""
    schemas = DOCUMENT["components"]["schemas"].items()
    choices = [
        (f"{name}.{field}", described)
        for name, schema in schemas
        for field, described in schema["properties"].items()
        if "enum" in described and "null" in described["type"]
    ]

    assert {name for name, _ in choices} >= {"MemberView.gender", "ProfileRequest.gender"}
    assert [name for name, described in choices if None not in described["enum"]] == []
