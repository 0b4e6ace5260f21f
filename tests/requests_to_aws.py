"""Requests held against what AWS's own descriptions allow: numbers, lengths, words, patterns.

botocore sends what is too long or too many all the same, and imitations take it; the service refuses it.
"""

import re
from collections.abc import Iterator
from typing import Any

from botocore.hooks import BaseEventHooks
from botocore.model import Shape

CLASSES = {r"\p{L}": "a-zA-ZÀ-ɏ一-龥", r"\p{Z}": r"\s", r"\p{N}": "0-9", r"\p{M}": "", r"\p{S}": "$+<=>^`|~"}
"""Java's, which Python does not know."""


def breaches(shape: Shape | None, value: Any, where: str = "") -> Iterator[str]:
    """Each place that is not as the description wants it."""
    if shape is None or value is None:
        return
    if isinstance(value, dict):
        for name, each in value.items():
            yield from breaches(_member(shape, name), each, f"{where}.{name}")
    elif isinstance(value, list | tuple):
        yield from _size(shape, len(value), where)
        for each in value:
            yield from breaches(getattr(shape, "member", None), each, f"{where}[]")
    elif isinstance(value, str):
        yield from _text(shape, value, where)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _size(shape, value, where)


def _member(shape: Shape, name: str) -> Shape | None:
    members: dict[str, Shape] = getattr(shape, "members", {})
    return members.get(name, getattr(shape, "value", None))


def _text(shape: Shape, value: str, where: str) -> Iterator[str]:
    yield from _size(shape, len(value), where)
    if getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{where}: {value} is none of {', '.join(shape.enum)}"
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(_in_python(pattern), value):
        yield f"{where}: {value} does not fit {pattern}"


def _in_python(pattern: str) -> str:
    for java, ours in CLASSES.items():
        pattern = pattern.replace(java, ours)
    return pattern


def _size(shape: Shape, size: float, where: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if most is not None and size > float(most):
        yield f"{where}: {size} is more than {most}"
    if least is not None and size < float(least):
        yield f"{where}: {size} is less than {least}"


def hold(events: BaseEventHooks) -> None:
    """From now on a request of these clients that AWS would refuse fails here."""

    def look(params: dict[str, Any], model: Any, **_: Any) -> None:
        found = list(breaches(model.input_shape, params))
        assert not found, f"{model.service_model.service_name}.{model.name}: {'; '.join(found)}"

    events.register("before-parameter-build", look)
