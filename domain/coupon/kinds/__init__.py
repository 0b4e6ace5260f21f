"""The table of kinds: a new kind of coupon is a file in this folder and a line here."""

from collections.abc import Mapping

from domain.coupon.kinds.cash import Cash
from domain.coupon.kinds.goods_exchange import GoodsExchange
from domain.coupon.kinds.kind import Effect
from domain.coupon.kinds.rate_discount import RateDiscount
from domain.coupon.kinds.threshold_discount import ThresholdDiscount

KINDS: Mapping[str, type[Effect]] = {
    kind.name: kind for kind in (ThresholdDiscount, RateDiscount, Cash, GoodsExchange)
}
"""By the name on the wire."""
