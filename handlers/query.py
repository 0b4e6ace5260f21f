"""The query string, read once for the signature and for the schema, so that both mean the same."""

from urllib.parse import parse_qsl

from flask import request

from handlers.json_body import Unreadable

PARAMETERS_MAX = 20


def pairs() -> tuple[tuple[str, str], ...]:
    """Names and values in their order. Raises Unreadable for what is no UTF-8, and for far too many."""
    try:
        text = request.query_string.decode()
        found = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=PARAMETERS_MAX)
    except ValueError as odd:
        raise Unreadable(
            f"The query is not valid UTF-8, or has more than {PARAMETERS_MAX} parameters."
        ) from odd
    return tuple(found)
