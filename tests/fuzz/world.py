"""One small shop, the same in every run: fixed keys, fixed ids, a clock that stands still."""

import base64
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

from flask import Flask
from msgspec import Struct
from msgspec.structs import replace

from adapters.dynamodb.item import Tenancy, creation
from adapters.dynamodb.keys import Keys
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.repositories import MAPPINGS
from adapters.secrets.keyring import TenantKeyring
from adapters.secrets.local import LocalMaster
from domain.api_key.model import ApiKey
from domain.clock import SHOP_TIME
from domain.entitlement.model import Entitlement, EntitlementRef
from domain.keyring import Fresh
from domain.member.card import check_digit
from domain.member.identity import Identity, IdentityKind
from domain.member.model import Consent, Member, MemberState, Phone, Profile, Sentinel
from domain.merge.model import Merge, MergeCause, MergeState, WaitReason
from domain.money import Money, Points
from domain.order.model import Award, Bill, Granted, Line, Order, OrderId, Payment, PaymentMethod, Tender
from domain.points.book import Book
from domain.points.model import Account, Cause, Entry, EntryKind, LotKey, Tally
from domain.programme.ladder import Benefit, BenefitKind
from domain.programme.model import Programme
from domain.programme.record import Deed, RuleRecord
from domain.reward.model import Exchange, Offer, Reward, RewardKind
from domain.session.model import IDLE, Session, session_id_of
from domain.tenant.model import Channel, ChannelKind, Settings, SmsAccount, Store, Tenant
from serverless.apps.member import member_app
from serverless.apps.staff import staff_app
from serverless.settings import Settings as Environment
from serverless.wiring import Wiring
from tests.fuzz import coupons, keys
from tests.fuzz.picture import Picture
from tests.programmes import base, rule

NOW: Final = datetime(2026, 3, 2, 12, tzinfo=SHOP_TIME)
TENANT, RIVAL = "camellia", "bamboo"
WECHAT_APP, ALIPAY_APP = "wx0123456789abcdef", "2021000000000001"
AES_KEY: Final = base64.b64encode(b"0123456789abcdef").decode()
SHARDS = 4
MEMBER, FAN, MERGE = "m_camellia", "m_fan", "g_waiting"
CARD: Final = "88000000001" + check_digit("88000000001")
NUMBER = "+8613800138000"
ORDER, CHECKOUT = "N-1", "N-9"
COUPON: Final = "1234567890123" + check_digit("1234567890123")
TILL_SECRET, OFFICE_SECRET = "till-secret", "office-secret"
SECRET: Final = "s" * 43
"""What makes the member's token of camellia; bamboo's and the fan's are others."""
FAN_SECRET: Final = "f" * 43


class World(Struct, frozen=True):
    """Both apps on the picture of the table."""

    services: Wiring
    picture: Picture
    people: Flask
    staff: Flask
    keyrings: dict[str, TenantKeyring]


@cache
def world() -> World:
    keyrings = {tenant_id: TenantKeyring(_tenant_keys(tenant_id)) for tenant_id in (TENANT, RIVAL)}
    master = _master()
    picture = Picture(
        [item for tenant_id in keyrings for item in _items(tenant_id, keyrings[tenant_id], master)]
    )
    services = Wiring(_environment(), picture, clock=lambda: NOW)
    services._master = master
    return World(services, picture, member_app(services), staff_app(services), keyrings)


def _master() -> LocalMaster:
    """The real one; its file is gone as soon as it is read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "master.key"
        path.write_bytes(bytes(32))
        return LocalMaster(path)


def _tenant_keys(tenant_id: str) -> bytes:
    return tenant_id.encode().ljust(64, b"-")


def _environment() -> Environment:
    """Nothing listens at these addresses; nothing is to be sent there."""
    return Environment(
        table="tongka",
        region="cn-north-1",
        master_key="file:unused",
        shards=SHARDS,
        wechat_url="http://127.0.0.1:9",
        alipay_url="http://127.0.0.1:9",
        sms_url="http://127.0.0.1:9",
        dynamodb_url=None,
        clock_url=None,
    )


def _items(tenant_id: str, keyring: TenantKeyring, master: LocalMaster) -> Iterator[RawItem]:
    """As the adapters would have written them."""
    tenancy = Tenancy(Keys(tenant_id, SHARDS), lambda: keyring)
    wrapped = master.wrap(tenant_id, _tenant_keys(tenant_id))
    for thing in (*_setting(tenant_id, wrapped), *_people(tenant_id, keyring), *_dealings()):
        for write in creation(MAPPINGS[type(thing)], thing, tenancy):
            yield write.arguments["Item"]


def _setting(tenant_id: str, wrapped: bytes) -> Iterator[object]:
    sms = SmsAccount("LTAI-key", Fresh("sms-secret"), "山茶咖啡", "SMS_100001")
    yield Tenant(tenant_id, "山茶咖啡", Settings(consent_version="1", programme_version=1), wrapped, sms)
    coffee = rule("coffee", "item_bonus", {"points_each": 1, "goods": {"categories": ["coffee"]}})
    yield Programme(1, rules=(base(), rule("share", "share", {"points_each": 1})), made_at=NOW)
    yield RuleRecord("coffee", coffee, 1, Deed("key:office", NOW))
    yield Store("nanjing-road", "南京路店")
    yield from channels(tenant_id)
    scopes = frozenset({"members.read", "orders.write", "rewards.write", "coupons.write"})
    yield ApiKey("till", "till", scopes, None, None, None, (Fresh(secret_of(tenant_id, TILL_SECRET)),))
    office = (Fresh(secret_of(tenant_id, OFFICE_SECRET)),)
    yield ApiKey("office", "office", scopes | {"admin"}, None, None, None, office)


def secret_of(tenant_id: str, secret: str) -> str:
    """Camellia's is as it stands; bamboo has others under the same names."""
    return secret if tenant_id == TENANT else f"{tenant_id}-{secret}"


