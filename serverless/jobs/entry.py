"""Lambda entry point for jobs: `zappa_settings.json` names `serverless.jobs.entry.handler`.

The event says what to do: a rule of EventBridge carries the job's dotted name at the end of its own, an
invocation by hand names it as `command`, the table's stream brings changes. Whatever is not understood fails:
to return nothing would read as done.
"""

from collections.abc import Mapping
from typing import Any

from serverless import startup
from serverless.events import UnknownEvent
from serverless.jobs.queues import on_stream
from serverless.jobs.schedules import JOBS
from serverless.logs import configure
from serverless.wiring import wiring

configure()
TABLE = f":table/{wiring().table.name}/stream/"
startup.ready(wiring())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Raises UnknownEvent or JobFailed."""
    records = event.get("Records")
    if not records:
        return _run(event)
    sources = {record.get("eventSource") for record in records}
    if sources == {"aws:dynamodb"} and all(TABLE in record["eventSourceARN"] for record in records):
        return on_stream(records)
    raise UnknownEvent("Records of another table, or of a source that nobody follows.")


def _run(event: Mapping[str, Any]) -> dict[str, Any]:
    name = event.get("command") or _rule(event).rpartition("-")[2]
    if not isinstance(name, str) or name not in JOBS:
        raise UnknownEvent("No such job; serverless/jobs/schedules.py has all of them.")
    return JOBS[name]()


def _rule(event: Mapping[str, Any]) -> str:
    """The name of the rule that fired, or nothing."""
    found = [str(arn).partition(":rule/")[2] for arn in event.get("resources") or ()]
    return found[0] if len(found) == 1 else ""
