"""One HTTP API in front of all functions: routes by path, limits, and the host that people call."""

from collections.abc import Mapping
from typing import Any

from scripts.cloud.account import LATER, Account, unless_absent
from scripts.cloud.deployment import CannotDeploy, Deployment
from scripts.cloud.lambdas import Function
from scripts.cloud.resource import Facts, Resource

DEFAULT = "$default"
PAYLOAD_FORMAT = "2.0"
OURS = {"made-by": "tongka"}
"""By this tag we know an API of ours: names need not be unique."""
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
            Tags=OURS,
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
        named = [each for each in found if each["Name"] == self.name and each["ProtocolType"] == "HTTP"]
        ours = [each for each in named if each.get("Tags", {}).items() >= OURS.items()]
        if named and not ours:
            raise CannotDeploy(f"There is an HTTP API {self.name} already that is not of Tongka; rename one.")
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
    """A domain of ours; its name server has to point to what `deploy.py status` prints.

    Only what is called without any path before it is ours: below it other APIs may live.
    """

    kind = "domain"

    def __init__(
        self, account: Account, api: HttpApi, name: str, certificate_arn: str, *, may_take: bool = False
    ) -> None:
        """`may_take`: also from another API, to which it leads now."""
        self._api, self._http_api = account.client("apigatewayv2"), api
        self._account, self.name = account, name
        self._certificate_arn, self._may_take = certificate_arn, may_take

    def found(self) -> Facts | None:
        told = self._described()
        if told is None:
            return None
        host = told["DomainNameConfigurations"][0]
        root = self._root()
        return {
            "certificate": host.get("CertificateArn"),
            "tls": host.get("SecurityPolicy"),
            "leads_to": root["ApiId"] if root else None,
        }

    def wanted(self) -> Facts:
        return {
            "certificate": self._certificate_arn,
            "tls": "TLS_1_2",
            "leads_to": self._http_api.api_id(),
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
        if found["leads_to"] != wanted["leads_to"]:
            self._lead(wanted["leads_to"])

    def remove(self) -> None:
        """The domain itself only if nothing else lives there; then the name server's entry ends, too."""
        for each in self._mappings():
            if each["ApiId"] == self._http_api.api_id():
                self._api.delete_api_mapping(DomainName=self.name, ApiMappingId=each["ApiMappingId"])
        if not self._mappings():
            self._api.delete_domain_name(DomainName=self.name)

    def _lead(self, api_id: str) -> None:
        """Raises CannotDeploy."""
        root = self._root()
        if root and not self._may_take:
            raise CannotDeploy(
                f"{self.name} leads to another API ({root['ApiId']}); --take-host leads it here."
            )
        if root:
            self._api.delete_api_mapping(DomainName=self.name, ApiMappingId=root["ApiMappingId"])
        self._api.create_api_mapping(DomainName=self.name, ApiId=api_id, Stage=DEFAULT)

    def _root(self) -> dict[str, Any] | None:
        return next((each for each in self._mappings() if not each.get("ApiMappingKey")), None)

    def _mappings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._api.get_api_mappings(DomainName=self.name)["Items"]
        return found

    def _told(self) -> dict[str, str]:
        return {
            "CertificateArn": self._certificate_arn,
            "EndpointType": "REGIONAL",
            "SecurityPolicy": "TLS_1_2",
        }

    def _described(self) -> Any:
        return unless_absent(lambda: self._api.get_domain_name(DomainName=self.name))


def known_hosts(account: Account, api: HttpApi) -> list[Host]:
    """Those that lead to the API."""
    api_id = api.api_id()
    if api_id == LATER:
        return []
    names = [each["DomainName"] for each in account.pages("apigatewayv2", "get_domain_names", "Items")]
    hosts = [Host(account, api, name, "") for name in names]
    return [host for host in hosts if (host.found() or {}).get("leads_to") == api_id]
