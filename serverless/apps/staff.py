"""The routes of tills and of the office."""

from flask import Flask

from handlers import (
    checkout,
    coupon_templates,
    entitlements,
    exchanges,
    health,
    images,
    members,
    merges,
    orders,
    points,
    programme,
    redemptions,
    rewards,
    statistics,
    tiers,
)
from handlers.app import create_app
from serverless.wiring import Wiring


def staff_app(services: Wiring) -> Flask:
    """For tills and operators: /v1/till and /v1/staff."""
    blueprints = [
        health.routes("till"),
        members.till_routes(services),
        orders.routes(services),
        members.staff_routes(services),
        points.staff_routes(services),
        tiers.staff_routes(services),
        programme.routes(services),
        rewards.staff_routes(services),
        exchanges.till_routes(services),
        exchanges.staff_routes(services),
        entitlements.till_routes(services),
        entitlements.staff_routes(services),
        coupon_templates.routes(services),
        statistics.routes(services),
        redemptions.till_routes(services),
        redemptions.staff_routes(services),
        checkout.routes(services),
        images.routes(services),
        merges.routes(services),
    ]
    return create_app(services, blueprints)
