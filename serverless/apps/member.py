"""The routes of people."""

from flask import Flask

from handlers import (
    activities,
    auth,
    coupons,
    entitlements,
    exchanges,
    health,
    home,
    me,
    points,
    rewards,
    tiers,
)
from handlers.app import create_app
from serverless.wiring import Wiring


def member_app(services: Wiring) -> Flask:
    """For people: /v1/auth and /v1/me."""
    blueprints = [
        health.routes("auth"),
        auth.routes(services),
        me.routes(services),
        home.routes(services),
        points.my_routes(services),
        tiers.my_routes(services),
        activities.routes(services),
        rewards.my_routes(services),
        exchanges.my_routes(services),
        entitlements.my_routes(services),
        coupons.my_routes(services),
    ]
    return create_app(services, blueprints)
