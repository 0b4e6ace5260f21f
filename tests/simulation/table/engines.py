"""A client for comparing with an engine: patient, because a busy machine is no difference."""

import secrets
from typing import Any

import botocore.session
from botocore.config import Config

from adapters.dynamodb.schema import definition

READ_SECONDS = 30.0


def open_patient_client(url: str) -> Any:
    config = Config(read_timeout=READ_SECONDS, retries={"total_max_attempts": 1, "mode": "standard"})
    session = botocore.session.get_session()
    return session.create_client("dynamodb", region_name="cn-north-1", endpoint_url=url, config=config)


def new_table(client: Any) -> str:
    """One of the product's tables, with a name that nobody has."""
    name = f"double-{secrets.token_hex(4)}"
    client.create_table(**definition(name))
    return name
