"""Lambda entry point for people: `zappa_settings.json` names `serverless.member_api.app`."""

from flask import Flask

from handlers import auth, health, me, points
from handlers.app import create_app
from serverless.logs import configure
from serverless.wiring import Wiring, wiring


def build(services: Wiring) -> Flask:
    """The routes under /v1/auth and /v1/me."""
    return create_app(
        services,
        [health.routes("auth"), auth.routes(services), me.routes(services), points.my_routes(services)],
    )


configure()
app = build(wiring())
