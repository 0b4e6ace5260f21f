"""The DynamoDB client: one per process, one attempt per call, short time-outs.

The unit of work's loop is the only retry (docs/decisions/0004).
"""

from typing import Any

import botocore.session
from botocore.config import Config

CONNECT_SECONDS = 0.5
READ_SECONDS, LOCAL_READ_SECONDS = 1.0, 10.0
"""An engine on one's own machine shares it with all that runs there, and answers in the end."""
CONNECTIONS_MAX = 32
USER_AGENT = "tongka"
"""Said as it is. botocore would put its own together of thirty parts, twice a call: 6 % of a request."""


def open_client(region: str, endpoint_url: str | None = None) -> Any:
    """botocore ships no types; the table is the only caller."""
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=LOCAL_READ_SECONDS if endpoint_url else READ_SECONDS,
        retries={"total_max_attempts": 1, "mode": "standard"},
        max_pool_connections=CONNECTIONS_MAX,
        tcp_keepalive=True,
        user_agent=USER_AGENT,
    )
    session = botocore.session.get_session()
    return session.create_client("dynamodb", region_name=region, endpoint_url=endpoint_url, config=config)