def channels(tenant_id: str = TENANT) -> tuple[Channel, ...]:
    alipay = {
        "app_private_key": Fresh(keys.private_text("app")),
        "alipay_public_key": Fresh(keys.public_text("alipay")),
        "aes_key": Fresh(AES_KEY),
    }
    secret = {"app_secret": Fresh("wechat-secret")}
    return (
        Channel(tenant_id, "wx", ChannelKind.MINI_PROGRAM, "微信", WECHAT_APP, credentials=secret),
        Channel(tenant_id, "alipay", ChannelKind.ALIPAY_APP, "支付宝", ALIPAY_APP, credentials=alipay),
        Channel(tenant_id, "web", ChannelKind.WEB, "网页", ""),
    )


def _people(tenant_id: str, keyring: TenantKeyring) -> Iterator[object]:
    openid = Identity(IdentityKind.WECHAT_OPENID, f"{WECHAT_APP}:o-{tenant_id}")
    phone = Phone(keyring.index("phone", NUMBER), "138****8000", Fresh(NUMBER))
    joined = NOW - timedelta(days=9)
    yield Member(
        MEMBER,
        MemberState.MEMBER,
        joined,
        "wx",
        joined,
        phone,
        CARD,
        Profile("小满", Fresh("林小满")),
        (openid,),
        (Consent("1", joined, "wx"),),
    )
    other = Identity(IdentityKind.WECHAT_OPENID, f"{WECHAT_APP}:o-fan-of-{tenant_id}")
    yield Member(FAN, MemberState.FAN, joined, "wx", identities=(other,))
    yield Account(FAN)
    yield Sentinel(other, FAN)
    for identity in (openid, Identity(IdentityKind.PHONE, phone.index), Identity(IdentityKind.CARD, CARD)):
        yield Sentinel(identity, MEMBER)
    for member_id, who, secret in (
        (MEMBER, openid, SECRET),
        (FAN, other, FAN_SECRET),
        (MEMBER, openid, "earlier"),
    ):
        opened_at = NOW - timedelta(minutes=1 if secret == "earlier" else 0)
        session_id = session_id_of(secret_of(tenant_id, secret))
        yield Session(session_id, member_id, "wx", who.text(), 1, "iPhone 17", opened_at, NOW + IDLE)


def _dealings() -> Iterator[object]:
    """An order, its entry and another one, and a merge that waits."""
    order_id, lot = OrderId("nanjing-road", ORDER), LotKey((NOW + timedelta(days=300)).date())
    book = Book(Account(MEMBER), NOW - timedelta(days=1), "key:till")
    cause = Cause("order", order_id, programme_version=1, store_id="nanjing-road", occurred_at=NOW)
    entries: list[Entry] = [book.earn(Points(50), lot, cause, tally=Tally(1, Money(5000)))]
    entries.append(book.earn(Points(7), lot, Cause("order")))
    paid = Cause("exchange", reward_id="towel")
    entries.append(book.take(Points(2), paid, EntryKind.REDEEM, first=None, may_owe=False))
    offer = Offer(name="毛巾", kind=RewardKind.GOODS, points=Points(5), is_counted=False)
    yield Reward("towel", offer, NOW, "key:office")
    yield Reward("mug", replace(offer, is_counted=True), NOW, "key:office")
    yield Reward("month", replace(offer, kind=RewardKind.VIRTUAL), NOW, "key:office")
    yield Exchange(MEMBER, 3, "towel", "毛巾", RewardKind.GOODS, Points(2), NOW)
    yield book.account
    yield from entries
    bill = Bill(
        order_id,
        "nanjing-road",
        NOW,
        (Line("latte", "coffee", 1, Money(5000)),),
        (Payment(PaymentMethod.CASH, Money(5000)),),
        Money(5000),
        "fingerprint",
    )
    benefit = Benefit(benefit_id="upgrade", name="免费升级", kind=BenefitKind.SERVICE)
    last_day, ref = (NOW + timedelta(days=30)).date(), EntitlementRef(MEMBER, 1, 1)
    yield Entitlement(ref, benefit, "upgrade", order_id, Money(5000), NOW, last_day)
    granted = (Granted(ref.text(), "upgrade", "免费升级", last_day),)
    award = Award(
        Points(50), Fraction(50), Money(5000), False, lot.valid_through, 1, 1, Points(50), granted=granted
    )
    yield Order(bill, MEMBER, award, NOW, "key:till")
    checked_out = replace(bill, order_id=OrderId("nanjing-road", CHECKOUT))
    yield Order(checked_out, MEMBER, replace(award, granted=()), NOW, "key:till", tender=Tender())
    yield from coupons.things(MEMBER, COUPON, NOW)
    yield Merge(
        MERGE,
        FAN,
        MEMBER,
        MergeCause.PHONE,
        MergeState.WAITING,
        NOW,
        "member:m_fan",
        wait_reason=WaitReason.NAMES_DIFFER,
    )
