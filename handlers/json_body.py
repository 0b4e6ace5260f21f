"""Reads a JSON body strictly: no duplicates, no NaN, no deep nesting, an object at the top."""

import json
import re
from typing import Any, NoReturn

DEPTH_MAX = 20
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a character: it could not be named in an answer."""


class Unreadable(Exception):
    """The body is not the JSON that we accept; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read(raw: bytes) -> dict[str, Any]:
    """Raises Unreadable."""
    try:
        value = json.loads(raw.decode(), parse_constant=_refuse_constant, object_pairs_hook=_no_duplicates)
    except Unreadable:
        raise
    except RecursionError as deep:
        raise Unreadable("The body is nested too deeply.") from deep
    except ValueError as odd:
        raise Unreadable("The body is not valid JSON in UTF-8.") from odd
    if not isinstance(value, dict):
        raise Unreadable("The body must be a JSON object.")
    _check_depth(value, DEPTH_MAX)
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise Unreadable(f"{name} is not a number in JSON.")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise Unreadable("A field stands twice in one object.")
    if any(LONE_SURROGATE.search(name) for name in value):
        raise Unreadable("A field's name is not valid Unicode.")
    return value


def _check_depth(value: Any, left: int) -> None:
    if left == 0:
        raise Unreadable("The body is nested too deeply.")
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        if isinstance(child, dict | list):
            _check_depth(child, left - 1)
