"""A pattern that nobody asks for is not compiled, and is there when somebody does."""

import os
import subprocess
import sys

import pytest

from scripts.environment import ROOT

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
    subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, check=True)


@pytest.mark.parametrize("entry", ["serverless.member_api", "serverless.staff_api"])
def test_an_entry_point_compiles_none(entry: str, environment: dict[str, str]) -> None:
    code = f"import {entry}; from marshmallow import validate; print(vars(validate.Email.DOMAIN_REGEX))"

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "_given" in done.stdout
    assert "_compiled" not in done.stdout
