"""A function: log group, role, code and configuration, and the alias `live`, which alone is called.

A version holds code and configuration together. What calls a function calls its alias, so that going back is
moving the alias, whatever was deployed since.
"""

import base64
import hashlib
import json
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.cloud.account import Account, patiently, unless_absent
from scripts.cloud.build import Package
from scripts.cloud.deployment import CannotDeploy
from scripts.cloud.resource import Facts, Resource
from scripts.environment import ROOT

LIVE = "live"
POLICIES = ROOT / "serverless" / "policies"
POLICY_NAME = "what-it-does"
VERSIONS_KEPT = 5
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


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


def policy(stage: str, places: dict[str, str | None]) -> dict[str, Any]:
    """The committed policy with its places filled in; what speaks of a place that there is not is left out.

    Raises CannotDeploy.
    """
    path = POLICIES / f"{stage}.json"
    try:
        told = json.loads(path.read_text())
    except OSError as problem:
        raise CannotDeploy(f"{stage} has no policy; write {path.relative_to(ROOT)}.") from problem
    kept = []
    for statement in told["Statement"]:
        resources = [_filled(each, places, path) for each in statement["Resource"]]
        if None not in resources:
            kept.append({**statement, "Resource": resources})
    return {**told, "Statement": kept}


def _filled(text: str, places: dict[str, str | None], path: Path) -> str | None:
    try:
        names = string.Template(text).get_identifiers()
        if any(places[name] is None for name in names):
            return None
        return string.Template(text).substitute(places)
    except (KeyError, ValueError) as problem:
        raise CannotDeploy(f"{path.name}: {text} names no place; there are {', '.join(places)}.") from problem


class Role(Resource):
    """What a function may do: its committed policy, and nothing else."""

    kind = "role"

    def __init__(self, account: Account, stage: str, function: str, places: Any) -> None:
        """`places` answers what stands for the names in a policy, as far as it is known."""
        self._iam, self._places = account.client("iam"), places
        self.stage, self.name = stage, f"{function}-{account.region}"
        self.arn = account.role_arn(self.name)

    def found(self) -> Facts | None:
        role = unless_absent(lambda: self._iam.get_role(RoleName=self.name))
        if role is None:
            return None
        names = self._iam.list_role_policies(RoleName=self.name)["PolicyNames"]
        policies = {
            name: self._iam.get_role_policy(RoleName=self.name, PolicyName=name)["PolicyDocument"]
            for name in names
        }
        return {"trusts": role["Role"]["AssumeRolePolicyDocument"], "policies": policies}

    def wanted(self) -> Facts:
        return {"trusts": TRUST, "policies": {POLICY_NAME: policy(self.stage or "", self._places())}}

    def make(self) -> None:
        self._iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps(TRUST))

    def change(self, found: Facts) -> None:
        self._iam.update_assume_role_policy(RoleName=self.name, PolicyDocument=json.dumps(TRUST))
        wanted = self.wanted()["policies"]
        for name, document in wanted.items():
            self._iam.put_role_policy(
                RoleName=self.name, PolicyName=name, PolicyDocument=json.dumps(document)
            )
        for name in found["policies"].keys() - wanted.keys():
            self._iam.delete_role_policy(RoleName=self.name, PolicyName=name)

    def remove(self) -> None:
        for name in self._iam.list_role_policies(RoleName=self.name)["PolicyNames"]:
            self._iam.delete_role_policy(RoleName=self.name, PolicyName=name)
        self._iam.delete_role(RoleName=self.name)


