"""What a function may do: a role for each, with its committed policy and nothing else."""

import json
import string
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scripts.cloud.account import Account, unless_absent
from scripts.cloud.deployment import CannotDeploy
from scripts.cloud.resource import Facts, Resource
from scripts.environment import ROOT

POLICIES = ROOT / "serverless" / "policies"
POLICY_NAME = "what-it-does"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def policy(stage: str, places: dict[str, str | None]) -> dict[str, Any]:
    """The committed policy with its places filled in; what speaks of a place that there is not is left out.

    Raises CannotDeploy.
    """
    path = POLICIES / f"{stage}.json"
    try:
        told = json.loads(path.read_text())
    except OSError as problem:
        raise CannotDeploy(f"{stage} has no policy; write {path.relative_to(ROOT)}.") from problem
    except ValueError as problem:
        raise CannotDeploy(f"{path.name}: no JSON ({problem}).") from problem
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
        return {
            "trusts": role["Role"]["AssumeRolePolicyDocument"],
            "policies": policies,
            "attached": self._attached(),
        }

    def wanted(self) -> Facts:
        policies = {POLICY_NAME: policy(self.stage or "", self._places())}
        return {"trusts": TRUST, "policies": policies, "attached": []}

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
        self._detach(found["attached"])

    def remove(self) -> None:
        self._detach(self._attached())
        for name in self._iam.list_role_policies(RoleName=self.name)["PolicyNames"]:
            self._iam.delete_role_policy(RoleName=self.name, PolicyName=name)
        self._iam.delete_role(RoleName=self.name)

    def _attached(self) -> list[str]:
        """Policies that somebody gave it beside its own."""
        found = self._iam.list_attached_role_policies(RoleName=self.name)["AttachedPolicies"]
        return sorted(each["PolicyArn"] for each in found)

    def _detach(self, arns: Iterable[str]) -> None:
        for arn in arns:
            self._iam.detach_role_policy(RoleName=self.name, PolicyArn=arn)
