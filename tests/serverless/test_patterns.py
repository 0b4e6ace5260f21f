"""A pattern that nobody asks for is not compiled, and is there when somebody does."""

import pytest

from tests.serverless.fresh import said

CODE = """
import serverless.patterns
from marshmallow import Schema, ValidationError, fields, validate
pattern = validate.Email.DOMAIN_REGEX
assert "_compiled" not in vars(pattern)
schema = Schema.from_dict({"mail": fields.Email()})()
assert schema.load({"mail": "li@example.com"}) == {"mail": "li@example.com"}
assert "mail" in schema.validate({"mail": "li@"})
assert "_compiled" in vars(pattern)
"""


def test_a_wide_pattern_is_compiled_by_whoever_uses_it() -> None:
    said(CODE, {})


@pytest.mark.parametrize("entry", ["serverless.member_api", "serverless.staff_api"])
def test_an_entry_point_compiles_none(entry: str, environment: dict[str, str]) -> None:
    code = f"import {entry}; from marshmallow import validate; print(vars(validate.Email.DOMAIN_REGEX))"

    told = said(code, environment)

    assert "_given" in told
    assert "_compiled" not in told
