"""Tries: how a request asks for one."""

from handlers.schemas.fields import QueryFlag, StrictSchema


class DryRunQuery(StrictSchema):
    """`dry_run=true`: the same answer or refusal, and nothing is written."""

    dry_run = QueryFlag(load_default=False)
