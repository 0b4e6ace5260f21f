"""What is deployed, run on this machine: code, configuration, routes and roles as the cloud has them.

For an imitation of the cloud, which keeps functions and does not run them.
"""

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

from scripts.cloud import build
from scripts.cloud.account import Account
from scripts.cloud.deployment import Deployment
from scripts.cloud.lambdas import LIVE
from scripts.cloud.storage import Bucket
from scripts.local.functions import Definition


class Deployed:
    """Reads the cloud, never the settings that it was deployed from."""

    def __init__(self, account: Account, deployment: Deployment) -> None:
        self._account, self._deployment = account, deployment

    def definitions(self) -> dict[str, Definition]:
        """By stage, as their aliases have them now."""
        prefix = f"{self._deployment.name}-"
        names = [
            each["FunctionName"] for each in self._account.pages("lambda", "list_functions", "Functions")
        ]
        ours = [name for name in names if name.startswith(prefix)]
        return {name.removeprefix(prefix).replace("-", "_"): self._definition(name) for name in ours}

    def routes(self) -> dict[str, str]:
        """Prefixes of paths, and the stages that serve them."""
        api = self._account.client("apigatewayv2")
        known = [each for each in api.get_apis()["Items"] if each["Name"] == self._deployment.name]
        api_id = known[0]["ApiId"]
        calls = {
            f"integrations/{each['IntegrationId']}": each["IntegrationUri"]
            for each in self._account.pages("apigatewayv2", "get_integrations", "Items", ApiId=api_id)
        }
        found = {}
        for route in self._account.pages("apigatewayv2", "get_routes", "Items", ApiId=api_id):
            path = route["RouteKey"].removeprefix("ANY ").removesuffix("/{proxy+}")
            function, _, alias = calls[route["Target"]].partition(":function:")[2].partition(":")
            if alias == LIVE:
                found[path] = function.removeprefix(f"{self._deployment.name}-").replace("-", "_")
        return found

    def policies(self) -> dict[str, Any]:
        """By stage."""
        iam = self._account.client("iam")
        found = {}
        for stage, definition in self.definitions().items():
            role = definition.role.rpartition("/")[2]
            names = iam.list_role_policies(RoleName=role)["PolicyNames"]
            documents = [
                iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names
            ]
            found[stage] = {"Statement": [each for told in documents for each in told["Statement"]]}
        return found

    def _definition(self, name: str) -> Definition:
        told = self._account.client("lambda").get_function(FunctionName=name, Qualifier=LIVE)["Configuration"]
        return Definition(
            name=name,
            place=self._unpacked(name, base64.b64decode(told["CodeSha256"]).hex()),
            handler=told["Handler"],
            variables=told["Environment"]["Variables"],
            runtime=build.install_client(),
            seconds=told["Timeout"],
            memory_mb=told["MemorySize"],
            version=told["Version"],
            role=told["Role"],
        )

    def _unpacked(self, name: str, digest: str) -> Path:
        """By what the code's own digest says, from the bucket that it went through."""
        place = build.BUILD / "deployed" / digest
        if not place.exists():
            bucket = Bucket(self._account, self._deployment.name).name
            body = self._account.client("s3").get_object(Bucket=bucket, Key=f"{name}/{digest}.zip")["Body"]
            with zipfile.ZipFile(io.BytesIO(body.read())) as packed:
                packed.extractall(place)
        return place
