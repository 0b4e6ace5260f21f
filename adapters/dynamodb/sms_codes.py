"""Codes by short message, with their windows."""

from typing import Any

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
)

from adapters.dynamodb.item import Item, Mapping, Tenancy
from adapters.dynamodb.table import Table
from domain.clock import epoch_seconds, from_epoch
from domain.sms_code.model import DAY, Challenge, Purpose


class ChallengeItem(Item, discriminator="sms-code"):
    """One phone's latest code, as a mark, and when codes were sent and tried."""

    challenge_id = UnicodeAttribute()
    purpose = UnicodeAttribute()
    code_mark = BinaryAttribute(legacy_encoding=False)
    expires_at = NumberAttribute()
    tries = NumberAttribute()
    is_used = BooleanAttribute()
    used_by = UnicodeAttribute()
    sent: ListAttribute[int] = ListAttribute()
    wrong: ListAttribute[int] = ListAttribute()
    version = NumberAttribute()


def _items(challenge: Challenge, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.challenge(challenge.phone_index)
    item = ChallengeItem(
        pk=pk,
        sk=sk,
        ttl=epoch_seconds(challenge.expires_at + DAY),
        challenge_id=challenge.challenge_id,
        purpose=challenge.purpose.value,
        code_mark=challenge.code_mark,
        expires_at=epoch_seconds(challenge.expires_at),
        tries=challenge.tries,
        is_used=challenge.is_used,
        used_by=challenge.used_by,
        sent=list(challenge.sent),
        wrong=list(challenge.wrong),
        version=challenge.version,
    )
    return (item,)


MAPPINGS: dict[type, Mapping[Any]] = {
    Challenge: Mapping(_items, lambda challenge: ChallengeItem.version == challenge.version),
}


class DynamoChallenges:
    """Implements `domain.sms_code.ports.Challenges`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def find(self, phone_index: str) -> Challenge | None:
        raw = self._table.get(self._tenancy.keys.challenge(phone_index))
        if raw is None:
            return None
        item = ChallengeItem.from_raw_data(raw)
        return Challenge(
            phone_index=phone_index,
            challenge_id=item.challenge_id,
            purpose=Purpose(item.purpose),
            code_mark=item.code_mark,
            expires_at=from_epoch(int(item.expires_at)),
            tries=int(item.tries),
            is_used=item.is_used,
            used_by=item.used_by,
            sent=tuple(int(at) for at in item.sent),
            wrong=tuple(int(at) for at in item.wrong),
            version=int(item.version),
        )
