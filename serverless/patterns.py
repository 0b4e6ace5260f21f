"""What marshmallow compiles when it is imported, and nobody here uses, is compiled by whoever uses it.

Its pattern for the domains of e-mail addresses spans all of Unicode: a tenth of a start. Imported by the
entry points before anything that imports marshmallow.
"""

import re
from functools import cached_property
from typing import Any

WIDE = "\uffff"
"""Stands in patterns that span all of Unicode."""
COMPILE = re.compile


class Later:
    """A pattern that is compiled when it is first asked for anything."""

    __isabstractmethod__ = False
    """What is asked of whatever stands in an abstract class."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._given = pattern, flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return COMPILE(*self._given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compiled, name)


def _import_with_later_patterns() -> None:
    def compile_later(pattern: Any, flags: Any = 0) -> Any:
        is_wide = isinstance(pattern, str) and WIDE in pattern
        return Later(pattern, flags) if is_wide else COMPILE(pattern, flags)

    re.compile = compile_later
    try:
        import marshmallow.validate  # noqa: F401, PLC0415
    finally:
        re.compile = COMPILE


_import_with_later_patterns()
