"""Entitlements for the matrix: a good request for each route, and what it is about."""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from tests.handlers.callers import OK, Caller, Told
from tests.handlers.rewards import keyed
from tests.handlers.scene import Sample, bearer, signed
from tests.handlers.whose import INVALID, NO_MEMBER, About, Whose, kept, member_id, shop_of
from tests.shop import STORE, Phone, Shop

GRANTS_FEN = 90_000
"""An order of so much grants an upgrade."""
NO_ENTITLEMENT: Told = (404, "entitlement-not-found")
LISTS = {
    "till_entitlements.entitlements": "/v1/till/members/{}/entitlements",
    "staff_entitlements.entitlements": "/v1/staff/members/{}/entitlements",
}


def granted(shop: Shop, phone: Phone | None = None) -> str:
    """The id of an open entitlement."""
    order = shop.buy(GRANTS_FEN, (phone or shop.fan()).member_id)
    found: str = order["entitlements"][0]["entitlement_id"]
    return found


def used(shop: Shop) -> str:
    entitlement_id = granted(shop)
    sample = keyed(replace(_use_of(entitlement_id), credentials=signed(shop.till)))
    assert sample.send(shop.staff, sample.raw).status_code == 201
    return entitlement_id


def _use_of(entitlement_id: str) -> Sample:
    return Sample("POST", f"/v1/till/entitlements/{entitlement_id}/use", body={"store_id": STORE})


def _twice(shop: Shop) -> Phone:
    phone = shop.fan()
    for _ in range(2):
        granted(shop, phone)
    return phone


def _mine(who: Caller, whose: Whose) -> Sample:
    """Another's: the cursor of another member's list."""
    path = "/v1/me/entitlements"
    if whose is Whose.NONE:
        return Sample("GET", path, query=(("limit", "1"), ("cursor", "AAAA")))
    owner = who.person if whose is Whose.OWN else kept(who, whose, "entitled", _twice)
    if whose is Whose.OWN:
        for _ in range(2):
            granted(who.home, owner)
    cursor = owner.get(f"{path}?limit=1").json["next_cursor"]
    return Sample("GET", path, query=(("limit", "1"), ("cursor", cursor)))


def _list(path: str) -> Callable[[Caller, Whose], Sample]:
    """Another's: the cursor of another member's list."""

    def make(who: Caller, whose: Whose) -> Sample:
        if whose in {Whose.ELSEWHERE, Whose.NONE}:
            return Sample("GET", path.format(member_id(who, whose)))
        one = kept(who, whose, "entitled", _twice).member_id
        other = kept(who, whose, "also entitled", _twice).member_id
        system = who.home.till if "/till/" in path else who.home.office
        cursor = system.get(path.format(one), limit="1").json["next_cursor"]
        named = one if whose is Whose.OWN else other
        return Sample("GET", path.format(named), query=(("limit", "1"), ("cursor", cursor)))

    return make


def _use(who: Caller, whose: Whose) -> Sample:
    return keyed(_use_of("m_nobody:1:1" if whose is Whose.NONE else granted(shop_of(who, whose))))


def _reopen(who: Caller, whose: Whose) -> Sample:
    entitlement_id = "m_nobody:1:1" if whose is Whose.NONE else used(shop_of(who, whose))
    return keyed(Sample("POST", f"/v1/staff/entitlements/{entitlement_id}/reopening"))


OBJECTS: Mapping[str, About] = {
    "my_entitlements.entitlements": About(_mine, OK, INVALID, INVALID, INVALID),
    **{name: About(_list(path), OK, INVALID, NO_MEMBER, NO_MEMBER) for name, path in LISTS.items()},
    "till_entitlements.use": About(_use, OK, OK, NO_ENTITLEMENT, NO_ENTITLEMENT),
    "staff_entitlements.reopen": About(_reopen, OK, OK, NO_ENTITLEMENT, NO_ENTITLEMENT),
}


def _use_signed(shop: Shop) -> Sample:
    return keyed(replace(_use_of(granted(shop)), credentials=signed(shop.till)))


BUILDERS: Mapping[str, Callable[[Shop], Sample]] = {
    "my_entitlements.entitlements": lambda shop: Sample(
        "GET", "/v1/me/entitlements", bearer(shop.member().token)
    ),
    "till_entitlements.entitlements": lambda shop: Sample(
        "GET", LISTS["till_entitlements.entitlements"].format(shop.fan().member_id), signed(shop.till)
    ),
    "staff_entitlements.entitlements": lambda shop: Sample(
        "GET", LISTS["staff_entitlements.entitlements"].format(shop.fan().member_id), signed(shop.office)
    ),
    "till_entitlements.use": _use_signed,
    "staff_entitlements.reopen": lambda shop: keyed(
        Sample("POST", f"/v1/staff/entitlements/{used(shop)}/reopening", signed(shop.office))
    ),
}
