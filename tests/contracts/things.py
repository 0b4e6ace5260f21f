"""One of each stored thing with every field filled, and a tenant of one's own to store them in."""

from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import asdict

from domain.clock import SHOP_TIME
from domain.keyring import Fresh
from domain.member.identity import Identity, IdentityKind
from domain.member.model import Alias, Consent, Gender, Member, MemberState, Phone, Profile
from domain.merge.model import Merge, MergeCause, MergeState, Moved, WaitReason
from domain.money import Money, Points, Rounding
from domain.order.model import (
    Award,
    Bill,
    CouponLeg,
    Granted,
    Line,
    Order,
    OrderId,
    Payment,
    PaymentMethod,
    PointsLeg,
    Refund,
    Tender,
)
from domain.points.chain import sealed
from domain.points.model import (
    Account,
    Cause,
    Converting,
    Entry,
    EntryKind,
    Gain,
    Given,
    LotKey,
    Posting,
    Tally,
)
from domain.points.standing import Counts, Standing, TierChange, TierReason
from domain.points.streak import Streak
from domain.points.usage import Usage
from domain.programme.event import Birthday, Person, Used
from domain.session.model import Session
from domain.unit_of_work import Change, Plan
from serverless.wiring import Wiring

AT: Final = datetime(2026, 3, 15, 12, 0, 0, 123_000, tzinfo=SHOP_TIME)
LATER: Final = AT + timedelta(hours=1, milliseconds=1)
WHOLE: Final = AT.replace(microsecond=0)

