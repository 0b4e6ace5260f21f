"""Lambda entry point for tills and operators: `zappa_settings.json` names `serverless.staff_api.app`."""

from flask import Flask

from handlers import health, members, merges, orders, points
from handlers.app import create_app
from serverless.logs import configure
from serverless.wiring import Wiring, wiring


def build(services: Wiring) -> Flask:
    """The routes under /v1/till and /v1/staff."""
    return create_app(
        services,
        [
            health.routes("till"),
            members.till_routes(services),
            orders.routes(services),
            members.staff_routes(services),
            points.staff_routes(services),
            merges.routes(services),
        ],
    )


configure()
app = build(wiring())
