"""Rewards and exchanges for the matrix: a good request for each route, and what it is about."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from tests.handlers.callers import OK, Caller, Told
from tests.handlers.scene import Sample, bearer, signed
from tests.handlers.whose import (
    INVALID,
    NO_MEMBER,
    About,
    Whose,
    kept,
    member_id,
    shop_of,
)
from tests.shop import STORE, Phone, Shop

REWARD = {"name": "毛巾", "description": "纯棉", "kind": "goods", "points": 1, "per_member": 999}
NO_REWARD: Told = (404, "reward-not-found")
NO_EXCHANGE: Told = (404, "exchange-not-found")


def keyed(sample: Sample) -> Sample:
    return replace(sample, headers={"Idempotency-Key": secrets.token_hex(16)})


def _office(shop: Shop, method: str, path: str, body: dict[str, Any]) -> None:
    sample = keyed(Sample(method, path, signed(shop.office), body))
    answer = sample.send(shop.staff, sample.raw)
    assert answer.status_code < 300, answer.text


def reward(shop: Shop, reward_id: str = "", **more: Any) -> str:
    """One with plenty on the shelf."""
    reward_id = reward_id or f"r-{secrets.token_hex(8)}"
    _office(shop, "PUT", f"/v1/staff/rewards/{reward_id}", {**REWARD, **more})
    if more.get("kind", "goods") == "goods":
        _office(shop, "POST", f"/v1/staff/rewards/{reward_id}/stock-moves", {"by": 10_000})
    return reward_id


def virtual(shop: Shop) -> str:
    return reward(shop, kind="virtual")


def rich(shop: Shop, phone: Phone | None = None) -> Phone:
    phone = phone or shop.fan()
    shop.buy(10_000, phone.member_id)
    return phone


def exchanged(shop: Shop, phone: Phone | None = None) -> str:
    """The id of an open exchange."""
    phone = rich(shop, phone)
    path = f"/v1/me/rewards/{reward(shop)}/exchanges"
    answer = phone.post(path, {"points": 1}, **{"Idempotency-Key": secrets.token_hex(16)})
    assert answer.status_code == 201, answer.text
    found: str = answer.json["exchange_id"]
    return found


def _named(who: Caller, whose: Whose) -> str:
    """Ids of rewards are the merchant's own: there is one by this name at home, unless nobody has it."""
    if whose is Whose.NONE:
        return "r-nothing"
    return kept(who, whose, "a reward", reward)


def on_reward(
    method: str, rest: str, body: dict[str, Any] | None = None, make: Callable[[Shop], str] = reward
) -> Callable[[Caller, Whose], Sample]:
    def build(who: Caller, whose: Whose) -> Sample:
        reward_id = "r-nothing" if whose is Whose.NONE else kept(who, whose, f"{make.__name__} of", make)
        return keyed(Sample(method, f"/v1/staff/rewards/{reward_id}{rest}", body=body))

    return build


def _codes(who: Caller, whose: Whose) -> Sample:
    sample = on_reward("POST", "/codes", make=virtual)(who, whose)
    return replace(sample, body={"codes": [secrets.token_hex(8)]})


def _save(who: Caller, whose: Whose) -> Sample:
    """Ids are the merchant's own: what another tenant has under the same one does not matter."""
    reward_id = f"r-{secrets.token_hex(8)}" if whose is Whose.NONE else _named(who, whose)
    return Sample("PUT", f"/v1/staff/rewards/{reward_id}", body=REWARD)


def _list(path: str, fill: Callable[[Caller, Whose], Callable[[str, str], str]]) -> About:
    def build(who: Caller, whose: Whose) -> Sample:
        cursor = "AAAA" if whose is Whose.NONE else fill(who, whose)(path, "next_cursor")
        return Sample("GET", path, query=(("limit", "1"), ("cursor", cursor)))

    return About(build, OK, INVALID, INVALID, INVALID)


def _of_person(who: Caller, whose: Whose) -> Callable[[str, str], str]:
    def busy(shop: Shop, phone: Phone | None = None) -> Phone:
        phone = phone or shop.fan()
        for _ in range(2):
            exchanged(shop, phone)
        return phone

    owner = busy(who.home, who.person) if whose is Whose.OWN else kept(who, whose, "exchanging", busy)
    return lambda path, name: str(owner.get(f"{path}?limit=1").json[name])


