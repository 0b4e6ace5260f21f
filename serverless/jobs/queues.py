"""Changes of the table, those of one item in their order.

The stream brings a change at least once, and again with all that came after it while one of them fails.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from adapters.dynamodb.changes import coupons_in, tenant_followed
from serverless.ground import code_of
from serverless.wiring import wiring

log = logging.getLogger("tongka.jobs")


def on_stream(records: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Figures follow. Answers with the first change that has to come again, as partial batches want it."""
    failed: list[str] = []
    for tenant_id, changes in _by_tenant(records).items():
        try:
            for found, coupons in coupons_in(change["NewImage"] for change in changes).items():
                wiring().count_coupons(found, coupons)
        except Exception as problem:  # noqa: BLE001  # one tenant's must not stop all the others
            _report(tenant_id, problem)
            failed += [change["SequenceNumber"] for change in changes]
    first = sorted(failed, key=int)[:1]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in first]}


def _report(tenant_id: str, problem: Exception) -> None:
    log.error("changes were not counted", extra={"tenant_id": tenant_id, "code": code_of(problem)})


def _by_tenant(records: Iterable[Mapping[str, Any]]) -> Mapping[str, list[Mapping[str, Any]]]:
    """Without items that are gone: what time has taken away was not there any more before."""
    found: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for record in records:
        change = record["dynamodb"]
        tenant_id = tenant_followed(change.get("NewImage", {}))
        if tenant_id is not None:
            found[tenant_id].append(change)
    return found
