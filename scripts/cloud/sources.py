"""What calls functions besides people: rules, the stream of the table, the queue of dead letters."""

from typing import Any

from scripts.cloud.account import LATER, Account, patiently, unless_absent
from scripts.cloud.lambdas import Function
from scripts.cloud.resource import Facts, Resource

LETTER_DAYS = 14
LETTER_SECONDS = 960
"""Longer than a job may take, or a letter would be read again meanwhile."""


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


class Mapping(Resource):
    """Brings records of a source to a function; what failed comes again by itself."""

    kind = "mapping"
    START: str | None = None
    """From where it reads; told when it is made, and never again."""

    def __init__(self, account: Account, function: Function, name: str) -> None:
        self._account, self._lambda, self._function = account, account.client("lambda"), function
        self.stage, self.name = function.stage, name

    def source(self) -> str:
        """Its ARN, as far as it is known."""
        raise NotImplementedError

    def told(self) -> Facts:
        """As Lambda wants it, but for its source."""
        raise NotImplementedError

    def uuid(self) -> str | None:
        found = self._mapping()
        return found["UUID"] if found else None

    def found(self) -> Facts | None:
        told = self._mapping()
        return None if told is None else {name: _flat(told, name) for name in self.wanted()}

    def wanted(self) -> Facts:
        told = {**self.told(), "FunctionName": self._function.live_arn}
        return {name: _flat(told, name) for name in told}

    def make(self) -> None:
        start = {"StartingPosition": self.START} if self.START else {}
        # The role was made a moment ago, and what it may do is not known everywhere yet.
        patiently(
            lambda: self._lambda.create_event_source_mapping(
                EventSourceArn=self.source(),
                FunctionName=self._function.live_arn,
                **start,
                **self.told(),
            ),
            "InvalidParameterValueException",
        )

    def change(self, found: Facts) -> None:
        patiently(
            lambda: self._lambda.update_event_source_mapping(
                UUID=self.uuid(), FunctionName=self._function.live_arn, **self.told()
            ),
            "ResourceInUseException",
            "ResourceConflictException",
        )

    def remove(self) -> None:
        patiently(
            lambda: self._lambda.delete_event_source_mapping(UUID=self.uuid()), "ResourceInUseException"
        )

    def _mapping(self) -> Any:
        source = self.source()
        if source == LATER:
            return None
        found = self._account.pages(
            "lambda", "list_event_source_mappings", "EventSourceMappings", EventSourceArn=source
        )
        ours = [each for each in found if f"function:{self._function.name}" in each["FunctionArn"]]
        return ours[0] if ours else None


def _flat(told: Facts, name: str) -> Any:
    if name == "FunctionName":
        return told.get("FunctionArn", told.get("FunctionName"))
    if name == "Enabled":
        return told.get("Enabled", told.get("State") in {"Enabled", "Enabling", "Creating", "Updating"})
    if name == "DestinationConfig":
        return {"OnFailure": told.get(name, {}).get("OnFailure", {})}
    return told.get(name)


class StreamMapping(Mapping):
    """Changes of the table to the jobs, from the first one on, for half a day again if they fail."""

    START = "TRIM_HORIZON"

    def __init__(self, account: Account, function: Function, table: Any, letters: Letters) -> None:
        super().__init__(account, function, f"stream of {table.name} → {function.name}")
        self._table, self._letters = table, letters

    def source(self) -> str:
        arn: str = self._table.stream_arn()
        return arn

    def told(self) -> Facts:
        return {
            "Enabled": True,
            "BatchSize": 100,
            "MaximumBatchingWindowInSeconds": 1,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "BisectBatchOnFunctionError": True,
            "MaximumRetryAttempts": 100,
            "MaximumRecordAgeInSeconds": 12 * 3600,
            "DestinationConfig": {"OnFailure": {"Destination": self._letters.arn}},
        }


class LetterMapping(Mapping):
    """Dead letters back to the jobs: off, until `deploy.py replay` turns it on."""

    def __init__(self, account: Account, function: Function, letters: Letters) -> None:
        super().__init__(account, function, f"{letters.name} → {function.name}")
        self._letters = letters

    def source(self) -> str:
        return self._letters.arn

    def told(self) -> Facts:
        return {"Enabled": False, "BatchSize": 1, "FunctionResponseTypes": ["ReportBatchItemFailures"]}

    def turn(self, *, on: bool) -> None:
        patiently(
            lambda: self._lambda.update_event_source_mapping(UUID=self.uuid(), Enabled=on),
            "ResourceInUseException",
        )
