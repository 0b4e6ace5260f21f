"""Whose thing a request of the matrix names, and the parts of which requests are made."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from tests.handlers.callers import OK, Caller, Told
from tests.handlers.scene import Sample
from tests.shop import Phone, Shop

T = TypeVar("T")


class Whose(StrEnum):
    """Seen from the caller."""

    OWN = "own"
    ANOTHERS = "another member's"
    ELSEWHERE = "another tenant's"
    NONE = "none"


BAD, INVALID = (400, "bad-request"), (422, "invalid-input")
NO_MEMBER, NO_ORDER, NO_MERGE = (404, "member-not-found"), (404, "order-not-found"), (404, "merge-not-found")
NOT_MINE = (404, "order-not-yours")
NO_ENTRY = (404, "entry-not-found")
NO_PROGRAMME, NO_RULE = (404, "programme-not-found"), (404, "rule-not-found")
NO_CHANNEL, NO_CODE = (404, "channel-not-found"), (422, "sms-code-expired")
CODE_REFUSED, NO_PROOF = (401, "login-code-refused"), (422, "phone-proof-refused")


class About(Struct, frozen=True):
    """How a request about it is made, and what becomes of it for a caller who may use the route at all."""

    make: Callable[[Caller, Whose], Sample]
    own: Told = OK
    anothers: Told = OK
    elsewhere: Told = OK
    none: Told = OK

    def told(self, whose: Whose) -> Told:
        return {
            Whose.OWN: self.own,
            Whose.ANOTHERS: self.anothers,
            Whose.ELSEWHERE: self.elsewhere,
            Whose.NONE: self.none,
        }[whose]


def shop_of(who: Caller, whose: Whose) -> Shop:
    return who.away if whose is Whose.ELSEWHERE else who.home


def kept(who: Caller, whose: Whose, name: str, make: Callable[[Shop], T]) -> T:
    """One for each tenant: what is only looked at, or refused."""
    shop = shop_of(who, whose)
    return who.scene.keep(f"{name} of {shop.tenant_id}", lambda: make(shop))


def member_id(who: Caller, whose: Whose) -> str:
    """The id of a person who stands so to the caller."""
    if whose is Whose.NONE:
        return "m_nobody"
    if whose is Whose.OWN:
        return who.person.member_id
    return kept(who, whose, "somebody else", lambda shop: shop.fan().member_id)


def plain(method: str, path: str, body: dict[str, Any] | None = None) -> About:
    """The route takes no id: whoever sends one all the same is refused, and does not get that one's data."""

    def make(who: Caller, whose: Whose) -> Sample:
        sample = Sample(method, path, body=body)
        if whose is Whose.OWN:
            return sample
        named = member_id(who, whose)
        if body is not None:
            return replace(sample, body={**body, "member_id": named})
        return replace(sample, query=(("member_id", named),))

    wrong = INVALID if body is not None else BAD
    return About(make, OK, wrong, wrong, wrong)


def busy(shop: Shop, phone: Phone | None = None) -> Phone:
    """Somebody with two logins and two entries: both lists go on after the first page."""
    phone = phone or shop.fan()
    again = Phone(shop, phone.person_id, phone.number)
    again.log_in(device="Mate 80")
    for _ in range(2):
        shop.buy(1000, phone.member_id)
    return phone


def paged(path: str) -> About:
    """A list of one's own goes on from one's own cursor."""

    def make(who: Caller, whose: Whose) -> Sample:
        owner = busy(who.home, who.person) if whose is Whose.OWN else kept(who, whose, "busy", busy)
        cursor = owner.get(f"{path}?limit=1").json["next_cursor"]
        query = (("limit", "1"), ("cursor", "AAAA" if whose is Whose.NONE else cursor))
        return Sample("GET", path, query=query)

    return About(make, OK, INVALID, INVALID, INVALID)


def of_member(rest: str) -> Callable[[Caller, Whose], Sample]:
    return lambda who, whose: Sample("GET", f"/v1/staff/members/{member_id(who, whose)}{rest}")


def list_of_member(rest: str) -> Callable[[Caller, Whose], Sample]:
    """Another's: the cursor of another member's list."""

    def make(who: Caller, whose: Whose) -> Sample:
        if whose in {Whose.ELSEWHERE, Whose.NONE}:
            return of_member(rest)(who, whose)
        one = kept(who, whose, "busy", busy).member_id
        other = kept(who, whose, "also busy", busy).member_id
        cursor = who.home.office.get(f"/v1/staff/members/{one}{rest}", limit="1").json["next_cursor"]
        named = one if whose is Whose.OWN else other
        return Sample("GET", f"/v1/staff/members/{named}{rest}", query=(("limit", "1"), ("cursor", cursor)))

    return make
