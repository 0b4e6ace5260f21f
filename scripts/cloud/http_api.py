"""One HTTP API in front of all functions: routes by path, limits, and the host that people call."""

from collections.abc import Mapping
from typing import Any

from scripts.cloud.account import LATER, Account, unless_absent
from scripts.cloud.deployment import Deployment, Domain
from scripts.cloud.lambdas import Function
from scripts.cloud.resource import Facts, Resource

DEFAULT = "$default"
PAYLOAD_FORMAT = "2.0"
SECONDS_MAX = 30
"""An HTTP API waits no longer."""


def routes(stages: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Route keys of API Gateway, and the stages that serve them."""
    found = {}
    for name, stage in stages.items():
        for path in stage.get("routes", ()):
            keys = [DEFAULT] if path == DEFAULT else [f"ANY {path}", f"ANY {path}/{{proxy+}}"]
            found.update(dict.fromkeys(keys, name))
    return found


class HttpApi(Resource):
    """The API itself, with its one stage, which takes over each change at once."""

    kind = "HTTP API"

    def __init__(self, account: Account, deployment: Deployment) -> None:
        self._account, self._api, self._deployment = account, account.client("apigatewayv2"), deployment
        self.name = deployment.name
        self._id = LATER

    def api_id(self) -> str:
        """Asked for until it is there; then it stays the same."""
        if self._id == LATER and (found := self._described()) is not None:
            self._id = found["ApiId"]
        return self._id

    def source_arn(self) -> str:
        """What calls a function when anybody calls the API."""
        return self._account.arn("execute-api", f"{self.api_id()}/*")

    def address(self) -> str:
        if self._deployment.domain:
            return f"https://{self._deployment.domain.name}"
        found = self._described()
        return found["ApiEndpoint"] if found else LATER

    def found(self) -> Facts | None:
        api = self._described()
        if api is None:
            return None
        stage = unless_absent(lambda: self._api.get_stage(ApiId=api["ApiId"], StageName=DEFAULT))
        limits = stage.get("DefaultRouteSettings", {}) if stage else {}
        return {
            "only_by_its_host": api.get("DisableExecuteApiEndpoint", False),
            "stage": bool(stage and stage.get("AutoDeploy")),
            "requests_per_second": limits.get("ThrottlingRateLimit"),
            "burst": limits.get("ThrottlingBurstLimit"),
        }

    def wanted(self) -> Facts:
        return {
            "only_by_its_host": self._deployment.domain is not None,
            "stage": True,
            "requests_per_second": float(self._deployment.requests_per_second),
            "burst": self._deployment.burst,
        }

    def make(self) -> None:
        api = self._api.create_api(
            Name=self.name,
            ProtocolType="HTTP",
            DisableExecuteApiEndpoint=self._deployment.domain is not None,
        )
        self._api.create_stage(ApiId=api["ApiId"], **self._stage())

    def change(self, found: Facts) -> None:
        api_id = self.api_id()
        if found["only_by_its_host"] != self.wanted()["only_by_its_host"]:
            self._api.update_api(ApiId=api_id, DisableExecuteApiEndpoint=self._deployment.domain is not None)
        if found["stage"] and self._account.can("UpdateStage"):
            self._api.update_stage(ApiId=api_id, **self._stage())
        elif not found["stage"]:
            self._api.create_stage(ApiId=api_id, **self._stage())

    def remove(self) -> None:
        self._api.delete_api(ApiId=self.api_id())
        self._id = LATER

    def _stage(self) -> dict[str, Any]:
        limits = {
            "ThrottlingRateLimit": self._deployment.requests_per_second,
            "ThrottlingBurstLimit": self._deployment.burst,
        }
        return {"StageName": DEFAULT, "AutoDeploy": True, "DefaultRouteSettings": limits}

    def _described(self) -> Any:
        found = self._account.pages("apigatewayv2", "get_apis", "Items")
        ours = [each for each in found if each["Name"] == self.name and each["ProtocolType"] == "HTTP"]
        return ours[0] if ours else None


class Route(Resource):
    """A path and the function behind it."""

    kind = "route"

    def __init__(self, account: Account, api: HttpApi, key: str, function: Function | None) -> None:
        """Without a function: one that is to go."""
        self._account, self._client, self._api = account, account.client("apigatewayv2"), api
        self._function = function
        self.stage, self.name = (function.stage if function else None), key

    def found(self) -> Facts | None:
        route = self._described()
        if route is None:
            return None
        called = {_target(each): each for each in self._integrations()}.get(route.get("Target", ""))
        return {
            "calls": called["IntegrationUri"] if called else None,
            "format": called["PayloadFormatVersion"] if called else None,
        }

    def wanted(self) -> Facts:
        calls = self._function.live_arn if self._function else None
        return {"calls": calls, "format": PAYLOAD_FORMAT}

    def make(self) -> None:
        self._client.create_route(ApiId=self._api.api_id(), RouteKey=self.name, Target=self._integration())

    def change(self, found: Facts) -> None:
        self._client.update_route(
            ApiId=self._api.api_id(), RouteId=self._described()["RouteId"], Target=self._integration()
        )

    def remove(self) -> None:
        self._client.delete_route(ApiId=self._api.api_id(), RouteId=self._described()["RouteId"])

    def _integration(self) -> str:
        """One for each function; made with its first route."""
        wanted = self.wanted()["calls"]
        for each in self._integrations():
            if (each["IntegrationUri"], each["PayloadFormatVersion"]) == (wanted, PAYLOAD_FORMAT):
                return _target(each)
        made = self._client.create_integration(
            ApiId=self._api.api_id(),
            IntegrationType="AWS_PROXY",
            IntegrationUri=wanted,
            PayloadFormatVersion=PAYLOAD_FORMAT,
            TimeoutInMillis=SECONDS_MAX * 1000,
        )
        return _target(made)

    def _integrations(self) -> list[dict[str, Any]]:
        return self._account.pages("apigatewayv2", "get_integrations", "Items", ApiId=self._api.api_id())

    def _described(self) -> Any:
        return {each["RouteKey"]: each for each in known_routes(self._account, self._api)}.get(self.name)


def known_routes(account: Account, api: HttpApi) -> list[dict[str, Any]]:
    """Those that the API has."""
    api_id = api.api_id()
    return [] if api_id == LATER else account.pages("apigatewayv2", "get_routes", "Items", ApiId=api_id)


def _target(integration: Mapping[str, Any]) -> str:
    return f"integrations/{integration['IntegrationId']}"


class Host(Resource):
    """A domain of ours; its name server has to point to what `deploy.py status` prints."""

    kind = "domain"

    def __init__(self, account: Account, api: HttpApi, domain: Domain) -> None:
        self._api, self._http_api, self._domain = account.client("apigatewayv2"), api, domain
        self._account, self.name = account, domain.name

    def found(self) -> Facts | None:
        told = self._described()
        if told is None:
            return None
        host = told["DomainNameConfigurations"][0]
        mappings = self._api.get_api_mappings(DomainName=self.name)["Items"]
        return {
            "certificate": host.get("CertificateArn"),
            "tls": host.get("SecurityPolicy"),
            "apis": [each["ApiId"] for each in mappings],
        }

    def wanted(self) -> Facts:
        return {
            "certificate": self._domain.certificate_arn,
            "tls": "TLS_1_2",
            "apis": [self._http_api.api_id()],
        }

    def points_to(self) -> str | None:
        """For the name server."""
        told = self._described()
        return told["DomainNameConfigurations"][0].get("ApiGatewayDomainName") if told else None

    def make(self) -> None:
        self._api.create_domain_name(DomainName=self.name, DomainNameConfigurations=[self._told()])

    def change(self, found: Facts) -> None:
        wanted = self.wanted()
        if (found["certificate"], found["tls"]) != (wanted["certificate"], wanted["tls"]):
            self._api.update_domain_name(DomainName=self.name, DomainNameConfigurations=[self._told()])
        if found["apis"] != wanted["apis"]:
            for each in self._api.get_api_mappings(DomainName=self.name)["Items"]:
                self._api.delete_api_mapping(DomainName=self.name, ApiMappingId=each["ApiMappingId"])
            self._api.create_api_mapping(DomainName=self.name, ApiId=self._http_api.api_id(), Stage=DEFAULT)

    def remove(self) -> None:
        for each in self._api.get_api_mappings(DomainName=self.name)["Items"]:
            self._api.delete_api_mapping(DomainName=self.name, ApiMappingId=each["ApiMappingId"])
        self._api.delete_domain_name(DomainName=self.name)

    def _told(self) -> dict[str, str]:
        return {
            "CertificateArn": self._domain.certificate_arn,
            "EndpointType": "REGIONAL",
            "SecurityPolicy": "TLS_1_2",
        }

    def _described(self) -> Any:
        return unless_absent(lambda: self._api.get_domain_name(DomainName=self.name))
