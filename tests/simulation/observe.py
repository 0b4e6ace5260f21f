"""Stored items, read without the product's code, in the words of the model."""

import json
from collections.abc import Mapping
from typing import Any

from tests.simulation.model.calendar import day_later, day_of
from tests.simulation.model.coupons import Coupon, Template, Use
from tests.simulation.model.figures import Written
from tests.simulation.model.state import Account, Lot, Merge, Order, Person, Tender
from tests.simulation.model.tiers import Held
from tests.simulation.table.values import Item


def number(item: Item, name: str) -> int:
    return int(item[name]["N"]) if name in item else 0


def text(item: Item, name: str) -> str:
    found: str = item[name]["S"] if name in item else ""
    return found


def texts(item: Item, name: str) -> tuple[str, ...]:
    return tuple(each["S"] for each in item[name]["L"]) if name in item else ()


def lots(item: Item) -> tuple[tuple[Lot, int], ...]:
    rows = ([int(part["N"]) for part in each["L"] if "N" in part] for each in item["l"]["L"])
    return tuple(((sum(held), day), points) for day, points, *held in rows)


def account(item: Item) -> Account:
    return Account(
        lots=lots(item),
        debt=number(item, "d"),
        entries=number(item, "v"),
        orders=number(item, "n"),
        spend=number(item, "s"),
        kinds=json_of(item, "t"),
        used=used(item),
        streak=streak(item, "k"),
        earned=number(item, "e"),
        activities=number(item, "y"),
        months=months(item, "m"),
        tier=held(item, "g"),
        changes=number(item, "c"),
        converting=tuple(
            (int(row["L"][0]["N"]), int(row["L"][1]["N"])) for row in (item["o"]["L"] if "o" in item else ())
        ),
    )


def months(item: Item, name: str) -> dict[int, tuple[int, int, int, int]]:
    rows = [[int(each["N"]) for each in row["L"]] for row in item[name]["L"]] if name in item else []
    return {month: (spend, earned, orders, activity) for month, spend, earned, orders, activity in rows}


def held(item: Item, name: str) -> Held | None:
    if name not in item:
        return None
    tier, *rest = item[name]["L"]
    rank, since, until, grace = (int(each["N"]) for each in rest)
    return Held(tier["S"], rank, since, until, bool(grace))


def streak(item: Item, name: str) -> tuple[int, int]:
    if name not in item:
        return 0, 0
    last, days = (int(each["N"]) for each in item[name]["L"])
    return last, days


def used(item: Item) -> dict[str, tuple[int, int, int]]:
    rows = (each["L"] for each in item["u"]["L"]) if "u" in item else ()
    return {row[0]["S"]: (int(row[1]["N"]), int(row[2]["N"]), int(row[3]["N"])) for row in rows}


def person(item: Item, phones: Mapping[str, str], names: Mapping[str, str]) -> Person:
    """`phones` opens blind indexes; `names` holds what was sealed, opened."""
    shown: dict[str, str] = {name: text(item, name) for name in ("nickname", "city") if name in item}
    if "birthday" in item:
        shown["birthday"] = item["birthday"]["N"]
    return Person(
        met_at=number(item, "met_at"),
        joined_at=number(item, "joined_at"),
        phone=phones[text(item, "phone_index")] if "phone_index" in item else "",
        card=text(item, "card_number"),
        names={**shown, **names},
        identities=texts(item, "identities"),
        aliases=tuple(each["L"][0]["S"] for each in item["aliases"]["L"]),
        redirect=text(item, "redirect_to"),
    )


def json_of(item: Item, name: str) -> dict[str, Any]:
    """An attribute that holds JSON."""
    found: Any = json.loads(text(item, name))
    return dict(found)


def list_of(item: Item, name: str) -> list[Any]:
    """The same, a list."""
    found: list[Any] = json.loads(text(item, name))
    return found


