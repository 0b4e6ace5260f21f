"""A function: log group, code and configuration, the alias `live`, which alone is called, and by whom.

A version holds code and configuration together. What calls a function calls its alias, so that going back is
moving the alias, whatever was deployed since.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from scripts.cloud.account import Account, patiently, unless_absent
from scripts.cloud.resource import Facts, Resource
from scripts.cloud.storage import Bucket

LIVE = "live"
CALL = "lambda:InvokeFunction"
NOT_YET = ("InvalidParameterValueException",)
"""What Lambda says of a role that does not show everywhere yet, and of mistakes, too."""
VERSIONS_KEPT = 5


class LogGroup(Resource):
    """Where a function writes; made before it, so that lines do not stay for ever."""

    kind = "log group"

    def __init__(self, account: Account, stage: str, function: str, days: int) -> None:
        self._logs, self._days = account.client("logs"), days
        self.stage, self.name = stage, f"/aws/lambda/{function}"
        self.arn = account.arn("logs", f"log-group:{self.name}")

    def found(self) -> Facts | None:
        groups = self._logs.describe_log_groups(logGroupNamePrefix=self.name)["logGroups"]
        exact = [group for group in groups if group["logGroupName"] == self.name]
        return {"days": exact[0].get("retentionInDays")} if exact else None

    def wanted(self) -> Facts:
        return {"days": self._days}

    def make(self) -> None:
        self._logs.create_log_group(logGroupName=self.name)

    def change(self, found: Facts) -> None:
        self._logs.put_retention_policy(logGroupName=self.name, retentionInDays=self._days)

    def remove(self) -> None:
        self._logs.delete_log_group(logGroupName=self.name)


class Function(Resource):
    """Code and configuration, not yet in use: `Live` puts them there."""

    kind = "function"

    def __init__(
        self,
        account: Account,
        stage: str,
        name: str,
        package: Callable[[], Path],
        bucket: Bucket,
        told: Facts,
    ) -> None:
        """`package` answers the zip, which is built if need be; `told` is its configuration."""
        self._account, self._lambda = account, account.client("lambda")
        self._package, self._bucket, self._configuration = package, bucket, told
        self.stage, self.name = stage, name
        self.arn = account.arn("lambda", f"function:{name}")
        self.live_arn = f"{self.arn}:{LIVE}"

    def found(self) -> Facts | None:
        told = unless_absent(lambda: self._lambda.get_function_configuration(FunctionName=self.name))
        if told is None:
            return None
        reserved = self._lambda.get_function_concurrency(FunctionName=self.name)
        return {
            "code": told["CodeSha256"],
            "handler": told["Handler"],
            "runtime": told["Runtime"],
            "role": told["Role"],
            "variables": told.get("Environment", {}).get("Variables", {}),
            "memory_mb": told["MemorySize"],
            "seconds": told["Timeout"],
            "reserved": reserved.get("ReservedConcurrentExecutions"),
            "network": _told_network(told.get("VpcConfig", {})),
        }

    def wanted(self) -> Facts:
        return {"code": self.code, **self._configuration}

    @cached_property
    def code(self) -> str:
        """As Lambda tells it."""
        digest = hashlib.sha256(self._package().read_bytes()).digest()
        return base64.b64encode(digest).decode()

    def digest(self) -> str:
        """Of what a version holds."""
        held = {name: value for name, value in self.wanted().items() if name != "reserved"}
        return hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()[:32]

    def make(self) -> None:
        code = self._uploaded()
        # A role made a moment ago cannot be taken on yet.
        patiently(
            lambda: self._lambda.create_function(
                FunctionName=self.name, Code=code, Architectures=["x86_64"], **self._told()
            ),
            *NOT_YET,
            about="role",
        )
        self.wait()

    def change(self, found: Facts) -> None:
        self.wait()  # A run that was cut short may have left a change under way.
        wanted = self.wanted()
        if found["code"] != wanted["code"]:
            self._lambda.update_function_code(FunctionName=self.name, **self._uploaded())
            self.wait()
        self._lambda.update_function_configuration(FunctionName=self.name, **self._told())
        self.wait()
        if wanted["reserved"] is not None:
            self._lambda.put_function_concurrency(
                FunctionName=self.name, ReservedConcurrentExecutions=wanted["reserved"]
            )
        elif found["reserved"] is not None:
            self._lambda.delete_function_concurrency(FunctionName=self.name)

    def remove(self) -> None:
        self._lambda.delete_function(FunctionName=self.name)

    def wait(self) -> None:
        """Until nothing is under way."""
        for state in ("function_active_v2", "function_updated_v2"):
            self._lambda.get_waiter(state).wait(FunctionName=self.name, WaiterConfig={"Delay": 2})

    def invoke(self, event: Any) -> str | None:
        """Hands it an event and waits; what it failed at, or None. It is asked once."""
        seconds = self._configuration["seconds"] + 10
        patient = self._account.opened(
            "lambda", read_timeout=seconds, retries={"total_max_attempts": 1}, tcp_keepalive=True
        )
        told = patient.invoke(FunctionName=self.name, Qualifier=LIVE, Payload=json.dumps(event))
        return told["Payload"].read().decode() if "FunctionError" in told else None

    def _uploaded(self) -> dict[str, str]:
        return self._bucket.upload(self._package(), f"{self.name}/{base64.b64decode(self.code).hex()}.zip")

    def _told(self) -> dict[str, Any]:
        wanted = self._configuration
        network = wanted["network"] or network_of((), ())
        return {
            "Handler": wanted["handler"],
            "Runtime": wanted["runtime"],
            "Role": wanted["role"],
            "Environment": {"Variables": wanted["variables"]},
            "MemorySize": wanted["memory_mb"],
            "Timeout": wanted["seconds"],
            "VpcConfig": {
                "SubnetIds": network["subnets"],
                "SecurityGroupIds": network["security_groups"],
            },
        }


def network_of(subnets: Iterable[str], security_groups: Iterable[str]) -> Facts:
    """As it is compared."""
    return {"subnets": sorted(subnets), "security_groups": sorted(security_groups)}


def _told_network(told: Mapping[str, Any]) -> Facts | None:
    subnets = told.get("SubnetIds")
    return network_of(subnets, told["SecurityGroupIds"]) if subnets else None


class Live(Resource):
    """The alias that everything calls."""

    kind = "alias"

    def __init__(self, account: Account, function: Function) -> None:
        self._lambda, self._function = account.client("lambda"), function
        self._account = account
        self.stage, self.name = function.stage, f"{function.name}:{LIVE}"

    def version(self) -> str | None:
        """The one in use."""
        alias = unless_absent(lambda: self._lambda.get_alias(FunctionName=self._function.name, Name=LIVE))
        return alias["FunctionVersion"] if alias else None

    def found(self) -> Facts | None:
        told = self._told(LIVE)
        return {"serves": told["Description"], "code": told["CodeSha256"]} if told else None

    def wanted(self) -> Facts:
        return {"serves": self._function.digest(), "code": self._function.code}

    def make(self) -> None:
        version = self._published()
        self._wait(version)
        self._lambda.create_alias(FunctionName=self._function.name, Name=LIVE, FunctionVersion=version)

    def change(self, found: Facts) -> None:
        self.move(self._published())

    def has(self, version: str) -> bool:
        return self._told(version) is not None

    def move(self, version: str) -> None:
        self._wait(version)
        self._lambda.update_alias(FunctionName=self._function.name, Name=LIVE, FunctionVersion=version)

    def remove(self) -> None:
        """It goes with its function."""

    def forget(self, kept: set[str]) -> None:
        """Old versions, but for those kept and the latest few."""
        numbers = sorted((int(each["Version"]) for each in self._versions()), reverse=True)
        for number in numbers[VERSIONS_KEPT:]:
            if str(number) not in kept:
                self._lambda.delete_function(FunctionName=self._function.name, Qualifier=str(number))

    def _published(self) -> str:
        """A version that holds what is wanted; the one that does already, or a new one."""
        wanted = self.wanted()
        held = {"serves": "Description", "code": "CodeSha256"}
        same = [
            int(each["Version"])
            for each in self._versions()
            if all(each[name] == wanted[ours] for ours, name in held.items())
        ]
        if same:
            return str(max(same))
        self._function.wait()
        made = self._lambda.publish_version(
            FunctionName=self._function.name,
            Description=wanted["serves"],
            CodeSha256=wanted["code"],  # Refused if somebody else has deployed meanwhile.
        )
        version: str = made["Version"]
        return version

    def _wait(self, version: str) -> None:
        """A version cannot be called before it is active."""
        waiter = self._lambda.get_waiter("published_version_active")
        waiter.wait(FunctionName=self._function.name, Qualifier=version, WaiterConfig={"Delay": 2})

    def _told(self, qualifier: str) -> Any:
        return unless_absent(
            lambda: self._lambda.get_function_configuration(
                FunctionName=self._function.name, Qualifier=qualifier
            )
        )

    def _versions(self) -> list[dict[str, Any]]:
        found = self._account.pages(
            "lambda", "list_versions_by_function", "Versions", FunctionName=self._function.name
        )
        return [each for each in found if each["Version"] != "$LATEST"]


class Retries(Resource):
    """What happens to an event that a job failed at: twice again, then with the dead letters."""

    kind = "retries of"
    AGAIN, HOURS = 2, 6

    def __init__(self, account: Account, function: Function, letters_arn: str) -> None:
        self._lambda, self._function, self._letters = account.client("lambda"), function, letters_arn
        self.stage, self.name = function.stage, function.name

    def found(self) -> Facts | None:
        told = unless_absent(
            lambda: self._lambda.get_function_event_invoke_config(FunctionName=self.name, Qualifier=LIVE)
        )
        if told is None:
            return None
        return {
            "again": told.get("MaximumRetryAttempts"),
            "seconds": told.get("MaximumEventAgeInSeconds"),
            "then": told.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"),
        }

    def wanted(self) -> Facts:
        return {"again": self.AGAIN, "seconds": self.HOURS * 3600, "then": self._letters}

    def make(self) -> None:
        patiently(
            lambda: self._lambda.put_function_event_invoke_config(
                FunctionName=self.name,
                Qualifier=LIVE,
                MaximumRetryAttempts=self.AGAIN,
                MaximumEventAgeInSeconds=self.HOURS * 3600,
                DestinationConfig={"OnFailure": {"Destination": self._letters}},
            ),
            *NOT_YET,
            about="role",
        )

    def change(self, found: Facts) -> None:
        self.make()

    def remove(self) -> None:
        self._lambda.delete_function_event_invoke_config(FunctionName=self.name, Qualifier=LIVE)


class Callers(Resource):
    """Who may call a function: AWS's services by its alias, from places of ours, and nobody else."""

    kind = "callers of"

    def __init__(
        self, account: Account, function: Function, sources: Mapping[str, Callable[[], str]]
    ) -> None:
        """`sources`: services, and what answers the ARN from where each calls, as far as it is known."""
        self._account, self._lambda = account, account.client("lambda")
        self._function, self._sources = function, sources
        self.stage, self.name = function.stage, function.name

    def found(self) -> Facts | None:
        """Also what somebody else has allowed, on the alias or on the function itself."""
        told = self._statements(Qualifier=LIVE)
        if self._account.can("GetPolicy past the alias"):
            told |= self._statements()
        return told or (None if self._sources else {})

    def wanted(self) -> Facts:
        return {
            f"{LIVE} {service.partition('.')[0]}": {
                "Principal": {"Service": service},
                "Action": CALL,
                "Condition": {"ArnLike": {"AWS:SourceArn": source()}},
            }
            for service, source in self._sources.items()
        }

    def make(self) -> None:
        self._allow(self.wanted())

    def change(self, found: Facts) -> None:
        wanted = self.wanted()
        self._forbid(name for name, told in found.items() if wanted.get(name) != told)
        self._allow({name: told for name, told in wanted.items() if found.get(name) != told})

    def remove(self) -> None:
        self._forbid(self.found() or ())

    def _allow(self, told: Facts) -> None:
        for name, statement in told.items():
            self._lambda.add_permission(
                FunctionName=self._function.name,
                Qualifier=LIVE,
                StatementId=name.partition(" ")[2],
                Action=statement["Action"],
                Principal=statement["Principal"]["Service"],
                SourceArn=statement["Condition"]["ArnLike"]["AWS:SourceArn"],
            )

    def _forbid(self, names: Iterable[str]) -> None:
        for name in list(names):
            place, _, statement_id = name.partition(" ")
            where = {"Qualifier": LIVE} if place == LIVE else {}
            self._lambda.remove_permission(
                FunctionName=self._function.name, StatementId=statement_id, **where
            )

    def _statements(self, **where: str) -> Facts:
        told = unless_absent(lambda: self._lambda.get_policy(FunctionName=self._function.name, **where))
        place = where.get("Qualifier", "itself")
        return {
            f"{place} {each['Sid']}": {
                name: each[name] for name in ("Principal", "Action", "Condition") if name in each
            }
            for each in (json.loads(told["Policy"])["Statement"] if told else ())
        }
