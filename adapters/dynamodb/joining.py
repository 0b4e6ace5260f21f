"""Phone proofs that were shown, and numbers that were welcomed."""

from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from adapters.dynamodb.item import Item, Mapping, Tenancy, instant, ms
from adapters.dynamodb.table import Table
from domain.joining.model import Welcome
from domain.joining.ports import ProofUse
from domain.money import Points


class PhoneProofItem(Item, discriminator="phone-proof"):
    """Who showed a platform's phone proof first."""

    identity = UnicodeAttribute()
    shown_at = NumberAttribute()


class WelcomeItem(Item, discriminator="welcome"):
    """Who joined by this number, and what they got."""

    member_id = UnicodeAttribute()
    points = NumberAttribute()
    at = NumberAttribute()


def _proof_items(use: ProofUse, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.phone_proof(use.digest)
    return (PhoneProofItem(pk=pk, sk=sk, identity=use.identity, shown_at=ms(use.shown_at)),)


def _welcome_items(welcome: Welcome, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.welcome(welcome.phone_index)
    item = WelcomeItem(
        pk=pk, sk=sk, member_id=welcome.member_id, points=welcome.points.count, at=ms(welcome.at)
    )
    return (item,)


MAPPINGS: dict[type, Mapping[Any]] = {
    ProofUse: Mapping(_proof_items, lambda use: PhoneProofItem.identity == use.identity),
    Welcome: Mapping(_welcome_items, lambda welcome: WelcomeItem.member_id == welcome.member_id),
}


class DynamoPhoneProofs:
    """Implements `domain.joining.ports.PhoneProofs`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def find(self, digest: str) -> ProofUse | None:
        raw = self._table.get(self._tenancy.keys.phone_proof(digest))
        if raw is None:
            return None
        item = PhoneProofItem.from_raw_data(raw)
        return ProofUse(digest, item.identity, instant(item.shown_at))


class DynamoWelcomes:
    """Implements `domain.joining.ports.Welcomes`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def find(self, phone_index: str) -> Welcome | None:
        raw = self._table.get(self._tenancy.keys.welcome(phone_index))
        if raw is None:
            return None
        item = WelcomeItem.from_raw_data(raw)
        return Welcome(phone_index, item.member_id, Points(int(item.points)), instant(item.at))
