"""The account and the region that are worked on: clients, names of resources, waiting."""

import time
from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from scripts.cloud import imitation
from scripts.cloud.deployment import CannotDeploy

T = TypeVar("T")

PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 2.0
TRIES_MAX = 10
"""What manages resources may be asked a few times a second only, and says so by throttling."""
LATER = "(known once it is made)"
"""In a plan, in place of an id that nobody knows yet."""
SERVICES = (
    *("apigatewayv2", "cloudwatch", "dynamodb", "events", "iam", "kms", "lambda", "logs"),
    *("s3", "sns", "sqs", "ssm", "sts"),
)


class Account:
    """Credentials are found the usual way; partitions such as aws-cn follow from the region."""

    def __init__(self, region: str) -> None:
        """Raises CannotDeploy."""
        self._session = boto3.session.Session(region_name=region)
        self.events.register("before-parameter-build", _refuse_what_is_not_known)
        self.region = region
        self._clients: dict[str, Any] = {}
        try:
            self.partition: str = self._session.get_partition_for_region(region)
        except Exception as unknown:
            raise CannotDeploy(f"region: {region} is none of AWS.") from unknown

    @property
    def events(self) -> Any:
        """Those of all clients that are opened after this."""
        return self._session.events

    @cached_property
    def number(self) -> str:
        return str(self.client("sts").get_caller_identity()["Account"])

    @cached_property
    def is_imitated(self) -> bool:
        """Whether something on this machine plays AWS. Raises CannotDeploy if only a part of it does."""
        urls = [self.client(service).meta.endpoint_url for service in SERVICES]
        here = {"://127.0.0.1:" in url or "://localhost:" in url for url in urls}
        if len(here) > 1:
            raise CannotDeploy(
                "AWS_ENDPOINT_URL_… leads some services to this machine and others to AWS; unset it."
            )
        return here.pop()

    def can(self, operation: str) -> bool:
        """An imitation cannot do all that AWS can; what it leaves out is told."""
        return not (self.is_imitated and operation in imitation.CANNOT_CALL)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            retries = {"mode": "standard", "total_max_attempts": TRIES_MAX}
            self._clients[service] = self.opened(service, retries=retries)
        return self._clients[service]

    def opened(self, service: str, **config: Any) -> Any:
        """A client of one's own."""
        return self._session.client(service, config=Config(**config))

    def arn(self, service: str, rest: str) -> str:
        """Of something in this region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.number}:{rest}"

    def role_arn(self, name: str) -> str:
        return f"arn:{self.partition}:iam::{self.number}:role/{name}"

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> list[dict[str, Any]]:
        """All entries of a list that comes page by page."""
        found = self.client(service).get_paginator(operation).paginate(**arguments)
        return [entry for page in found for entry in page.get(key, ())]


def code_of(problem: ClientError) -> str:
    return str(problem.response["Error"]["Code"])


def unless_absent(ask: Callable[[], T], *more: str) -> T | None:
    """None where there is no such thing."""
    absent = {"ResourceNotFoundException", "NotFoundException", "NoSuchEntity", "404", *more}
    try:
        return ask()
    except ClientError as problem:
        if code_of(problem) in absent:
            return None
        raise


def patiently(act: Callable[[], T], *codes: str, about: str = "", seconds: float = PATIENCE_SECONDS) -> T:
    """Again while it is refused so: what was made a moment ago is not known everywhere.

    `about`: a word of AWS's sentence, where the same code has other reasons that no waiting mends.
    """
    ends_at = time.monotonic() + seconds
    while True:
        try:
            return act()
        except ClientError as problem:
            is_known = code_of(problem) in codes and about in str(problem)
            if not is_known or time.monotonic() > ends_at:
                raise
        time.sleep(PAUSE_SECONDS)


def _refuse_what_is_not_known(params: Any, model: Any, **_: Any) -> None:
    if LATER in str(params):
        raise CannotDeploy(f"{model.name}: what it needs does not show yet; run the same again in a minute.")
