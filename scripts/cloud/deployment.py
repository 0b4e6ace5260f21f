"""The file that describes one installation; docs/deployment.md explains it, deployment.example.toml shows it.

What all installations share stands in zappa_settings.json and serverless/policies/.
"""

import re
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from scripts import environment
from scripts.cloud import build
from serverless.settings import Settings, SettingsError

NAME = re.compile(r"[a-z][a-z0-9-]{1,23}", re.ASCII)
ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
RULE_NAME_MAX = 64
SETTINGS_PREFIX = "TONGKA_"
OURS = frozenset(
    {"TONGKA_TABLE", "TONGKA_MASTER_KEY", "TONGKA_IMAGES", "TONGKA_IMAGES_URL", "TONGKA_CLOCK_URL"}
)
LOG_DAYS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)
"""What CloudWatch offers."""


class CannotDeploy(Exception):
    """Says what to do."""


class Domain(Struct, frozen=True, forbid_unknown_fields=True):
    """The host under which people reach the API. Its certificate must be one of the same region."""

    name: str
    certificate_arn: str


class Images(Struct, frozen=True, forbid_unknown_fields=True):
    """A bucket that is there already, and the address under which phones find what lies in it."""

    bucket: str
    url: str


class Network(Struct, frozen=True, forbid_unknown_fields=True):
    """Of yours (a VPC), from which functions call out by one address that platforms can let in."""

    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]


class Deployment(Struct, frozen=True, forbid_unknown_fields=True):
    """One installation. `name` begins the name of all that it owns."""

    name: str
    region: str
    account: str | None = None
    """Twelve digits; with the credentials of any other one nothing is done."""
    alarm_emails: tuple[str, ...] = ()
    log_days: int = 90
    requests_per_second: int = 100
    """Of the whole API; above it, it answers 429."""
    burst: int = 200
    domain: Domain | None = None
    images: Images | None = None
    network: Network | None = None
    variables: dict[str, str] = field(default_factory=dict)
    """More of what .env.example lists."""

    def function(self, stage: str) -> str:
        """Of Lambda, as Zappa calls it."""
        return f"{self.name}-{stage.replace('_', '-')}"

    def environment(self, stage: dict[str, Any]) -> dict[str, str]:
        """What a function is told."""
        images = self.images
        return {
            **stage["aws_environment_variables"],
            "TONGKA_TABLE": self.name,
            "TONGKA_MASTER_KEY": f"kms:alias/{self.name}",
            **({"TONGKA_IMAGES": f"s3:{images.bucket}", "TONGKA_IMAGES_URL": images.url} if images else {}),
            **self.variables,
        }


def read(path: Path) -> Deployment:
    """Raises CannotDeploy."""
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=Deployment)
    except OSError as problem:
        raise CannotDeploy(f"{path} cannot be read: {problem.strerror}.") from problem
    except msgspec.DecodeError as problem:
        raise CannotDeploy(f"{path}: {problem}") from problem
    _check(found)
    return found


def known_variables() -> frozenset[str]:
    """As .env.example lists them."""
    text = (environment.ROOT / ".env.example").read_text()
    return frozenset(re.findall(rf"^#? ?({SETTINGS_PREFIX}\w+)=", text, re.MULTILINE))


def _check(found: Deployment) -> None:
    if not NAME.fullmatch(found.name):
        raise CannotDeploy("name: 2 to 24 small letters, digits and hyphens, a letter first.")
    if found.account is not None and not ACCOUNT.fullmatch(found.account):
        raise CannotDeploy("account: twelve digits.")
    if found.log_days not in LOG_DAYS:
        raise CannotDeploy(f"log_days: one of {', '.join(map(str, sorted(LOG_DAYS)))}.")
    if min(found.requests_per_second, found.burst) < 1:
        raise CannotDeploy("requests_per_second and burst: at least 1.")
    if foreign := {name for name in found.variables if not name.startswith(SETTINGS_PREFIX)}:
        raise CannotDeploy(
            f"variables: {', '.join(sorted(foreign))} is not of ours; .env.example lists them."
        )
    if unknown := found.variables.keys() - foreign - known_variables():
        raise CannotDeploy(f"variables: {', '.join(sorted(unknown))}: .env.example lists no such one.")
    if made := OURS & found.variables.keys():
        raise CannotDeploy(f"variables: {', '.join(sorted(made))} is set by deploying; take it out.")
    for name, stage in build.stages().items():
        try:
            Settings.from_environment({**found.environment(stage), "AWS_REGION": found.region})
        except SettingsError as problem:
            raise CannotDeploy(str(problem)) from problem
        _check_rules(found.function(name), stage)


def _check_rules(function: str, stage: dict[str, Any]) -> None:
    for event in stage.get("events", ()):
        if len(f"{function}-{event['function']}") > RULE_NAME_MAX:
            raise CannotDeploy(f"name: too long for the rule of {event['function']}; take a shorter one.")
