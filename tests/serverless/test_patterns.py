"""A pattern that nobody asks for is not compiled, and is there when somebody does."""

import subprocess
import sys

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
