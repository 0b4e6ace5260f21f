"""Tenants to play with, set up once by the product itself, each with other rules."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from random import Random

from adapters.dynamodb.schema import definition
from domain.api_key.apply import KeyWish
from domain.tenant.apply import ChannelWish, SmsWish, TenantWish
from domain.tenant.model import (
    ChannelKind,
    ClawbackPolicy,
    Programme,
    Settings,
    Store,
    Validity,
    ValidityKind,
)
from tests.simulation.callers import CAPPED, OFFICE, TILL
from tests.simulation.faults import Calm, Tally
from tests.simulation.model import state as model
from tests.simulation.process import SETTINGS, Process
from tests.simulation.table.storage import Storage
from tests.simulation.world import CAP_FEN, CONSENT, SMS_PER_DAY, House, World

TENANT = "t1"
NEIGHBOUR = "t2"
STARTED_AT = int(datetime(2026, 1, 30, 15, 30, tzinfo=UTC).timestamp() * 1000)
"""Half an hour before midnight in Shanghai, a day before the month ends."""
RULES: tuple[model.Programme, ...] = (
    model.Programme(1, 100, "rolling", 12, "debt"),
    model.Programme(1, 100, "fixed", 1, "floor"),
    model.Programme(3, 1000, "rolling", 1, "deny"),
    model.Programme(2, 300, "fixed", 24, "debt"),
    model.Programme(1, 100, "permanent", 12, "debt"),
)
CHANNELS = {
    "wx": (ChannelKind.MINI_PROGRAM, "appA"),
    "wx-2": (ChannelKind.MINI_PROGRAM, "appB"),
    "alipay": (ChannelKind.ALIPAY_APP, "appC"),
    "web": (ChannelKind.WEB, ""),
}
CREDENTIALS: Mapping[ChannelKind, Mapping[str, str]] = {
    ChannelKind.MINI_PROGRAM: {"app_secret": "s"},
    ChannelKind.ALIPAY_APP: {"app_private_key": "p", "alipay_public_key": "q", "aes_key": "a"},
    ChannelKind.WEB: {},
}
SCOPES = frozenset({"members.read", "orders.write"})


def tenant_wish(tenant_id: str, programme: model.Programme, points: int) -> TenantWish:
    """The tenant's file, with this many points."""
    settings = Settings(
        programme=Programme(
            points,
            programme.per_fen,
            Validity(ValidityKind(programme.validity), programme.months),
            ClawbackPolicy(programme.clawback),
        ),
        consent_version=CONSENT,
        sms_per_day=SMS_PER_DAY,
    )
    return TenantWish(tenant_id, "山茶咖啡", settings, SmsWish("k", "s", "山茶", "SMS_1"))


@cache
def house(number: int) -> House:
    """One of `RULES`; the storage must be copied, never changed."""
    programme = RULES[number % len(RULES)]
    empty = House(TENANT, Storage(definition(SETTINGS.table)), model.State(), STARTED_AT, {})
    world = World(empty, (), f"house {number}", Calm(), Tally())
    world.cloud._told = lambda commit: None
    process = world.process()
    _set_up(process, NEIGHBOUR, programme)
    secrets = _set_up(process, TENANT, programme)
    state = model.State(programmes=(programme,))
    return House(TENANT, world.cloud.storage, state, STARTED_AT, secrets)


def some_house(chance: Random) -> House:
    return house(chance.randrange(len(RULES)))


def _set_up(process: Process, tenant_id: str, programme: model.Programme) -> dict[str, str]:
    services = process.services
    services.apply_tenant(tenant_wish(tenant_id, programme, programme.points))
    for store_id in ("east", "west"):
        services.apply_store(tenant_id, Store(store_id, store_id))
    for channel_id, (kind, app_id) in CHANNELS.items():
        wish = ChannelWish(channel_id, kind, channel_id, app_id, credentials=CREDENTIALS[kind])
        services.apply_channel(tenant_id, wish)
    stores = frozenset({"east", "west"})
    wishes = (
        KeyWish(TILL, TILL, SCOPES, stores),
        KeyWish(CAPPED, CAPPED, SCOPES, stores, daily_cap_fen=CAP_FEN),
        KeyWish(OFFICE, OFFICE, SCOPES | {"admin"}, None),
    )
    return {wish.key_id: services.apply_key(tenant_id, wish).secret or "" for wish in wishes}
