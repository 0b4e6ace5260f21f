"""One installation: all that belongs to it, in the order in which it is made."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from scripts.cloud import build, http_api, watch
from scripts.cloud.account import Account
from scripts.cloud.build import Package
from scripts.cloud.deployment import CannotDeploy, Deployment
from scripts.cloud.http_api import Host, HttpApi, Route
from scripts.cloud.lambdas import Function, Live, LogGroup, Permission, Retries, Role
from scripts.cloud.release import ReleaseRecord
from scripts.cloud.resource import Resource
from scripts.cloud.sources import LetterMapping, Letters, Rule, StreamMapping
from scripts.cloud.storage import Bucket, DataTable, MasterKey

JOBS = "jobs"


class Installation:
    """`stages`: only these functions, beside all that functions share; none: all of them."""

    def __init__(
        self,
        account: Account,
        deployment: Deployment,
        packages: Sequence[Package],
        stages: Sequence[str] = (),
    ) -> None:
        """Raises CannotDeploy."""
        self.account, self.deployment = account, deployment
        self._told = build.stages()
        if unknown := set(stages) - self._told.keys():
            raise CannotDeploy(f"There is no stage {', '.join(sorted(unknown))} in zappa_settings.json.")
        self._stages = set(stages or self._told)
        name = deployment.name
        self.bucket = Bucket(account, name)
        self.key = MasterKey(account, name)
        self.table = DataTable(account, name)
        self.letters = Letters(account, name)
        self.api = HttpApi(account, deployment)
        self.host = Host(account, self.api, deployment.domain) if deployment.domain else None
        self.topic = watch.Topic(account, deployment)
        self._packages = {each.stage: each for each in packages}

    @cached_property
    def log_groups(self) -> dict[str, LogGroup]:
        days = self.deployment.log_days
        return {
            stage: LogGroup(self.account, stage, self.deployment.function(stage), days)
            for stage in self._told
        }

    @cached_property
    def roles(self) -> dict[str, Role]:
        return {stage: self._role(stage) for stage in self._told}

    @cached_property
    def functions(self) -> dict[str, Function]:
        return {stage: self._function(stage, told) for stage, told in self._told.items()}

    @cached_property
    def lives(self) -> dict[str, Live]:
        return {stage: Live(self.account, function) for stage, function in self.functions.items()}

    @cached_property
    def letter_mapping(self) -> LetterMapping:
        return LetterMapping(self.account, self.functions[JOBS], self.letters)

    @cached_property
    def release(self) -> ReleaseRecord:
        lives = [live for stage, live in self.lives.items() if stage in self._stages]
        return ReleaseRecord(self.account, self.deployment.name, lives)

    def resources(self) -> list[Resource]:
        """Whatever names another stands after it; a version comes into use when all it needs is there."""
        found: list[Resource] = [self.bucket, self.key, self.table, self.letters]
        found += [*self.log_groups.values(), *self.roles.values()]
        found += [self.api, *([self.host] if self.host else []), *self._watch()]
        found += [*self.functions.values(), *self.lives.values()]
        found += [*self._sources(), *self._front(), self.release]
        return [each for each in found if each.stage is None or each.stage in self._stages]

    def strays(self) -> list[Resource]:
        """Rules, routes and alarms of ours that nobody wants any more."""
        wanted = {(each.kind, each.name) for each in self.resources()}
        found = [*self._known_rules(), *self._known_routes(), *self._known_alarms()]
        if self._stages != set(self._told):
            return []
        return [each for each in found if (each.kind, each.name) not in wanted]

    def places(self) -> dict[str, str | None]:
        """What stands for the names in policies; None: there is no such thing here."""
        images = self.deployment.images
        return {
            "table": self.table.arn,
            "key": self.key.arn(),
            "letters": self.letters.arn,
            "images": f"arn:{self.account.partition}:s3:::{images.bucket}" if images else None,
        }

    def _role(self, stage: str) -> Role:
        logs = self.log_groups[stage].arn
        function = self.deployment.function(stage)
        return Role(self.account, stage, function, lambda: {**self.places(), "logs": logs})

    def _function(self, stage: str, told: dict[str, Any]) -> Function:
        configuration = {
            "handler": told["lambda_handler"],
            "runtime": told["runtime"],
            "role": self.roles[stage].arn,
            "variables": self.deployment.environment(told),
            "memory_mb": told["memory_size"],
            "seconds": told["timeout_seconds"],
            "reserved": told.get("lambda_concurrency"),
        }
        name = self.deployment.function(stage)
        return Function(self.account, self._packages[stage], self.bucket.name, name, configuration)

    def _sources(self) -> list[Resource]:
        jobs = self.functions[JOBS]
        rules: list[Resource] = [
            Rule(self.account, self.functions[stage], event["function"], event["expression"])
            for stage, told in self._told.items()
            for event in told.get("events", ())
        ]
        source = self.account.arn("events", f"rule/{jobs.name}-*")
        return [
            Retries(self.account, jobs, self.letters.arn),
            Permission(self.account, jobs, "events.amazonaws.com", lambda: source),
            *rules,
            StreamMapping(self.account, jobs, self.table, self.letters),
            self.letter_mapping,
        ]

    def _front(self) -> list[Resource]:
        served = http_api.routes(self._told)
        permissions: list[Resource] = [
            Permission(self.account, self.functions[stage], "apigateway.amazonaws.com", self.api.source_arn)
            for stage in self._told
            if stage in served.values()
        ]
        routes: list[Resource] = [
            Route(self.account, self.api, key, self.functions[stage]) for key, stage in served.items()
        ]
        return [*permissions, *routes]

    def _watch(self) -> list[Resource]:
        name = self.deployment.name
        functions = {stage: function.name for stage, function in self.functions.items()}
        alarms: list[Resource] = [
            watch.Alarm(self.account, name, each, self.topic.arn)
            for each in watch.watched(name, self.table.name, functions, self.api.api_id, self.letters.name)
        ]
        filters = [watch.CriticalLines(self.account, group, name) for group in self.log_groups.values()]
        return [self.topic, *filters, *alarms]

    def _known_rules(self) -> list[Resource]:
        found: list[Resource] = []
        for function in self.functions.values():
            prefix = f"{function.name}-"
            names = self.account.pages("events", "list_rules", "Rules", NamePrefix=prefix)
            found += [Rule(self.account, function, each["Name"].removeprefix(prefix), "") for each in names]
        return found

    def _known_routes(self) -> list[Resource]:
        found = http_api.known_routes(self.account, self.api)
        return [Route(self.account, self.api, each["RouteKey"], None) for each in found]

    def _known_alarms(self) -> list[Resource]:
        prefix = f"{self.deployment.name}-"
        found = self.account.pages("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=prefix)
        known = {each.name for each in self._watch()}
        return [
            watch.StrayAlarm(self.account, each["AlarmName"])
            for each in found
            if each["AlarmName"] not in known
        ]
