"""What calls functions besides people: rules and the stream of the table; and where failures come to lie."""

import json
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from adapters.dynamodb.changes import FOLLOWED
from scripts.cloud.account import LATER, Account, patiently, unless_absent
from scripts.cloud.deployment import CannotDeploy
from scripts.cloud.lambdas import NOT_YET, Function
from scripts.cloud.resource import Facts, Resource
from scripts.cloud.storage import DataTable

LETTER_DAYS = 14
LETTER_SECONDS = 960
"""Longer than a job may take, or a letter would be read again meanwhile."""
ON = frozenset({"Enabled", "Enabling", "Creating", "Updating"})
UNDER_WAY = ("ResourceInUseException", "ResourceConflictException")
MAPPING_SECONDS = 300.0
"""How long a mapping may be on its way from one state to another."""


class Letter(Struct, frozen=True):
    """An event that failed for good."""

    receipt: str
    event: Any
    """As the function had it; None for a batch of the stream, of which only the place is told."""
    says: str
    """What it is, for people."""
    is_of_stream: bool = False

    @classmethod
    def of(cls, message: dict[str, Any]) -> "Letter":
        receipt, body = message["ReceiptHandle"], _json(message["Body"])
        if "DDBStreamBatchInfo" in body:
            size = body["DDBStreamBatchInfo"].get("batchSize", "some")
            return cls(receipt, None, f"{size} changes of the table", is_of_stream=True)
        event = body.get("requestPayload")
        if not isinstance(event, dict):
            return cls(receipt, None, "what nobody can read")
        job = event.get("command") or "".join(event.get("resources", ())).rpartition("-")[2]
        return cls(receipt, event, f"{job} of {body.get('timestamp', 'some time')}")


