"""Every stored thing comes back as it was written, to its own tenant only, once, and never half."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from domain.activity.model import CheckInDay, Comment
from domain.entitlement.model import Entitlement, EntitlementRef, EntitlementState
from domain.errors import Conflict
from domain.joining.model import Welcome
from domain.joining.ports import ProofUse
from domain.keyring import Fresh
from domain.member.identity import Identity, IdentityKind
from domain.member.model import MemberNotFound, Sentinel
from domain.money import Money, Points, Rounding
from domain.order.model import Line, OrderId
from domain.points.model import Account, EntryRef
from domain.programme.deduct import Deduction
from domain.programme.ladder import Benefit, BenefitKind
from domain.programme.model import ClawbackPolicy, Programme, Terms, Validity, ValidityKind
from domain.programme.record import Deed, RuleRecord
from domain.reward.model import Exchange, ExchangeState, Offer, Reward, RewardCode, RewardKind
from domain.sms_code.model import Challenge, Purpose
from domain.unit_of_work import Changed, Created, Removed
from tests.contracts.coupon_things import COUPON_THINGS
from tests.contracts.things import (
    ACCOUNT,
    AT,
    CHANGE,
    ENTRY,
    MEMBER,
    MERGE,
    ORDER,
    REFUND,
    WHOLE,
    Place,
    opened,
    unfilled,
)
from tests.programmes import EVERY_KIND

PHONE = Identity(IdentityKind.PHONE, "index")
CHALLENGE = Challenge(
    "index",
    "v_1",
    Purpose.PHONE,
    b"\0mark",
    WHOLE + timedelta(minutes=5),
    3,
    is_used=False,
    used_by="m_1",
    sent=(1_700_000_000, 1_700_000_060),
    wrong=(1_700_000_061,),
    version=9,
)

PROGRAMME = Programme(
    7,
    Terms(
        validity=Validity(ValidityKind.FIXED, 24),
        clawback=ClawbackPolicy.FLOOR,
        bonus_counts=True,
        rounding=Rounding.UP,
        deduction=Deduction(points_each=10, worth_fen=Money(100), cap_permille=700),
    ),
    tuple(rule.published_as(number + 1, number + 2) for number, rule in enumerate(EVERY_KIND)),
    AT,
    "key:office",
)
CHECK_IN = CheckInDay("m_1", AT.date(), 3, Points(10), Points(-4), 12, AT, is_repeated=True)
COMMENT = Comment(OrderId("store", "N:1"), "m_1", 4, "好喝 ☕", Points(3), Points(-4), 12, AT, "fingerprint")
REWARD = Reward(
    "towel",
    Offer(
        name="毛巾 ☕",
        description="纯棉",
        kind=RewardKind.SERVICE,
        points=Points(500),
        is_counted=False,
        is_shown=False,
        starts_at=AT,
        ends_at=AT + timedelta(days=1),
        per_member=2,
        is_members_only=True,
        tier_ids=("silver", "gold"),
        template_id="ten",
    ),
    AT,
    "key:office",
    stock=400,
    buckets=16,
    version=9,
)
CODE = RewardCode("month", "ab12", Fresh("VIP-1"))
EXCHANGE = Exchange(
    "m_1",
    12,
    "towel",
    "毛巾",
    RewardKind.VIRTUAL,
    Points(500),
    AT,
    ExchangeState.REFUNDED,
    bucket=3,
    is_limited=True,
    code=Fresh("VIP-2"),
    coupon_code="12345678901234",
    fulfilled_at=AT,
    fulfilled_by="key:till",
    store_id="store",
    refunded_at=AT + timedelta(hours=1),
    refund_entry=EntryRef("m_2", 14),
    refunded_by="key:office",
    version=3,
)
ENTITLEMENT = Entitlement(
    EntitlementRef("m_1", 12, 2),
    Benefit(benefit_id="upgrade", name="免费升级", kind=BenefitKind.SERVICE, text="一次"),
    "upgrade-500",
    OrderId("store", "N:1"),
    Money(50_000),
    AT,
    date(2026, 4, 30),
    EntitlementState.USED,
    used_at=AT,
    used_by="key:till",
    store_id="store",
    reopened_at=AT,
    reopened_by="key:office",
    version=2,
)
RULE = RuleRecord(
    "share",
    next(rule for rule in EVERY_KIND if rule.rule_id == "share"),
    4,
    Deed("key:office", AT),
    Deed("key:office with spaces", AT + timedelta(milliseconds=1)),
    3,
    16,
    Deed("file", AT + timedelta(hours=1)),
    9,
)


def _repeated(day: CheckInDay | None) -> CheckInDay | None:
    """Whether a day is told again stands nowhere."""
    return replace(day, is_repeated=True) if day else None


def _sentinel(stores: Any) -> Sentinel | None:
    holder = stores.identities.holders([PHONE]).get(PHONE)
    return Sentinel(PHONE, holder) if holder else None


THINGS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "member": (MEMBER, lambda stores: stores.members.exact("m_1")),
    "account": (ACCOUNT, lambda stores: stores.accounts.exact("m_1")),
    "tier change": (CHANGE, lambda stores: next(iter(stores.tier_changes.newest("m_1", 4, 1)), None)),
    "entry": (ENTRY, lambda stores: stores.entries.get("m_1", 4)),
    "order": (ORDER, lambda stores: stores.orders.find(ORDER.bill.order_id)),
    "refund": (REFUND, lambda stores: stores.orders.find_refund(REFUND.order_id, "R-1")),
    "merge": (MERGE, lambda stores: stores.merges.find("g_1")),
    "challenge": (CHALLENGE, lambda stores: stores.challenges.find("index")),
    "welcome": (Welcome("ab12", "m_1", Points(60), AT), lambda stores: stores.welcomes.find("ab12")),
    "proof": (ProofUse("digest", "ali:app:o", AT), lambda stores: stores.phone_proofs.find("digest")),
    "sentinel": (Sentinel(PHONE, "m_1"), _sentinel),
    "check-in": (CHECK_IN, lambda stores: _repeated(stores.check_ins.find("m_1", CHECK_IN.on))),
    "comment": (COMMENT, lambda stores: stores.comments.find(COMMENT.order_id)),
    "reward": (REWARD, lambda stores: stores.rewards.find("towel")),
    "code": (
        RewardCode("month", "ab12", Fresh("VIP-1")),
        lambda stores: stores.codes.next_free("month", "c"),
    ),
    "exchange": (EXCHANGE, lambda stores: stores.exchanges.find("m_1", 12)),
    "entitlement": (ENTITLEMENT, lambda stores: stores.entitlements.find(ENTITLEMENT.ref)),
    "programme": (PROGRAMME, lambda stores: stores.programmes.find(7)),
    "rule": (RULE, lambda stores: stores.rules.those(["share"]).get("share")),
    **COUPON_THINGS,
}
VERSIONED = [
    *("member", "account", "order", "merge", "challenge", "rule", "reward", "exchange", "entitlement"),
    *("template", "locked coupon", "offered coupon", "hold", "count"),
]


@pytest.mark.parametrize("name", THINGS)
def test_every_field_comes_back(place: Place, name: str) -> None:
    thing, look = THINGS[name]
    assert not unfilled(thing)

    place.write(Created(thing))

    assert opened(place.read(look)) == opened(thing)


@pytest.mark.parametrize("name", THINGS)
def test_a_tenant_sees_nothing_of_another(place: Place, other_place: Place, name: str) -> None:
    thing, look = THINGS[name]

    place.write(Created(thing))

    assert other_place.read(look) is None
    other_place.write(Created(thing))
    assert opened(other_place.read(look)) == opened(thing), "the same id is free for each tenant"


@pytest.mark.parametrize("name", THINGS)
def test_what_exists_cannot_be_created_and_nothing_of_the_plan_is_written(place: Place, name: str) -> None:
    thing, look = THINGS[name]
    place.write(Created(thing))
    before = opened(place.read(look))

    with pytest.raises(Conflict):
        place.write(Created(ProofUse("beside", "x", AT)), Created(thing))

    assert opened(place.read(look)) == before
    assert place.read(lambda stores: stores.phone_proofs.find("beside")) is None


@pytest.mark.parametrize("name", VERSIONED)
def test_a_stale_version_writes_nothing_at_all(place: Place, name: str) -> None:
    thing, look = THINGS[name]
    place.write(Created(thing))
    stored = place.read(look)
    newer = replace(stored, version=stored.version + 1)
    place.write(Changed(stored, newer))
    before = opened(place.read(look))

    with pytest.raises(Conflict):
        place.write(Created(ProofUse("beside", "x", AT)), Changed(stored, newer))

    assert opened(place.read(look)) == before
    assert place.read(lambda stores: stores.phone_proofs.find("beside")) is None


def test_a_write_without_an_entry_is_told_from_what_was_read(place: Place) -> None:
    """Two reviews of a tier at the same moment: `version` counts entries, `revision` the rest."""
    place.write(Created(ACCOUNT))
    stored = place.read(lambda stores: stores.accounts.exact("m_1"))
    reviewed = replace(stored, standing=None, revision=stored.revision + 1)
    place.write(Changed(stored, reviewed))

    with pytest.raises(Conflict):
        place.write(Changed(stored, replace(stored, activities=99, revision=stored.revision + 1)))

    assert place.read(lambda stores: stores.accounts.exact("m_1")) == reviewed


@pytest.mark.parametrize("name", [*VERSIONED, "sentinel"])
def test_what_is_not_there_cannot_be_changed_nor_removed(place: Place, name: str) -> None:
    thing, look = THINGS[name]
    after = replace(thing, member_id="m_2") if name == "sentinel" else replace(thing, version=99)

    with pytest.raises(Conflict):
        place.write(Changed(thing, after))
    with pytest.raises(Conflict):
        place.write(Removed(thing))

    assert place.read(look) is None


def test_a_sentinel_moves_only_from_the_one_who_holds_it(place: Place) -> None:
    place.write(Created(Sentinel(PHONE, "m_1")))

    with pytest.raises(Conflict):
        place.write(Changed(Sentinel(PHONE, "m_2"), Sentinel(PHONE, "m_3")))
    with pytest.raises(Conflict):
        place.write(Removed(Sentinel(PHONE, "m_2")))
    place.write(Changed(Sentinel(PHONE, "m_1"), Sentinel(PHONE, "m_3")))
    assert place.read(_sentinel) == Sentinel(PHONE, "m_3")
    place.write(Removed(Sentinel(PHONE, "m_3")))

    assert place.read(_sentinel) is None


def test_a_member_without_optional_fields_comes_back_without_them(place: Place) -> None:
    plain = type(MEMBER)("m_9", MEMBER.state, AT, "wx")

    place.write(Created(plain), Created(Account("m_9")))

    assert place.read(lambda stores: stores.members.exact("m_9")) == plain
    assert place.read(lambda stores: stores.accounts.exact("m_9")) == Account("m_9")


def test_emptied_fields_stay_empty(place: Place) -> None:
    place.write(Created(MEMBER))
    stored = place.read(lambda stores: stores.members.exact("m_1"))
    emptied = replace(
        stored, phone=None, card_number=None, profile=type(stored.profile)(), redirect_to=None, version=8
    )

    place.write(Changed(stored, emptied))

    assert place.read(lambda stores: stores.members.exact("m_1")) == emptied


def test_no_personal_field_lies_in_the_table_in_the_clear(place: Place) -> None:
    place.write(Created(MEMBER), Created(MERGE))

    raw = str(list(place.services.table.scan()))

    for text in ("+8613800138000", "13800138000", "林小满", "13900000000"):
        assert text not in raw
    assert "138****8000" in raw


@pytest.mark.parametrize("length", [1, 3])
def test_redirects_are_followed_three_hops_and_no_further(place: Place, length: int) -> None:
    chain = [f"m_{number}" for number in range(5)]
    for one, next_one in zip(chain, [*chain[1:], None], strict=True):
        plain = type(MEMBER)(one, MEMBER.state, AT, "wx", redirect_to=next_one)
        place.write(Created(plain), Created(Account(one, redirect_to=next_one)))

    start = chain[4 - length]
    assert place.read(lambda stores: stores.members.get(start)).member_id == "m_4"
    assert place.read(lambda stores: stores.accounts.get(start)).member_id == "m_4"
    for look in (lambda stores: stores.members.get("m_0"), lambda stores: stores.accounts.get("m_0")):
        with pytest.raises(MemberNotFound):
            place.read(look)
    with pytest.raises(MemberNotFound):
        place.read(lambda stores: stores.members.get("nobody"))


def test_a_long_bill_comes_back_whole_and_keeps_its_lines_through_a_refund(place: Place) -> None:
    lines = tuple(Line(f"sku-{number}", "咖啡", 1, Money(25)) for number in range(200))
    long = replace(ORDER, bill=replace(ORDER.bill, order_id=OrderId("store", "long"), lines=lines))
    place.write(Created(long))
    stored = place.read(lambda stores: stores.orders.find(long.bill.order_id))
    assert stored == long

    place.write(Changed(stored, replace(stored, clawed=Points(4), version=6)))

    after = place.read(lambda stores: stores.orders.find(long.bill.order_id))
    assert after == replace(long, clawed=Points(4), version=6)
    with pytest.raises(Conflict):
        place.write(Created(long))


def test_orders_and_refunds_of_other_numbers_and_sources_are_others(place: Place) -> None:
    place.write(Created(ORDER), Created(REFUND))
    number = ORDER.bill.order_id.number

    for order_id in (OrderId("other", number), OrderId("store", "N:1.a_"), OrderId("store", f"{number}x")):
        assert place.read(lambda stores, each=order_id: stores.orders.find(each)) is None
        assert place.read(lambda stores, each=order_id: stores.orders.find_refund(each, "R-1")) is None
    assert place.read(lambda stores: stores.orders.find_refund(REFUND.order_id, "R-2")) is None


def test_a_pair_of_people_is_read_in_one_call_and_needs_both(place: Place) -> None:
    for member_id in ("m_1", "m_2"):
        place.write(Created(type(MEMBER)(member_id, MEMBER.state, AT, "wx")), Created(Account(member_id)))

    with place.services.metered() as usage:
        pair = place.read(lambda stores: stores.people.pair("m_2", "m_1"))

    assert [(member.member_id, account.member_id) for member, account in pair] == [
        ("m_2", "m_2"),
        ("m_1", "m_1"),
    ]
    assert usage.calls == {"batch_get_item": 1}
    with pytest.raises(MemberNotFound):
        place.read(lambda stores: stores.people.pair("m_1", "nobody"))


def test_a_fresh_field_is_sealed_when_it_is_written(place: Place) -> None:
    place.write(Created(MEMBER))
    stored = place.read(lambda stores: stores.members.exact("m_1"))
    renamed = stored.next(profile=replace(stored.profile, name=Fresh("王小明")))

    place.write(Changed(stored, renamed))

    assert place.read(lambda stores: stores.members.exact("m_1")).profile.name.open() == "王小明"
