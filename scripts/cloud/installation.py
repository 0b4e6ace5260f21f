"""One installation: all that belongs to it, in the order in which it is made."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from scripts.cloud import build, http_api, lambdas, watch
from scripts.cloud.account import Account
from scripts.cloud.build import Package
from scripts.cloud.deployment import CannotDeploy, Deployment, Domain
from scripts.cloud.http_api import Host, HttpApi, Route
from scripts.cloud.lambdas import Callers, Function, Live, LogGroup, Retries
from scripts.cloud.release import ReleaseRecord
from scripts.cloud.resource import Resource
from scripts.cloud.roles import Role
from scripts.cloud.sources import Letters, Rule, StreamMapping
from scripts.cloud.storage import Bucket, DataTable, MasterKey

JOBS = "jobs"
JOB_NAME = re.compile(r"[A-Za-z0-9_.]+", re.ASCII)
"""Of a job, as it ends the name of its rule; it has no hyphen, with which another name could go on."""


class Installation:
    """`stages`: only these functions, beside all that functions share; none: all of them."""

    def __init__(
        self,
        account: Account,
        deployment: Deployment,
        packages: Callable[[], Sequence[Package]],
        stages: Sequence[str] = (),
        *,
        may_take_host: bool = False,
    ) -> None:
        """`packages` are built when somebody needs to know what is in them. Raises CannotDeploy."""
        self.account, self.deployment, self.is_imitated = account, deployment, account.is_imitated
        self._told, self._build = build.stages(), packages
        if unknown := set(stages) - self._told.keys():
            raise CannotDeploy(f"There is no stage {', '.join(sorted(unknown))} in zappa_settings.json.")
        if deployment.account not in {None, account.number}:
            raise CannotDeploy(f"The credentials are those of account {account.number}; see `account`.")
        self._stages = set(stages or self._told)
        name = deployment.name
        self.bucket = Bucket(account, name)
        self.key = MasterKey(account, name)
        self.table = DataTable(account, name)
        self.letters = Letters(account, name)
        self.api = HttpApi(account, deployment)
        self.host = self._host(deployment.domain, may_take_host) if deployment.domain else None
        self.topic = watch.Topic(account, deployment)

    @cached_property
    def packages(self) -> dict[str, Package]:
        return {each.stage: each for each in self._build()}

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
    def stream(self) -> StreamMapping:
        return StreamMapping(self.account, self.functions[JOBS], self.table, self.letters)

    @cached_property
    def release(self) -> ReleaseRecord:
        lives = [live for stage, live in self.lives.items() if stage in self._stages]
        return ReleaseRecord(self.account, self.deployment.name, lives, self._told)

    def resources(self) -> list[Resource]:
        """Whatever names another stands after it; a version comes into use when all it needs is there.

        The host comes when there is something behind it, alarms when there is something to watch.
        """
        found: list[Resource] = [self.bucket, self.key, self.table, self.letters]
        found += [*self.log_groups.values(), *self.roles.values(), self.api, self.topic]
        found += [*self.functions.values(), *self.lives.values()]
        found += [*self._sources(), *self._routes(), *([self.host] if self.host else [])]
        found += [*self._watch(), self.release]
        return [each for each in found if each.stage is None or each.stage in self._stages]

    def strays(self) -> list[Resource]:
        """Rules, routes, hosts, alarms and functions of ours that nobody wants any more."""
        if self._stages != set(self._told):
            return []
        wanted = {(each.kind, each.name) for each in self.resources()}
        found = [*self._known_rules(), *self._known_routes(), *self._known_alarms(), *self._former()]
        found += http_api.known_hosts(self.account, self.api)
        return [each for each in found if (each.kind, each.name) not in wanted]

    def places(self) -> dict[str, str | None]:
        """What stands for the names in policies; None: there is no such thing here."""
        images = self.deployment.images
        return {
            "table": self.table.arn,
            "key": self.key.arn(),
            "letters": self.letters.arn,
            "network": "*" if self.deployment.network else None,
            "images": f"arn:{self.account.partition}:s3:::{images.bucket}" if images else None,
        }

    def _role(self, stage: str) -> Role:
        logs = self.log_groups[stage].arn
        function = self.deployment.function(stage)
        return Role(self.account, stage, function, lambda: {**self.places(), "logs": logs})

    def _host(self, domain: Domain, may_take: bool) -> Host:
        return Host(self.account, self.api, domain.name, domain.certificate_arn, may_take=may_take)

    def _function(self, stage: str, told: dict[str, Any]) -> Function:
        network = self.deployment.network
        configuration = {
            "handler": told["lambda_handler"],
            "runtime": told["runtime"],
            "role": self.roles[stage].arn,
            "variables": self.deployment.environment(told),
            "memory_mb": told["memory_size"],
            "seconds": told["timeout_seconds"],
            "reserved": told.get("lambda_concurrency"),
            "network": lambdas.network_of(network.subnets, network.security_groups) if network else None,
        }
        name = self.deployment.function(stage)
        return Function(
            self.account, stage, name, lambda: self.packages[stage].path, self.bucket, configuration
        )

    def _sources(self) -> list[Resource]:
        rules: list[Resource] = [
            Rule(self.account, self.functions[stage], event["function"], event["expression"])
            for stage, told in self._told.items()
            for event in told.get("events", ())
        ]
        callers = [self._callers(stage) for stage in self._told]
        return [
            Retries(self.account, self.functions[JOBS], self.letters.arn),
            *callers,
            *rules,
            self.stream,
        ]

    def _callers(self, stage: str) -> Callers:
        function, sources = self.functions[stage], dict[str, Callable[[], str]]()
        if stage in http_api.routes(self._told).values():
            sources["apigateway.amazonaws.com"] = self.api.source_arn
        if self._told[stage].get("events"):
            rules = self.account.arn("events", f"rule/{function.name}-*")
            sources["events.amazonaws.com"] = lambda: rules
        return Callers(self.account, function, sources)

    def _routes(self) -> list[Resource]:
        return [
            Route(self.account, self.api, key, self.functions[stage])
            for key, stage in http_api.routes(self._told).items()
        ]

    def _watch(self) -> list[Resource]:
        name = self.deployment.name
        functions = {stage: function.name for stage, function in self.functions.items()}
        alarms: list[Resource] = [
            watch.Alarm(self.account, name, each, self.topic.arn)
            for each in watch.watched(name, self.table.name, functions, self.api.api_id, self.letters.name)
        ]
        filters = [watch.CriticalLines(self.account, group, name) for group in self.log_groups.values()]
        return [*filters, *alarms]

    def _known_rules(self) -> list[Resource]:
        found: list[Resource] = []
        for function in self.functions.values():
            prefix = f"{function.name}-"
            rules = self.account.pages("events", "list_rules", "Rules", NamePrefix=prefix)
            jobs = [each["Name"].removeprefix(prefix) for each in rules]
            found += [Rule(self.account, function, job, "") for job in jobs if JOB_NAME.fullmatch(job)]
        return found

    def _known_routes(self) -> list[Resource]:
        found = http_api.known_routes(self.account, self.api)
        return [Route(self.account, self.api, each["RouteKey"], None) for each in found]

    def _former(self) -> list[Resource]:
        """Functions of the release in use whose stages are gone, with what was theirs alone."""
        current, found = self.release.current(), list[Resource]()
        for stage in sorted(current.functions.keys() - self._told.keys()) if current else ():
            name = self.deployment.function(stage)
            function = Function(self.account, stage, name, Path, self.bucket, {})
            role = Role(self.account, stage, name, dict)
            group = LogGroup(self.account, stage, name, self.deployment.log_days)
            found += [each for each in (function, role, group) if each.found() is not None]
        return found

    def _known_alarms(self) -> list[Resource]:
        """Of functions that there are no more; whoever made others, of a like name, keeps them."""
        prefix = f"{self.deployment.name}-"
        found = self.account.pages("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=prefix)
        return [
            watch.StrayAlarm(self.account, each["AlarmName"])
            for each in found
            if watch.OF_A_FUNCTION.fullmatch(each["AlarmName"].removeprefix(prefix))
            and each.get("AlarmActions") == [self.topic.arn]
        ]
