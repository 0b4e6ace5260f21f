"""Tenants to play with, set up once by the product itself, each with other rules."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from random import Random

from msgspec.structs import replace

from adapters.dynamodb.schema import definition
from domain.actor import Operator
from domain.api_key.apply import KeyWish
from domain.money import Points
from domain.reward.keep import codes_added_from, stock_moved_from
from domain.reward.model import Offer, RewardKind
from domain.tenant.apply import ChannelWish, SmsWish, TenantWish
from domain.tenant.model import ChannelKind, Settings, Store
from domain.unit_of_work import RequestKey
from tests.simulation.callers import CAPPED, OFFICE, TILL
from tests.simulation.faults import Calm, Tally
from tests.simulation.merchant import CATALOGUE, COUPONS, LADDERS, coupon_form, programme_wish
from tests.simulation.model import coupons, rewards
from tests.simulation.model import state as model
from tests.simulation.model.rules import Rule
from tests.simulation.process import SETTINGS, Process, Services
from tests.simulation.table.storage import Storage
from tests.simulation.world import CAP_FEN, CONSENT, SMS_PER_DAY, House, World

TENANT = "t1"
NEIGHBOUR = "t2"
STARTED_AT = int(datetime(2026, 1, 30, 15, 30, tzinfo=UTC).timestamp() * 1000)
"""Half an hour before midnight in Shanghai, a day before the month ends."""


def _programme(
    points: int, per_fen: int, validity: str, months: int, clawback: str, *names: str, ladder: int = 0
) -> model.Programme:
    rules = {"base": Rule("spend", points, per_fen), **{name: CATALOGUE[name][0] for name in names}}
    return model.Programme(rules, validity, months, clawback, ladder=LADDERS[ladder])


MANY = ("second", "step", "triple", "friends", "gift", "cake")
RULES: tuple[model.Programme, ...] = (
    replace(_programme(1, 100, "rolling", 12, "debt", "upgrade"), worth=10, convert=25),
    replace(
        _programme(1, 100, "fixed", 1, "floor", "double", "weekend", "bands", "shared", ladder=1),
        worth=100,
        convert=150,
    ),
    replace(
        _programme(
            3,
            1000,
            "rolling",
            1,
            "deny",
            "chest",
            "daily",
            "daily-visit",
            "spoken",
            "gift",
            "tiered",
            ladder=2,
        ),
        convert=200,
    ),
    replace(
        _programme(
            2, 300, "fixed", 24, "debt", "second", "step", "triple", "friends", "gift", "cake", ladder=3
        ),
        hold=2,
        worth=50,
    ),
    replace(_programme(1, 100, "permanent", 12, "debt", "cups", ladder=4), hold=9, worth=1),
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
SHELVES: Mapping[str, rewards.Reward] = {
    "towel": rewards.Reward(rewards.Offer("goods", 5), stock=3, left=3),
    "wash": rewards.Reward(rewards.Offer("service", 1, counted=False)),
    "month": rewards.Reward(rewards.Offer("virtual", 5), left=2, codes=frozenset({"c0", "c1"})),
    "treat": rewards.Reward(rewards.Offer("coupon", 5, counted=False)),
}
"""What every house has on its shelves at first."""
SCOPES = frozenset({"members.read", "orders.write", "rewards.write", "coupons.write"})


def tenant_wish(tenant_id: str, name: str = "山茶咖啡") -> TenantWish:
    """The tenant's file, as far as it is not about points."""
    settings = Settings(consent_version=CONSENT, sms_per_day=SMS_PER_DAY)
    return TenantWish(tenant_id, name, settings, SmsWish("k", "s", "山茶", "SMS_1"))


@cache
def house(number: int) -> House:
    """One of `RULES`; the storage must be copied, never changed."""
    programme = RULES[number % len(RULES)]
    empty = House(TENANT, Storage(definition(SETTINGS.table)), model.State(), STARTED_AT, {}, programme)
    world = World(empty, (), f"house {number}", Calm(), Tally())
    world.cloud._told = lambda commit: None
    process = world.process()
    _set_up(process, NEIGHBOUR, programme)
    secrets = _set_up(process, TENANT, programme)
    templates = {name: coupons.Template((terms,), terms.total) for name, terms in COUPONS.items()}
    areas = {rewards.REWARDS: SHELVES, coupons.TEMPLATES: templates}
    state = model.State(programmes=(programme,), areas=areas)
    return House(TENANT, world.cloud.storage, state, STARTED_AT, secrets, programme)


def some_house(chance: Random) -> House:
    return house(chance.randrange(len(RULES)))


def _set_up(process: Process, tenant_id: str, programme: model.Programme) -> dict[str, str]:
    services = process.services
    services.apply_tenant(tenant_wish(tenant_id))
    services.apply_programme(tenant_id, programme_wish(programme))
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
    office = Operator(tenant_id, OFFICE, SCOPES | {"admin"})
    for name, terms in COUPONS.items():
        services.save_template(office, name, coupon_form(name, terms))
    _fill_shelves(services, office)
    return {wish.key_id: services.apply_key(tenant_id, wish).secret or "" for wish in wishes}


def _fill_shelves(services: Services, office: Operator) -> None:
    """As the catalogue says; the pieces lie in two buckets."""
    for name, reward in SHELVES.items():
        said = reward.offer
        kind, points = RewardKind(said.kind), Points(said.points)
        services.save_reward(
            office,
            name,
            Offer(
                name=name,
                kind=kind,
                points=points,
                is_counted=said.counted or kind is RewardKind.COUPON,
                template_id=rewards.TREAT if kind is RewardKind.COUPON else None,
            ),
        )
        if said.has_pieces:
            for number, by in enumerate((reward.stock + 40, -40)):
                key = RequestKey(OFFICE, f"stock-{name}-{number}", "house", stock_moved_from)
                services.move_stock(office, name, by, key)
        if reward.codes:
            codes = RequestKey(OFFICE, f"codes-{name}-0000", "house", codes_added_from)
            services.add_codes(office, name, tuple(sorted(reward.codes)), codes)
