"""Which routes each function serves. `callbacks` will be one more of these."""

from flask import Flask

from handlers import (
    activities,
    auth,
    checkout,
    coupon_templates,
    coupons,
    entitlements,
    exchanges,
    health,
    home,
    images,
    me,
    members,
    merges,
    orders,
    points,
    programme,
    redemptions,
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
        redemptions.till_routes(services),
        redemptions.staff_routes(services),
        checkout.routes(services),
        images.routes(services),
        merges.routes(services),
    ]
    return create_app(services, blueprints)
