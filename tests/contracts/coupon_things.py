"""One of each stored thing of coupons and checkout, with every field filled, and how it is looked up."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

from msgspec.structs import replace

from domain.checkout.model import Hold, HoldState
from domain.coupon.model import Coupon, CouponState, Gift, GiftOffer, Lock, Source, Use
from domain.coupon.template import ClaimCode, Form, Template
from domain.image.model import Facts, Image, ImageType, Purpose
from domain.money import Money, Points
from domain.order.model import OrderId
from domain.programme import form
from domain.statistics.model import Count, CountedCoupon, Figures, Place, Spot, Sum
from tests.contracts.things import AT, LATER, WHOLE
from tests.programmes import GOODS, WHEN

ORDER_ID: Final = OrderId("store", "N:1.a_b")
CIRCUMSTANCES = {name: value for name, value in WHEN.items() if not name.endswith("s_at")}
SAID: Final[dict[str, Any]] = {
    "face": {
        "title": "山茶咖啡",
        "coupon_title": "满50减10优惠券",
        "disclaimer": "每单限用一张 ☕",
        "description": "全场通用",
        "logo": "img_logo",
        "advert": "img_advert",
    },
    "effect": {"kind": "threshold_discount", "from_fen": 5000, "off_fen": 1000, "times_max": 3},
    "validity": {"kind": "relative", "days_valid": 30, "after_days": 1},
    "delivery": "code",
    "conditions": {
        **CIRCUMSTANCES,
        "blackout_dates": ["2026-10-01", "2026-10-02"],
        "channels": ["counter", "takeaway"],
        "goods": GOODS,
    },
    "claiming": {
        "starts_at": "2026-03-01T00:00:00+08:00",
        "ends_at": "2026-04-01T00:00:00+08:00",
        "per_member": 3,
        "per_day": 1,
        "is_members_only": True,
        "tier_ids": ["gold"],
        "is_shown": False,
    },
    "stacking": {"group": "more", "most": 2},
    "claim_code": "SUMMER",
    "total": 1000,
    "is_transferable": True,
    "returns_on_refund": False,
    "is_stopped": True,
}
FORM: Final = form.load(Form, SAID)
TEMPLATE: Final = Template("ten", FORM, 4, 32, AT, "key:office")
USES: Final = (
    Use(ORDER_ID, "store", AT, "key:till", Money(1000), Money(4000), True, LATER, "key:office"),
    Use(OrderId("store", "N-2"), "store", LATER, "key:till", Money(900), Money(4100)),
)
LOCKED: Final = Coupon(
    code="12345678901234",
    owner="m_1",
    template_id="ten",
    template_version=4,
    source=Source.EXCHANGED,
    issued_at=AT,
    issued_by="member:m_1",
    state=CouponState.LOCKED,
    valid_from=date(2026, 3, 16),
    valid_through=date(2026, 4, 14),
    bucket=7,
    origin="m_1:12",
    claimed_at=LATER,
    held=Lock(ORDER_ID, "store", AT, LATER),
    uses=USES,
    ended_at=LATER,
    ended_by="key:office",
    note="误发",
    version=6,
)
OFFERED: Final = replace(
    LOCKED, code="22345678901234", state=CouponState.OFFERED, held=GiftOffer("ab" * 32, LATER)
)
HOLD: Final = Hold(
    order_id=ORDER_ID,
    store_id="store",
    member_id="m_1",
    coupon_codes=("12345678901234", "22345678901234"),
    points=Points(400),
    entry_sequence=9,
    to_pay=Money(4600),
    fingerprint="fingerprint",
    at=AT,
    until=LATER,
    by="key:till",
    state=HoldState.CAPTURED,
    ended_at=LATER + timedelta(minutes=1),
    version=3,
)
GIFT: Final = Gift("ab" * 32, "22345678901234", WHOLE)
IMAGE: Final = Image(
    "img_1", Purpose.COUPON_ADVERT, Facts(ImageType.JPEG, 640, 320), 12_345, AT, "key:office"
)
FIGURES: Final = Figures(100, 40, 1, 10, 2, 3, 4, 5, Money(900), Money(-4000))
COUNTED_COUPON: Final = CountedCoupon(
    3,
    LOCKED.code,
    6,
    {Spot(date(2026, 3, 16)): Figures(sent=1), Spot(date(2026, 3, 17), "store"): replace(FIGURES, sent=0)},
)
PLACES: Final = {
    "sum of a template": Place(3, "ten"),
    "sum of a store": Place(3, "ten", None, "store-1.a:b"),
    "sum of a day": Place(3, "ten", date(2026, 3, 16), ""),
    "sum of a day in a store": Place(3, "ten", date(2026, 3, 16), "store-1.a:b"),
}


def _counts(stores: Any) -> Count | None:
    """What was never said is no difference to the first count."""
    found: Count = stores.statistics.count()
    return found if found.version else None


def _at(place: Place) -> Callable[[Any], Any]:
    return lambda stores: stores.statistics.sums([place]).get(place)


COUPON_THINGS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "template": (TEMPLATE, lambda stores: stores.templates.find("ten")),
    "claim code": (
        ClaimCode("SUMMER", "ten"),
        lambda stores: stores.templates.with_claim_code("SUMMER"),
    ),
    "locked coupon": (LOCKED, lambda stores: stores.coupons.find(LOCKED.code)),
    "offered coupon": (OFFERED, lambda stores: stores.coupons.find(OFFERED.code)),
    "gift": (GIFT, lambda stores: stores.gifts.find(GIFT.mark)),
    "hold": (HOLD, lambda stores: stores.holds.find(ORDER_ID)),
    "image": (IMAGE, lambda stores: stores.images.find("img_1")),
    "count": (Count(3, 4, 5), _counts),
    "counted coupon": (
        COUNTED_COUPON,
        lambda stores: stores.statistics.counted([(3, COUNTED_COUPON.code)]).get((3, COUNTED_COUPON.code)),
    ),
    **{name: (Sum(place, FIGURES), _at(place)) for name, place in PLACES.items()},
}
