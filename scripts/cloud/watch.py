"""What tells people that something is wrong: a topic, alarms, and a filter for critical lines of the log."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from scripts.cloud.account import Account, unless_absent
from scripts.cloud.deployment import Deployment
from scripts.cloud.lambdas import LogGroup
from scripts.cloud.resource import Facts, Resource

MINUTE = 60
OF_A_FUNCTION = re.compile(r"[a-z0-9_]+-(errors|throttles)", re.ASCII)
"""What ends the names of alarms of one stage."""
AT_LEAST, BELOW = "GreaterThanOrEqualToThreshold", "LessThanThreshold"
SHOWN = (
    *("Namespace", "MetricName", "Dimensions", "Statistic", "Period", "EvaluationPeriods"),
    *(
        "DatapointsToAlarm",
        "Threshold",
        "ComparisonOperator",
        "TreatMissingData",
        "AlarmActions",
        "OKActions",
    ),
)


class Topic(Resource):
    """Whom alarms go to. Each address has to confirm once, by the mail that AWS sends."""

    kind = "topic"

    def __init__(self, account: Account, deployment: Deployment) -> None:
        self._account, self._sns, self._emails = account, account.client("sns"), deployment.alarm_emails
        self.name = f"{deployment.name}-alarms"
        self.arn = account.arn("sns", self.name)

    def found(self) -> Facts | None:
        if unless_absent(lambda: self._sns.get_topic_attributes(TopicArn=self.arn), "NotFound") is None:
            return None
        return {"emails": sorted(self._subscribed())}

    def wanted(self) -> Facts:
        return {"emails": sorted(self._emails)}

    def make(self) -> None:
        self._sns.create_topic(Name=self.name)

    def change(self, found: Facts) -> None:
        subscribed = self._subscribed()
        for email in sorted(set(self._emails) - subscribed.keys()):
            self._sns.subscribe(TopicArn=self.arn, Protocol="email", Endpoint=email)
        for email in subscribed.keys() - set(self._emails):
            if subscribed[email].startswith("arn:"):  # Until it is confirmed, it cannot be ended.
                self._sns.unsubscribe(SubscriptionArn=subscribed[email])

    def remove(self) -> None:
        self._sns.delete_topic(TopicArn=self.arn)

    def unconfirmed(self) -> list[str]:
        """Addresses that get nothing yet."""
        return sorted(email for email, arn in self._subscribed().items() if not arn.startswith("arn:"))

    def _subscribed(self) -> dict[str, str]:
        """Mail only: whoever subscribed by another way keeps it."""
        found = self._account.pages("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=self.arn)
        mails = [each for each in found if each["Protocol"] == "email"]
        there = [each for each in mails if each["SubscriptionArn"] != "Deleted"]
        return {each["Endpoint"]: each["SubscriptionArn"] for each in there}


class Watched(Struct, frozen=True):
    """One alarm: what is measured, and from when on people are told."""

    name: str
    says: str
    """What it means and where to look, for whoever is woken."""
    namespace: str
    metric: str
    dimensions: Callable[[], dict[str, str]]
    threshold: float = 1
    comparison: str = AT_LEAST
    statistic: str = "Sum"
    minutes: int = 5
    periods: int = 1
    missing: str = "notBreaching"
    stage: str | None = None


class Alarm(Resource):
    """Of CloudWatch."""

    kind = "alarm"

    def __init__(self, account: Account, prefix: str, watched: Watched, topic_arn: str) -> None:
        self._cloudwatch, self._watched, self._topic = account.client("cloudwatch"), watched, topic_arn
        self.stage, self.name = watched.stage, f"{prefix}-{watched.name}"

    def found(self) -> Facts | None:
        told = self._cloudwatch.describe_alarms(AlarmNames=[self.name])["MetricAlarms"]
        if not told:
            return None
        return {name: told[0][name] for name in SHOWN if told[0].get(name) not in (None, [])} | {
            "AlarmDescription": told[0].get("AlarmDescription")
        }

    def wanted(self) -> Facts:
        watched = self._watched
        dimensions = [{"Name": name, "Value": value} for name, value in watched.dimensions().items()]
        told: Facts = {
            "AlarmDescription": watched.says,
            "Namespace": watched.namespace,
            "MetricName": watched.metric,
            "Statistic": watched.statistic,
            "Period": watched.minutes * MINUTE,
            "EvaluationPeriods": watched.periods,
            "DatapointsToAlarm": watched.periods,
            "Threshold": float(watched.threshold),
            "ComparisonOperator": watched.comparison,
            "TreatMissingData": watched.missing,
            "AlarmActions": [self._topic],
            "OKActions": [self._topic],
        }
        return told | ({"Dimensions": dimensions} if dimensions else {})

    def make(self) -> None:
        self._cloudwatch.put_metric_alarm(AlarmName=self.name, **self.wanted())

    def change(self, found: Facts) -> None:
        self.make()

    def remove(self) -> None:
        self._cloudwatch.delete_alarms(AlarmNames=[self.name])


class StrayAlarm(Resource):
    """One that nobody wants any more."""

    kind = "alarm"

    def __init__(self, account: Account, name: str) -> None:
        self._cloudwatch, self.name = account.client("cloudwatch"), name

    def found(self) -> Facts | None:
        return {"there": True}

    def remove(self) -> None:
        self._cloudwatch.delete_alarms(AlarmNames=[self.name])


class CriticalLines(Resource):
    """Counts lines that must never be written: books that do not fit, a ledger that is broken."""

    kind = "filter"

    def __init__(self, account: Account, log_group: LogGroup, namespace: str) -> None:
        self._logs, self._group, self._namespace = account.client("logs"), log_group, namespace
        self.stage, self.name = log_group.stage, f"critical lines of {log_group.name}"

    def found(self) -> Facts | None:
        told = unless_absent(lambda: self._logs.describe_metric_filters(logGroupName=self._group.name))
        ours = [each for each in (told or {}).get("metricFilters", ()) if each["filterName"] == "critical"]
        if not ours:
            return None
        counted = ours[0]["metricTransformations"][0]
        return {"pattern": ours[0]["filterPattern"], "counts": _counted(counted)}

    def wanted(self) -> Facts:
        return {"pattern": '{ $.level = "CRITICAL" }', "counts": _counted(self._told())}

    def make(self) -> None:
        self._logs.put_metric_filter(
            logGroupName=self._group.name,
            filterName="critical",
            filterPattern=self.wanted()["pattern"],
            metricTransformations=[self._told()],
        )

    def change(self, found: Facts) -> None:
        self.make()

    def remove(self) -> None:
        self._logs.delete_metric_filter(logGroupName=self._group.name, filterName="critical")

    def _told(self) -> dict[str, Any]:
        return {"metricNamespace": self._namespace, "metricName": "CriticalLines", "metricValue": "1"}


def _counted(told: dict[str, Any]) -> list[str]:
    return [told[name] for name in ("metricNamespace", "metricName", "metricValue")]


def watched(
    name: str, table: str, functions: dict[str, str], api_id: Callable[[], str], letters: str
) -> Iterator[Watched]:
    """Everything that people are told of. `functions`: stages, and what they are called."""
    yield from _of_requests(api_id)
    for stage, function in functions.items():
        yield from _of_function(stage, function)
    yield from _of_jobs(functions["jobs"], letters)
    yield from _of_data(name, table)


def _of_requests(api_id: Callable[[], str]) -> Iterator[Watched]:
    yield Watched(
        "5xx",
        "Requests fail. Look at the logs of the functions for lines of level ERROR.",
        *("AWS/ApiGateway", "5xx", lambda: {"ApiId": api_id()}),
        threshold=5,
    )
    yield Watched(
        "slow",
        "For a quarter of an hour requests took three seconds: platforms, throttling or starts.",
        *("AWS/ApiGateway", "Latency", lambda: {"ApiId": api_id()}),
        threshold=3000,
        statistic="Maximum",
        periods=3,
    )


def _of_function(stage: str, function: str) -> Iterator[Watched]:
    yield Watched(
        f"{stage}-errors",
        f"{function} fails as a whole: it does not start, or an event is not understood.",
        *("AWS/Lambda", "Errors", lambda: {"FunctionName": function}),
        stage=stage,
    )
    yield Watched(
        f"{stage}-throttles",
        f"{function} is called more often at once than the account or the function may.",
        *("AWS/Lambda", "Throttles", lambda: {"FunctionName": function}),
        stage=stage,
    )


def _of_jobs(jobs: str, letters: str) -> Iterator[Watched]:
    yield Watched(
        "jobs-stopped",
        "No job has run for a quarter of an hour: are the rules there and enabled?",
        *("AWS/Lambda", "Invocations", lambda: {"FunctionName": jobs}),
        comparison=BELOW,
        minutes=15,
        missing="breaching",
        stage="jobs",
    )
    yield Watched(
        "stream-late",
        "Changes of the table are followed a quarter of an hour late; after 24 hours they are lost.",
        *("AWS/Lambda", "IteratorAge", lambda: {"FunctionName": jobs}),
        threshold=15 * 60 * 1000,
        statistic="Maximum",
        stage="jobs",
    )
    yield Watched(
        "dead-letters",
        "Events failed for good. docs/runbook.md, Dead letters.",
        *("AWS/SQS", "ApproximateNumberOfMessagesVisible", lambda: {"QueueName": letters}),
        statistic="Maximum",
    )


def _of_data(name: str, table: str) -> Iterator[Watched]:
    for kind in ("Read", "Write"):
        yield Watched(
            f"{kind.lower()}-throttled",
            f"DynamoDB refuses to {kind.lower()} so much at once. One hot key, or a sudden rush?",
            *("AWS/DynamoDB", f"{kind}ThrottleEvents", lambda: {"TableName": table}),
            threshold=10,
        )
    yield Watched(
        "critical",
        "The books do not fit, or a ledger is broken. docs/runbook.md, A critical line.",
        *(name, "CriticalLines", dict),
    )
