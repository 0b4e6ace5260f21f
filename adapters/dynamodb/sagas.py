"""What a job still has to finish, from the shards of GSI-2."""

from collections.abc import Iterator

from adapters.dynamodb.keys import saga_shard, tenant_and_thing
from adapters.dynamodb.schema import DUE_INDEX
from adapters.dynamodb.table import Range, Table


def sagas(table: Table, shards: int, kind: str) -> Iterator[tuple[str, str]]:
    """Tenant and id of the things of one kind (`G` a merge, `SW` a sweep), the oldest of each shard first."""
    for shard in range(shards):
        for raw in table.query_all(Range(saga_shard(shard), index=DUE_INDEX)):
            pk = raw["pk"]["S"]
            if pk.split("#", 3)[2] == kind:
                yield tenant_and_thing(pk)
