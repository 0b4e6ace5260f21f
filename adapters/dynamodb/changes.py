"""What became of items, as the table's stream tells it and as a commit knows it."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping

from adapters.dynamodb.coupons import to_coupon
from adapters.dynamodb.keys import tenant_of
from adapters.dynamodb.outcome import RawItem
from domain.coupon.model import Coupon

FOLLOWED = ("coupon",)
"""Kinds of items from which something follows; the table's stream brings no others."""
log = logging.getLogger("tongka.store")


def tenant_followed(raw: RawItem) -> str | None:
    """Whose it is, if something follows from it; what nobody can tell that of is told, and passed over."""
    if raw.get("kind", {}).get("S") not in FOLLOWED:
        return None
    try:
        return tenant_of(raw["pk"]["S"])
    except (KeyError, IndexError, ValueError):
        log.exception("a change belongs to nobody")
        return None


def coupons_in(images: Iterable[RawItem]) -> Mapping[str, list[Coupon]]:
    """By tenant; what is no coupon is left out, and what nobody can read is told: it would not get better."""
    found: defaultdict[str, list[Coupon]] = defaultdict(list)
    for raw in images:
        tenant_id = tenant_followed(raw)
        if tenant_id is None:
            continue
        try:
            coupon = to_coupon(raw)
        except Exception:
            log.exception("a coupon cannot be read", extra={"tenant_id": tenant_id})
        else:
            found[tenant_id].append(coupon)
    return found