def _of_office(who: Caller, whose: Whose) -> Callable[[str, str], str]:
    """Another's: a cursor of another list."""
    shop = shop_of(who, whose)
    for name in ("", "also "):
        kept(who, whose, f"{name}a reward", reward)
    if whose is Whose.ANOTHERS:
        owner = kept(who, whose, "with exchanges", _twice)
        return lambda _, name: str(
            shop.office.get(f"/v1/staff/members/{owner}/exchanges", limit="1").json[name]
        )
    return lambda path, name: str(shop.office.get(path, limit="1").json[name])


def _twice(shop: Shop) -> str:
    phone = shop.fan()
    for _ in range(2):
        exchanged(shop, phone)
    return phone.member_id


def _exchanges(path: str) -> Callable[[Caller, Whose], Sample]:
    """Another's: the cursor of another member's list."""

    def make(who: Caller, whose: Whose) -> Sample:
        if whose in {Whose.ELSEWHERE, Whose.NONE}:
            return Sample("GET", path.format(member_id(who, whose)))
        one = kept(who, whose, "with exchanges", _twice)
        other = kept(who, whose, "also with exchanges", _twice)
        system = who.home.till if "/till/" in path else who.home.office
        cursor = system.get(path.format(one), limit="1").json["next_cursor"]
        named = one if whose is Whose.OWN else other
        return Sample("GET", path.format(named), query=(("limit", "1"), ("cursor", cursor)))

    return make


def _choices(who: Caller, whose: Whose) -> Callable[[str, str], str]:
    for name in ("", "also "):
        kept(who, whose, f"{name}a reward", reward)
        kept(who, Whose.OWN, f"{name}a reward", reward)
    owner = who.person if whose is Whose.OWN else kept(who, whose, "looking", lambda shop: shop.fan())
    return lambda path, name: str(owner.get(f"{path}?limit=1").json[name])


def _offered(who: Caller, whose: Whose) -> Sample:
    return Sample("GET", f"/v1/me/rewards/{_named(who, whose)}")


def _exchange(who: Caller, whose: Whose) -> Sample:
    """Another's: whoever is named, it is one's own; nobody can be named."""
    if whose is Whose.OWN:
        rich(who.home, who.person)
    body: dict[str, Any] = {"points": 1} if whose is Whose.OWN else {"points": 1, "member_id": "m_nobody"}
    named = kept(who, Whose.OWN, "a reward", reward)
    return keyed(Sample("POST", f"/v1/me/rewards/{named}/exchanges", body=body))


def _one(who: Caller, whose: Whose) -> Sample:
    return Sample("GET", f"/v1/me/exchanges/{_some_exchange(who, whose, who.person)}")


def _some_exchange(who: Caller, whose: Whose, person: Phone | None = None) -> str:
    if whose is Whose.NONE:
        return "m_nobody:1"
    if whose is Whose.OWN:
        return exchanged(who.home, person)
    return exchanged(shop_of(who, whose))


def _at_till(who: Caller, whose: Whose) -> Sample:
    named = member_id(who, whose)
    if whose in {Whose.OWN, Whose.ANOTHERS}:
        who.home.buy(1000, named)
    body = {"reward_id": kept(who, Whose.OWN, "a reward", reward), "points": 1, "store_id": STORE}
    return keyed(Sample("POST", f"/v1/till/members/{named}/exchanges", body=body))


def _fulfil(who: Caller, whose: Whose) -> Sample:
    path = f"/v1/till/exchanges/{_some_exchange(who, whose)}/fulfilment"
    return keyed(Sample("POST", path, body={"store_id": STORE}))


def _refund(who: Caller, whose: Whose) -> Sample:
    return keyed(Sample("POST", f"/v1/staff/exchanges/{_some_exchange(who, whose)}/refund"))