class Function(Resource):
    """Code and configuration, not yet in use: `Live` puts them there."""

    kind = "function"

    def __init__(
        self,
        account: Account,
        package: Package,
        bucket: str,
        name: str,
        configuration: Facts,
    ) -> None:
        self._account, self._lambda = account, account.client("lambda")
        self._package, self._bucket = package, bucket
        self._configuration = configuration
        self.stage, self.name = package.stage, name
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
        }

    def wanted(self) -> Facts:
        return {"code": self.code(), **self._configuration}

    def code(self) -> str:
        """As Lambda tells it."""
        digest = hashlib.sha256(self._package.path.read_bytes()).digest()
        return base64.b64encode(digest).decode()

    def digest(self) -> str:
        """Of what a version holds."""
        held = {name: value for name, value in self.wanted().items() if name != "reserved"}
        return hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()[:32]

    def make(self) -> None:
        # A role made a moment ago cannot be taken on yet.
        patiently(
            lambda: self._lambda.create_function(
                FunctionName=self.name, Code=self._uploaded(), Architectures=["x86_64"], **self._told()
            ),
            "InvalidParameterValueException",
        )
        self._wait()

    def change(self, found: Facts) -> None:
        wanted = self.wanted()
        if found["code"] != wanted["code"]:
            uploaded = self._uploaded()
            self._when_settled(lambda: self._lambda.update_function_code(FunctionName=self.name, **uploaded))
        told = self._told()
        self._when_settled(lambda: self._lambda.update_function_configuration(FunctionName=self.name, **told))
        if wanted["reserved"] is not None:
            self._lambda.put_function_concurrency(
                FunctionName=self.name, ReservedConcurrentExecutions=wanted["reserved"]
            )
        elif found["reserved"] is not None:
            self._lambda.delete_function_concurrency(FunctionName=self.name)

    def remove(self) -> None:
        self._lambda.delete_function(FunctionName=self.name)

    def _uploaded(self) -> dict[str, str]:
        path = self._package.path
        key = f"{self.name}/{hashlib.sha256(path.read_bytes()).hexdigest()}.zip"
        self._account.client("s3").upload_file(str(path), self._bucket, key)
        return {"S3Bucket": self._bucket, "S3Key": key}

    def _told(self) -> dict[str, Any]:
        wanted = self._configuration
        return {
            "Handler": wanted["handler"],
            "Runtime": wanted["runtime"],
            "Role": wanted["role"],
            "Environment": {"Variables": wanted["variables"]},
            "MemorySize": wanted["memory_mb"],
            "Timeout": wanted["seconds"],
        }

    def _when_settled(self, act: Callable[[], Any]) -> None:
        """A run that was cut short may have left a change under way."""
        patiently(act, "ResourceConflictException")
        self._wait()

    def _wait(self) -> None:
        for state in ("function_active_v2", "function_updated_v2"):
            self._lambda.get_waiter(state).wait(FunctionName=self.name, WaiterConfig={"Delay": 2})


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
        number = self.version()
        return {"serves": self._versions()[number]} if number else None

    def wanted(self) -> Facts:
        return {"serves": self._function.digest()}

    def make(self) -> None:
        self._lambda.create_alias(
            FunctionName=self._function.name, Name=LIVE, FunctionVersion=self._published()
        )

    def change(self, found: Facts) -> None:
        self.move(self._published())

    def move(self, version: str) -> None:
        self._lambda.update_alias(FunctionName=self._function.name, Name=LIVE, FunctionVersion=version)

    def remove(self) -> None:
        """It goes with its function."""

    def forget(self, kept: set[str]) -> None:
        """Old versions, but for those kept and the latest few."""
        numbers = sorted((int(each) for each in self._versions()), reverse=True)
        for number in numbers[VERSIONS_KEPT:]:
            if str(number) not in kept:
                self._lambda.delete_function(FunctionName=self._function.name, Qualifier=str(number))

    def _published(self) -> str:
        wanted = self._function.digest()
        same = [int(number) for number, digest in self._versions().items() if digest == wanted]
        if same:
            return str(max(same))
        # Refused if somebody else has deployed meanwhile.
        made = self._lambda.publish_version(
            FunctionName=self._function.name, Description=wanted, CodeSha256=self._function.code()
        )
        version: str = made["Version"]
        return version

    def _versions(self) -> dict[str, str]:
        found = self._account.pages(
            "lambda", "list_versions_by_function", "Versions", FunctionName=self._function.name
        )
        return {each["Version"]: each["Description"] for each in found if each["Version"] != "$LATEST"}


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
            "InvalidParameterValueException",
        )

    def change(self, found: Facts) -> None:
        self.make()

    def remove(self) -> None:
        self._lambda.delete_function_event_invoke_config(FunctionName=self.name, Qualifier=LIVE)


class Permission(Resource):
    """Who may call a function, by its alias."""

    kind = "permission"

    def __init__(self, account: Account, function: Function, service: str, source: Any) -> None:
        """`source` answers the ARN of the caller, as far as it is known."""
        self._lambda, self._function = account.client("lambda"), function
        self._service, self._source = service, source
        self._id = service.partition(".")[0]
        self.stage, self.name = function.stage, f"{self._id} → {function.name}"

    def found(self) -> Facts | None:
        told = unless_absent(
            lambda: self._lambda.get_policy(FunctionName=self._function.name, Qualifier=LIVE)
        )
        for each in json.loads(told["Policy"])["Statement"] if told else ():
            if each["Sid"] == self._id:
                return {
                    "service": each["Principal"]["Service"],
                    "source": each["Condition"]["ArnLike"]["AWS:SourceArn"],
                }
        return None

    def wanted(self) -> Facts:
        return {"service": self._service, "source": self._source()}

    def make(self) -> None:
        self._lambda.add_permission(
            FunctionName=self._function.name,
            Qualifier=LIVE,
            StatementId=self._id,
            Action="lambda:InvokeFunction",
            Principal=self._service,
            SourceArn=self._source(),
        )

    def change(self, found: Facts) -> None:
        self.remove()
        self.make()

    def remove(self) -> None:
        self._lambda.remove_permission(FunctionName=self._function.name, Qualifier=LIVE, StatementId=self._id)
