"""The OpenAPI document as it is committed."""

from typing import Final

import schemathesis

from scripts.environment import ROOT

DOCUMENT: Final = schemathesis.openapi.from_path(str(ROOT / "docs" / "openapi.json"))