OBJECTS: Mapping[str, About] = {
    "my_rewards.choices": _list("/v1/me/rewards", _choices),
    "my_rewards.offered": About(_offered, OK, OK, NO_REWARD, NO_REWARD),
    "my_exchanges.exchange": About(_exchange, OK, INVALID, INVALID, INVALID),
    "my_exchanges.exchanges": _list("/v1/me/exchanges", _of_person),
    "my_exchanges.one": About(_one, OK, NO_EXCHANGE, NO_EXCHANGE, NO_EXCHANGE),
    "till_exchanges.exchange": About(_at_till, OK, OK, NO_MEMBER, NO_MEMBER),
    "till_exchanges.exchanges": About(
        _exchanges("/v1/till/members/{}/exchanges"), OK, INVALID, NO_MEMBER, NO_MEMBER
    ),
    "till_exchanges.fulfil": About(_fulfil, OK, OK, NO_EXCHANGE, NO_EXCHANGE),
    "staff_rewards.everything": _list("/v1/staff/rewards", _of_office),
    "staff_rewards.read": About(on_reward("GET", ""), OK, OK, NO_REWARD, NO_REWARD),
    "staff_rewards.save": About(_save),
    "staff_rewards.move": About(on_reward("POST", "/stock-moves", {"by": 1}), OK, OK, NO_REWARD, NO_REWARD),
    "staff_rewards.codes": About(_codes, OK, OK, NO_REWARD, NO_REWARD),
    "staff_exchanges.exchanges": About(
        _exchanges("/v1/staff/members/{}/exchanges"), OK, INVALID, NO_MEMBER, NO_MEMBER
    ),
    "staff_exchanges.refund": About(_refund, OK, OK, NO_EXCHANGE, NO_EXCHANGE),
}


def _mine(method: str, path: str) -> Callable[[Shop], Sample]:
    return lambda shop: Sample(method, path, bearer(shop.member().token))


def _my_exchange(shop: Shop) -> Sample:
    phone = rich(shop)
    path = f"/v1/me/rewards/{reward(shop)}/exchanges"
    return keyed(Sample("POST", path, bearer(phone.token), {"points": 1}))


def _my_one(shop: Shop) -> Sample:
    phone = shop.fan()
    return Sample("GET", f"/v1/me/exchanges/{exchanged(shop, phone)}", bearer(phone.token))


def _till_exchange(shop: Shop) -> Sample:
    body = {"reward_id": reward(shop), "points": 1, "store_id": STORE}
    path = f"/v1/till/members/{rich(shop).member_id}/exchanges"
    return keyed(Sample("POST", path, signed(shop.till), body))


def _staff(method: str, rest: str, body: dict[str, Any] | None = None) -> Callable[[Shop], Sample]:
    def build(shop: Shop) -> Sample:
        reward_id = virtual(shop) if rest == "/codes" else reward(shop)
        sample = Sample(method, f"/v1/staff/rewards/{reward_id}{rest}", signed(shop.office), body)
        return keyed(sample) if method == "POST" else sample

    return build


BUILDERS: Mapping[str, Callable[[Shop], Sample]] = {
    "my_rewards.choices": _mine("GET", "/v1/me/rewards"),
    "my_rewards.offered": lambda shop: _mine("GET", f"/v1/me/rewards/{reward(shop)}")(shop),
    "my_exchanges.exchange": _my_exchange,
    "my_exchanges.exchanges": _mine("GET", "/v1/me/exchanges"),
    "my_exchanges.one": _my_one,
    "till_exchanges.exchange": _till_exchange,
    "till_exchanges.exchanges": lambda shop: Sample(
        "GET", f"/v1/till/members/{shop.fan().member_id}/exchanges", signed(shop.till)
    ),
    "till_exchanges.fulfil": lambda shop: keyed(
        Sample(
            "POST", f"/v1/till/exchanges/{exchanged(shop)}/fulfilment", signed(shop.till), {"store_id": STORE}
        )
    ),
    "staff_rewards.everything": lambda shop: Sample("GET", "/v1/staff/rewards", signed(shop.office)),
    "staff_rewards.read": _staff("GET", ""),
    "staff_rewards.save": lambda shop: Sample(
        "PUT", f"/v1/staff/rewards/{reward(shop)}", signed(shop.office), {**REWARD, "tier_ids": ["gold"]}
    ),
    "staff_rewards.move": _staff("POST", "/stock-moves", {"by": 1}),
    "staff_rewards.codes": _staff("POST", "/codes", {"codes": ["VIP-1"]}),
    "staff_exchanges.exchanges": lambda shop: Sample(
        "GET", f"/v1/staff/members/{shop.fan().member_id}/exchanges", signed(shop.office)
    ),
    "staff_exchanges.refund": lambda shop: keyed(
        Sample("POST", f"/v1/staff/exchanges/{exchanged(shop)}/refund", signed(shop.office))
    ),
}
