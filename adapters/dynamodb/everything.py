"""All stored things of a part of the table, for proofs."""

from collections.abc import Callable, Iterator

from adapters.dynamodb.coupons import to_coupon
from adapters.dynamodb.entitlements import to_entitlement
from adapters.dynamodb.holds import to_hold
from adapters.dynamodb.item import Tenancy
from adapters.dynamodb.keys import Keys, tenant_of
from adapters.dynamodb.members import SentinelItem, to_member
from adapters.dynamodb.orders import to_order, to_refund
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.points import to_account, to_entry
from adapters.dynamodb.rewards import to_exchange
from adapters.dynamodb.table import Table
from domain.keyring import Vault
from domain.member.identity import Identity, IdentityKind
from domain.member.model import Sentinel
from domain.proof.ports import Thing


class DynamoEverything:
    """Implements `domain.proof.ports.Everything`. Personal fields stay sealed."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def things(self, segment: int, segments: int) -> Iterator[tuple[str, Thing]]:
        for raw in self._table.scan(segment, segments):
            read = READERS.get(raw["kind"]["S"])
            if read is not None:
                yield tenant_of(raw["pk"]["S"]), read(raw)


def _no_vault() -> Vault:
    raise LookupError("A proof opens no personal field.")


def _to_sentinel(raw: RawItem) -> Sentinel:
    item = SentinelItem.from_raw_data(raw)
    _, _, _, kind, value = item.pk.split("#", 4)
    return Sentinel(Identity(IdentityKind(kind), value), item.member_id)


READERS: dict[str, Callable[[RawItem], Thing]] = {
    "account": to_account,
    "coupon": to_coupon,
    "entitlement": to_entitlement,
    "entry": to_entry,
    "order": to_order,
    "refund": to_refund,
    "hold": to_hold,
    "exchange": lambda raw: to_exchange(raw, Tenancy(Keys("", 1), _no_vault)),
    "member": lambda raw: to_member(raw, Tenancy(Keys("", 1), _no_vault)),
    "sentinel": _to_sentinel,
}
