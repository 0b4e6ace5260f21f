"""Two thousand members want five hundred pieces at once; CI plays the same in small."""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from domain.actor import Till
from domain.errors import Conflict, DomainError
from domain.member.model import Member, MemberState
from domain.money import Points
from domain.points.book import Book
from domain.points.model import Account, Cause, LotKey
from domain.reward.exchange import ExchangeWish, exchanged_from
from domain.unit_of_work import Created, Plan, RequestKey
from tests.journeys.test_rewards import left, put
from tests.shop import SCOPES, STORE, Shop

IS_WHOLE = os.environ.get("TONGKA_THOROUGH") == "1"
MEMBERS, PIECES = (2_000, 500) if IS_WHOLE else (160, 40)
HANDS, COST = 32, 100


def made(shop: Shop, first: int) -> None:
    """Ten members with points, who were there before."""

    def plan(_: object, now: datetime) -> Plan[None]:
        changes = []
        for number in range(first, first + 10):
            book = Book(Account(f"m_{number}"), now, "test")
            book.earn(Points(COST), LotKey(None), Cause("order"))
            person = Member(f"m_{number}", MemberState.FAN, now, "wx")
            changes += [Created(person), *book.creation()]
        return Plan(None, tuple(changes))

    shop.services.runner.run(shop.tenant_id, plan)


@pytest.mark.capability("C-33")
def test_so_many_exchanges_as_there_are_pieces(lone_shop: Shop) -> None:
    shop = lone_shop
    put(shop, "towel", PIECES, points=COST)
    till = Till(shop.tenant_id, "till", SCOPES)

    def want(number: int) -> str:
        key = RequestKey("till", f"rush-{number}", "towel", exchanged_from)
        wish = ExchangeWish(f"m_{number}", "towel", Points(COST), key, STORE)
        for _ in range(100):
            try:
                shop.services.exchange_reward(till, wish)
            except Conflict:
                continue  # As a till does: the same request again.
            except DomainError as refusal:
                return refusal.code
            return "exchanged"
        return "never"

    for first in range(0, MEMBERS, 10):
        made(shop, first)
    with ThreadPoolExecutor(HANDS) as pool:
        said = Counter(pool.map(want, range(MEMBERS)))

    assert said == {"exchanged": PIECES, "reward-sold-out": MEMBERS - PIECES}
    assert left(shop, "towel") == 0
    balances = Counter(shop.account(f"m_{number}").balance.count for number in range(MEMBERS))
    assert balances == {0: PIECES, COST: MEMBERS - PIECES}
    assert shop.findings() == []
