"""What became of items, as the table's stream tells it and as a commit knows it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from adapters.dynamodb.coupons import to_coupon
from adapters.dynamodb.keys import tenant_of
from adapters.dynamodb.outcome import RawItem
from domain.coupon.model import Coupon


def coupons_in(images: Iterable[RawItem]) -> Mapping[str, list[Coupon]]:
    """By tenant; what is no coupon is left out."""
    found: defaultdict[str, list[Coupon]] = defaultdict(list)
    for raw in images:
        if raw["kind"]["S"] == "coupon":
            found[tenant_of(raw["pk"]["S"])].append(to_coupon(raw))
    return found