def _json(text: str) -> dict[str, Any]:
    """An object, or nothing."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class Letters(Resource):
    """The queue of events that failed for good, until somebody has looked."""

    kind = "queue"

    def __init__(self, account: Account, name: str) -> None:
        self._sqs = account.client("sqs")
        self.name = f"{name}-dead-letters"
        self.arn = account.arn("sqs", self.name)

    def url(self) -> str | None:
        try:
            found = unless_absent(
                lambda: self._sqs.get_queue_url(QueueName=self.name),
                "AWS.SimpleQueueService.NonExistentQueue",
                "QueueDoesNotExist",
            )
        except self._sqs.exceptions.QueueDoesNotExist:
            return None
        return found["QueueUrl"] if found else None

    def waiting(self) -> int:
        """How many letters lie there, about."""
        told = self._attributes()
        return sum(
            int(told.get(f"ApproximateNumberOfMessages{kind}", 0)) for kind in ("", "NotVisible", "Delayed")
        )

    def read(self) -> Iterator[Letter]:
        """One after the other, each once; while it is read, nobody else gets it. Raises CannotDeploy."""
        url, seen = self.url(), set()
        if url is None:
            raise CannotDeploy(f"There is no queue {self.name}: nothing was deployed, or it was taken down.")
        while True:
            found = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1, WaitTimeSeconds=2)
            messages = found.get("Messages", [])
            if not messages or messages[0]["MessageId"] in seen:
                return
            seen.add(messages[0]["MessageId"])
            yield Letter.of(messages[0])

    def done(self, letter: Letter) -> None:
        self._sqs.delete_message(QueueUrl=self.url(), ReceiptHandle=letter.receipt)

    def put_back(self, letter: Letter) -> None:
        self._sqs.change_message_visibility(
            QueueUrl=self.url(), ReceiptHandle=letter.receipt, VisibilityTimeout=0
        )

    def found(self) -> Facts | None:
        if self.url() is None:
            return None
        told = self._attributes()
        return {name: told.get(name) for name in self.wanted()}

    def wanted(self) -> Facts:
        return {
            "MessageRetentionPeriod": str(LETTER_DAYS * 24 * 3600),
            "VisibilityTimeout": str(LETTER_SECONDS),
            "SqsManagedSseEnabled": "true",
        }

    def make(self) -> None:
        # A name is free again a minute after its queue was deleted.
        patiently(
            lambda: self._sqs.create_queue(QueueName=self.name, Attributes=self.wanted()),
            "AWS.SimpleQueueService.QueueDeletedRecently",
            "QueueDeletedRecently",
        )

    def change(self, found: Facts) -> None:
        self._sqs.set_queue_attributes(QueueUrl=self.url(), Attributes=self.wanted())

    def remove(self) -> None:
        self._sqs.delete_queue(QueueUrl=self.url())

    def _attributes(self) -> dict[str, str]:
        told = self._sqs.get_queue_attributes(QueueUrl=self.url(), AttributeNames=["All"])
        return dict(told["Attributes"])


class Rule(Resource):
    """A job's clock. Its name ends with the job's, which is how the function knows what to run."""

    kind = "rule"

    def __init__(self, account: Account, function: Function, job: str, expression: str) -> None:
        self._events, self._function, self._expression = account.client("events"), function, expression
        self.stage, self.name = function.stage, f"{function.name}-{job}"

    def found(self) -> Facts | None:
        told = unless_absent(lambda: self._events.describe_rule(Name=self.name))
        if told is None:
            return None
        targets = self._events.list_targets_by_rule(Rule=self.name)["Targets"]
        return {
            "expression": told.get("ScheduleExpression"),
            "state": told["State"],
            "calls": [each["Arn"] for each in targets],
        }

    def wanted(self) -> Facts:
        return {"expression": self._expression, "state": "ENABLED", "calls": [self._function.live_arn]}

    def make(self) -> None:
        self._events.put_rule(Name=self.name, ScheduleExpression=self._expression, State="ENABLED")
        self._events.put_targets(Rule=self.name, Targets=[{"Id": "live", "Arn": self._function.live_arn}])

    def change(self, found: Facts) -> None:
        """In place: a rule that is made anew would miss what fires meanwhile."""
        self.make()

    def remove(self) -> None:
        targets = self._events.list_targets_by_rule(Rule=self.name)["Targets"]
        if targets:
            self._events.remove_targets(Rule=self.name, Ids=[each["Id"] for each in targets])
        self._events.delete_rule(Name=self.name)


class StreamMapping(Resource):
    """Changes of the table to the jobs, from the first one on, for half a day again if they fail.

    Only changes that somebody follows: each of the others would start a function for nothing.
    """

    kind = "mapping"
    START = "TRIM_HORIZON"

    def __init__(self, account: Account, function: Function, table: DataTable, letters: Letters) -> None:
        self._account, self._lambda, self._function = account, account.client("lambda"), function
        self._table, self._letters = table, letters
        self.stage, self.name = function.stage, f"stream of {table.name} → {function.name}"

    def found(self) -> Facts | None:
        told = self._mapping()
        if told is None:
            return None
        found = {name: told.get(name) for name in self.wanted()}
        return found | {
            "FunctionName": told["FunctionArn"],
            "Enabled": told["State"] in ON,
            "DestinationConfig": {"OnFailure": told.get("DestinationConfig", {}).get("OnFailure")},
        }

    def wanted(self) -> Facts:
        kinds = {"dynamodb": {"NewImage": {"kind": {"S": list(FOLLOWED)}}}}
        return {
            "FunctionName": self._function.live_arn,
            "Enabled": True,
            "BatchSize": 100,
            "MaximumBatchingWindowInSeconds": 1,
            "FilterCriteria": {"Filters": [{"Pattern": json.dumps(kinds)}]},
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "BisectBatchOnFunctionError": True,
            "MaximumRetryAttempts": 100,
            "MaximumRecordAgeInSeconds": 12 * 3600,
            "DestinationConfig": {"OnFailure": {"Destination": self._letters.arn}},
        }

    def make(self) -> None:
        patiently(
            lambda: self._lambda.create_event_source_mapping(
                EventSourceArn=self._table.stream_arn(), StartingPosition=self.START, **self.wanted()
            ),
            *NOT_YET,
            about="role",
        )

    def change(self, found: Facts) -> None:
        patiently(
            lambda: self._lambda.update_event_source_mapping(UUID=self._mapping()["UUID"], **self.wanted()),
            *UNDER_WAY,
            seconds=MAPPING_SECONDS,
        )

    def remove(self) -> None:
        patiently(
            lambda: self._lambda.delete_event_source_mapping(UUID=self._mapping()["UUID"]),
            *UNDER_WAY,
            seconds=MAPPING_SECONDS,
        )

    def says(self) -> str:
        """Whether it reads, and what became of its last batch."""
        told = self._mapping()
        if told is None:
            return "not there"
        return f"{told['State']}, {told.get('LastProcessingResult', 'nothing read yet')}"

    def _mapping(self) -> Any:
        source = self._table.stream_arn()
        if source == LATER:
            return None
        found = self._account.pages(
            "lambda", "list_event_source_mappings", "EventSourceMappings", EventSourceArn=source
        )
        ours = [each for each in found if f"function:{self._function.name}" in each["FunctionArn"]]
        there = [each for each in ours if each["State"] != "Deleting"]
        return there[0] if there else None