MEMBER: Final = Member(
    "m_1",
    MemberState.MEMBER,
    met_at=AT,
    met_through="wx",
    joined_at=LATER,
    phone=Phone("index", "138****8000", Fresh("+8613800138000")),
    card_number="880000000014",
    profile=Profile("小满 ☕", Fresh("林小满"), Gender.FEMALE, date(1996, 2, 29), "上海"),
    identities=(
        Identity(IdentityKind.WECHAT_OPENID, "app:openid"),
        Identity(IdentityKind.ALIPAY_USER, "2088"),
    ),
    consents=(Consent("2025-01", AT, "wx"), Consent("2026-11", LATER, "alipay")),
    aliases=(Alias("m_0", "g_0", AT), Alias("m_00", "g_00", LATER)),
    redirect_to="m_2",
    version=7,
)
ACCOUNT: Final = Account(
    "m_1",
    version=3,
    lots={
        LotKey(date(2026, 3, 31)): Points(5),
        LotKey(date(2026, 3, 31), "礼品"): Points(10**9),
        LotKey(None): Points(1),
    },
    debt=Points(4),
    head=bytes(range(32)),
    totals={EntryKind.EARN: Points(10), EntryKind.CLAW_BACK: Points(-4)},
    order_count=12,
    spend=Money(-34),
    used={"share": Usage(date(2026, 3, 15), 5, 90), "latte": Usage(date(2026, 1, 1), 1, 1)},
    streak=Streak(date(2026, 3, 15), 3),
    earned=Points(1234),
    activities=5,
    months={202512: Counts(-1, 2, 0, 1), 202603: Counts(9900, 99, 1, 0)},
    standing=Standing("gold", 2, date(2026, 3, 1), date(2027, 3, 1), is_grace=True),
    tier_changes=4,
    converting=(Converting(7, 2), Converting(9, 1)),
    revision=2,
    redirect_to="m_2",
    is_frozen=True,
)
CAUSE: Final = Cause(
    "order_refund",
    OrderId("store", "N-1"),
    "R-1",
    "g_1",
    "m_2",
    7,
    "store",
    WHOLE,
    "补偿",
    "towel",
    "毛巾",
    "m_1:3",
    "ten",
    2,
)
ENTRY: Final = sealed(
    Entry(
        "m_1",
        4,
        EntryKind.CLAW_BACK,
        Points(-7),
        Points(-3),
        (
            Posting(LotKey(date(2026, 3, 31)), Points(-3)),
            Posting(LotKey(None, "x", date(2026, 3, 21)), Points(-4)),
        ),
        Points(3),
        Cause(
            "order_refund",
            OrderId("store", "N-1"),
            "R-1",
            "g_1",
            "m_2",
            7,
            "store",
            WHOLE,
            "补偿",
            "towel",
            "毛巾",
        ),
        "key:till",
        AT,
        bytes(range(32)),
        b"",
        Tally(-1, Money(-4500), Points(-7), 1),
        Given(
            (Gain("base", 3, Fraction(-7, 3)), Gain("double", 1, Fraction(-14, 3))),
            Rounding.HALF_UP,
            Person(
                is_member=False,
                tier_id="gold",
                birthday=Birthday.MONTH,
                order_count=7,
                streak=6,
                used={"share": Used(5, 90)},
            ),
            {"double": 4},
            was_over=True,
            granted=(Gain("upgrade", 2, Fraction(1)),),
        ),
        month=202602,
    )
)
CHANGE: Final = TierChange(
    "m_1",
    3,
    "silver",
    "gold",
    TierReason.REACHED,
    date(2026, 3, 15),
    100_000,
    7,
    "key:till",
    AT,
)
ORDER: Final = Order(
    Bill(
        OrderId("store", "N:1.a_b"),
        "store",
        WHOLE,
        (Line("latte", "咖啡", 2, Money(5000)), Line("bag", "", 1, Money(0))),
        (Payment(PaymentMethod.CASH, Money(3000)), Payment(PaymentMethod.COUPON, Money(2000))),
        Money(5000),
        "fingerprint",
    ),
    "m_1",
    Award(
        Points(14),
        Fraction(297, 20),
        Money(3000),
        True,
        date(2027, 2, 28),
        7,
        4,
        Points(-3),
        Rounding.UP,
        (
            Granted("m_1:4:1", "upgrade", "免费升级", date(2026, 4, 30)),
            Granted("m_1:4:2", "cake", "蛋糕", date(2026, 3, 31)),
        ),
        date(2026, 3, 21),
        "gold",
    ),
    recorded_at=AT,
    recorded_by="key:till",
    refunded={PaymentMethod.CASH: Money(100), PaymentMethod.COUPON: Money(7)},
    clawed=Points(3),
    tender=Tender(
        (CouponLeg("12345678901234", Money(1500)), CouponLeg("22345678901234", Money(500))),
        PointsLeg(Points(400), Money(399), "m_0", 3, Points(20)),
    ),
    version=5,
)
REFUND: Final = Refund(
    OrderId("store", "N:1.a_b"),
    "R-1",
    (Payment(PaymentMethod.CASH, Money(100)),),
    Money(100),
    "fingerprint",
    "m_1",
    Points(-3),
    9,
    Points(-6),
    WHOLE,
    AT,
    "key:till",
    ("m_1:4:1", "m_1:4:2"),
    ("m_1:4:3",),
    Points(12),
    ("12345678901234",),
)
MERGE: Final = Merge(
    "g_1",
    "m_1",
    "m_2",
    MergeCause.SHARED_IDENTITY,
    MergeState.UNDONE,
    AT,
    "login:wx",
    prover_id="m_1",
    wait_reason=WaitReason.PHONES_DIFFER,
    proven_phone="index",
    phone_mask="138****8000",
    moved=Moved(
        (Identity(IdentityKind.CARD, "880000000014"),),
        Phone("old", "139****0000", Fresh("+8613900000000")),
        "index",
        ("nickname", "city"),
        {"share": Usage(date(2026, 3, 14), 5, 45)},
        Streak(date(2026, 3, 14), 6),
        8,
        9,
        {202603: Counts(4500, 45, 1, 2)},
        Standing("silver", 1, date(2026, 1, 31), None),
        Standing("gold", 2, date(2026, 3, 1), date(2027, 3, 1)),
    ),
    undone_at=LATER,
    is_settled=False,
    version=4,
)
SESSION: Final = Session("5e55", "m_1", "wx", "wx:app:openid", 3, "iPhone 17 ☕", AT, LATER, LATER)


def opened(value: Any) -> Any:
    """With every sealed field opened, so that what came back can be compared."""
    if hasattr(value, "open"):
        return Fresh(value.open())
    if isinstance(value, Struct):
        parts = {name: opened(each) for name, each in asdict(value).items()}
        return type(value), tuple(sorted(parts.items(), key=lambda part: part[0]))
    if isinstance(value, tuple):
        return tuple(opened(each) for each in value)
    return {name: opened(each) for name, each in value.items()} if hasattr(value, "items") else value


def unfilled(thing: Struct) -> set[str]:
    """Fields that are as they would be anyway: one that is not stored would not be noticed."""
    names, defaults = thing.__struct_fields__, thing.__struct_defaults__
    known = zip(reversed(names), reversed(defaults), strict=False)
    return {name for name, default in known if getattr(thing, name) == default}


class Place(Struct, frozen=True):
    """A tenant of the store."""

    services: Wiring
    tenant_id: str

    def write(self, *changes: Change) -> None:
        self.services.runner.run(self.tenant_id, lambda stores, now: Plan(None, changes))

    def read(self, look: Any) -> Any:
        return self.services.runner.use(self.tenant_id, lambda stores, _: look(stores))
