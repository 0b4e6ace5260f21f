"""Follows the stream of a table on this machine, as Lambda's mapping does: in order, again what failed."""

import base64
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

BATCH_MAX = 100
PAUSE_SECONDS = 0.2
PASSED_ON = ("Keys", "NewImage", "SequenceNumber", "StreamViewType")
Batch = list[dict[str, Any]]
log = logging.getLogger("tongka.stream")


class Follower:
    """Reads all shards from the beginning, on a thread of its own, until `stop`."""

    def __init__(self, client: Any, arn: str, deliver: Callable[[Batch], set[str]]) -> None:
        """`deliver` takes one batch and answers the numbers of changes that failed."""
        self._client, self._arn, self._deliver = client, arn, deliver
        self._iterators: dict[str, str | None] = {}
        self._waiting: dict[str, Batch] = {}
        self._ended = threading.Event()
        threading.Thread(target=self._follow, daemon=True).start()

    def stop(self) -> None:
        self._ended.set()

    def _follow(self) -> None:
        while not self._ended.is_set():
            try:
                done = sum(self._read(shard) for shard in self._shards())
            except Exception:
                log.exception("the stream was not read; again in a moment")
                done = 0
            if not done:
                time.sleep(PAUSE_SECONDS)

    def _shards(self) -> list[str]:
        found = self._client.describe_stream(StreamArn=self._arn)["StreamDescription"]["Shards"]
        return [each["ShardId"] for each in found]

    def _read(self, shard: str) -> int:
        """How many changes are done; the next batch begins with the first that failed."""
        batch = self._waiting.get(shard) or self._more(shard)
        failed = self._deliver(batch) if batch else set()
        numbers = [each["dynamodb"]["SequenceNumber"] for each in batch]
        done = next((place for place, number in enumerate(numbers) if number in failed), len(numbers))
        self._waiting[shard] = batch[done:]
        return done

    def _more(self, shard: str) -> Batch:
        if shard not in self._iterators:
            start = self._client.get_shard_iterator(
                StreamArn=self._arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
            )
            self._iterators[shard] = start["ShardIterator"]
        iterator = self._iterators[shard]
        if iterator is None:
            return []
        page = self._client.get_records(ShardIterator=iterator, Limit=BATCH_MAX)
        self._iterators[shard] = page.get("NextShardIterator")
        return [record_of(each, self._arn) for each in page["Records"]]


def record_of(change: dict[str, Any], arn: str) -> dict[str, Any]:
    """As Lambda passes it on."""
    told = change["dynamodb"]
    return {
        "eventID": change.get("eventID", ""),
        "eventName": change["eventName"],
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": arn,
        "awsRegion": change.get("awsRegion", ""),
        "dynamodb": {name: _in_json(told[name]) for name in PASSED_ON if name in told},
    }


def _in_json(value: Any) -> Any:
    """Bytes are base64 there."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: _in_json(each) for name, each in value.items()}
    return [_in_json(each) for each in value] if isinstance(value, list) else value