def order(item: Item, expected: Order) -> dict[str, Any]:
    """What of a stored order is compared with the model's: pairs of the two."""
    return {
        "member": (text(item, "m"), expected.member),
        "points": (number(item, "p"), expected.points),
        "counted": (number(item, "c"), expected.counted),
        "last_day": (number(item, "u"), expected.last_day),
        "held": (number(item, "r"), expected.held),
        "tier": (text(item, "s"), expected.tier),
        "entry": (number(item, "q"), expected.entry),
        "balance": (number(item, "b"), expected.balance),
        "granted": (len(list_of(item, "n")) if "n" in item else 0, expected.granted),
        "refunded": (json_of(item, "i"), dict(expected.refunded)),
        "clawed": (number(item, "j"), expected.clawed),
        "tender": (json.loads(text(item, "d") or "null"), tender(expected.tender)),
    }


def tender(expected: Tender | None) -> list[Any] | None:
    """As the table holds it."""
    if expected is None:
        return None
    member, sequence = expected.entry
    points = [expected.points, expected.worth, member, sequence, expected.back] if expected.points else None
    return [[list(each) for each in expected.offs], points]


def merge(item: Item, expected: Merge, phones: Mapping[str, str]) -> dict[str, Any]:
    """The same for a merge; `phones` opens blind indexes."""
    took = text(item, "took_phone")
    return {
        "pair": ((text(item, "source_id"), text(item, "target_id")), (expected.source, expected.target)),
        "state": (text(item, "state"), expected.state),
        "cause": (text(item, "cause"), expected.cause),
        "prover": (text(item, "prover_id"), expected.prover),
        "identities": (texts(item, "moved_identities"), expected.identities),
        "took_phone": (phones[took] if took else "", expected.took_phone),
        "used": (used({"u": item["used"]} if "used" in item else {}), dict(expected.used)),
        "streak_before": (streak(item, "streak_before"), expected.streak_before),
        "months": (months(item, "months"), expected.brought.months if expected.brought else {}),
        "standing": (held(item, "standing"), expected.brought.tier if expected.brought else None),
        "standing_before": (held(item, "standing_before"), expected.tier_before),
        "filled": (frozenset(texts(item, "filled")), frozenset(expected.filled)),
    }


def coupon(item: Item, templates: Mapping[str, Template], expected: Coupon | None) -> Coupon:
    """Whether it counts towards a limit does not stand in it: as `expected` says."""
    template, version = text(item, "template_id"), number(item, "template_version")
    return Coupon(
        owner=text(item, "owner"),
        template=template,
        version=version,
        terms=templates[template].said[version - 1],
        state=text(item, "state"),
        first=number(item, "valid_from"),
        last=number(item, "valid_through"),
        held=_held(list_of(item, "held")) if "held" in item else ("", 0),
        uses=tuple(_use(parts) for parts in list_of(item, "uses")) if "uses" in item else (),
        stocked="bucket" in item,
        limited=expected.limited if expected else False,
        day=expected.day if expected else 0,
    )


def _held(parts: list[Any]) -> tuple[str, int]:
    if parts[0] == "offer":
        return "offer", parts[2]
    _, source, order_number, _, _, until = parts
    return f"lock {source}/{order_number}", until


def _use(parts: list[Any]) -> Use:
    source, order_number, _, _, _, off, _, is_checkout, *returned = parts
    return Use(f"{source}/{order_number}", off, back=bool(returned), checkout=is_checkout)


def written(item: Item) -> Written:
    """What figures need to know of a coupon."""
    held: list[Any] = list_of(item, "held") if "held" in item else [""]
    return Written(
        template=text(item, "template_id"),
        is_gift=text(item, "source") == "gift",
        sent=day_of(number(item, "issued_at")),
        claimed=_day_of(item, "claimed_at"),
        state=text(item, "state"),
        lock=(day_of(held[4]), held[3]) if held[0] == "lock" else (0, ""),
        uses=tuple(_use_written(parts) for parts in list_of(item, "uses")) if "uses" in item else (),
        over=day_later(number(item, "valid_through"), days=1),
        ended=_day_of(item, "ended_at"),
    )


def _day_of(item: Item, name: str) -> int:
    return day_of(number(item, name)) if name in item else 0


def _use_written(parts: list[Any]) -> tuple[int, str, int, int, int]:
    _, _, store, at, _, off, sales, _, *returned = parts
    return day_of(at), store, off, sales, day_of(returned[0]) if returned else 0


def figures(item: Item) -> dict[str, int]:
    """Of one sum, without zeros."""
    numbers = {name: int(value["N"]) for name, value in item.items() if "N" in value}
    return {name: found for name, found in numbers.items() if found}
