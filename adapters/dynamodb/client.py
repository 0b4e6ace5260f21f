"""The DynamoDB client: one per process, one attempt per call, short time-outs.

The unit of work's loop is the only retry (docs/decisions/0004).
"""

from typing import Any

from adapters import aws

CONNECT_SECONDS = 0.5
READ_SECONDS, LOCAL_READ_SECONDS = 1.0, 10.0
"""An engine on one's own machine shares it with all that runs there, and answers in the end."""
CONNECTIONS_MAX = 32
PATIENT_READ_SECONDS, PATIENT_TRIES = 60.0, 8
USER_AGENT = "tongka"
"""Said as it is. botocore would put its own together of thirty parts, twice a call: 6 % of a request."""


def open_client(region: str, endpoint_url: str | None = None) -> Any:
    """botocore ships no types; the table is the only caller."""
    return _open(
        region,
        endpoint_url,
        read_timeout=LOCAL_READ_SECONDS if endpoint_url else READ_SECONDS,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )


def open_patient_client(region: str, endpoint_url: str | None = None) -> Any:
    """For commands that go through a whole table: asked to slow down, it does."""
    retries = {"total_max_attempts": PATIENT_TRIES, "mode": "adaptive"}
    return _open(region, endpoint_url, read_timeout=PATIENT_READ_SECONDS, retries=retries)


def _open(region: str, endpoint_url: str | None, **patience: Any) -> Any:
    return aws.open_client(
        "dynamodb",
        region,
        endpoint_url,
        connect_timeout=CONNECT_SECONDS,
        max_pool_connections=CONNECTIONS_MAX,
        user_agent=USER_AGENT,
        **patience,
    )
