"""Lists: which part is asked for, and what comes with the items."""

from functools import cache
from typing import Any

from marshmallow import Schema, fields

from domain.page import PAGE_DEFAULT, PAGE_MAX
from handlers.cursors import CURSOR_MAX
from handlers.schemas.fields import QueryNumber, StrictSchema, Text


class PageQuery(StrictSchema):
    """`limit` items from `cursor` on."""

    limit = QueryNumber(least=1, most=PAGE_MAX, load_default=PAGE_DEFAULT)
    cursor = Text(longest=CURSOR_MAX, load_default=None)


@cache
def page_of(items: type[Schema]) -> type[Schema]:
    """`{items, next_cursor}`."""
    members: dict[str, Any] = {
        "__doc__": "One page; `next_cursor` is null at the end.",
        "items": fields.List(fields.Nested(items)),
        "next_cursor": fields.String(allow_none=True),
    }
    return type(f"{items.__name__}Page", (Schema,), members)
