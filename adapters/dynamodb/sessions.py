"""Sessions, which are also the login records."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from adapters.dynamodb.item import Item, Mapping, Tenancy, creation, instant, ms
from adapters.dynamodb.keys import tenant_and_thing
from adapters.dynamodb.outcome import Lost, RawItem
from adapters.dynamodb.sagas import sagas
from adapters.dynamodb.schema import OWNER_INDEX
from adapters.dynamodb.table import Range, Table, Write, raw_key
from domain.clock import epoch_seconds
from domain.page import Page
from domain.session.model import KEPT, Session, Sweep

STILL_OPEN = "attribute_exists(pk) AND attribute_not_exists(revoked_at)"


class SessionItem(Item, discriminator="session"):
    """Found by the SHA-256 of the token's secret; listed by owner."""

    member_id = UnicodeAttribute()
    channel_id = UnicodeAttribute()
    identity = UnicodeAttribute()
    member_version = NumberAttribute()
    device = UnicodeAttribute()
    opened_at = NumberAttribute()
    expires_at = NumberAttribute()
    revoked_at = NumberAttribute(null=True)


def _items(session: Session, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.session(session.session_id)
    item = SessionItem(
        pk=pk,
        sk=sk,
        gsi1pk=tenancy.keys.owner(session.member_id),
        gsi1sk=tenancy.keys.session_of_owner(session.opened_at, session.session_id),
        ttl=epoch_seconds(session.opened_at + KEPT),
        member_id=session.member_id,
        channel_id=session.channel_id,
        identity=session.identity,
        member_version=session.member_version,
        device=session.device,
        opened_at=ms(session.opened_at),
        expires_at=ms(session.expires_at),
        revoked_at=ms(session.revoked_at) if session.revoked_at else None,
    )
    return (item,)


def _to_session(raw: RawItem) -> Session:
    """Also as the index by owner shows it."""
    member_id = raw.get("member_id") or {"S": tenant_and_thing(raw["gsi1pk"]["S"])[1]}
    item = SessionItem.from_raw_data({**raw, "member_id": member_id})
    return Session(
        session_id=item.pk.rsplit("#", 1)[1],
        member_id=item.member_id,
        channel_id=item.channel_id,
        identity=item.identity,
        member_version=int(item.member_version),
        device=item.device,
        opened_at=instant(item.opened_at),
        expires_at=instant(item.expires_at),
        revoked_at=instant(item.revoked_at) if item.revoked_at else None,
    )


class SweepItem(Item, discriminator="session-sweep"):
    """Sessions that are to end; in GSI-2 until the job has seen to it."""

    member_id = UnicodeAttribute()
    member_version = NumberAttribute()
    at = NumberAttribute()
    spared = UnicodeAttribute()
    identity = UnicodeAttribute()


def _sweep_items(sweep: Sweep, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.sweep(sweep.sweep_id)
    saga = tenancy.keys.saga(sweep.at, sweep.sweep_id)
    item = SweepItem(
        pk=pk,
        sk=sk,
        gsi2pk=saga[0],
        gsi2sk=saga[1],
        member_id=sweep.member_id,
        member_version=sweep.member_version,
        at=ms(sweep.at),
        spared=sweep.spared,
        identity=sweep.identity,
    )
    return (item,)


MAPPINGS: dict[type, Mapping[Any]] = {
    Sweep: Mapping(_sweep_items, lambda sweep: SweepItem.member_id == sweep.member_id),
    Session: Mapping(_items, lambda session: SessionItem.member_id == session.member_id),
}


class DynamoSessions:
    """Implements `domain.session.ports.Sessions`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def find(self, session_id: str) -> Session | None:
        """A cheap read first; only a session just opened needs the strong one."""
        key = self._tenancy.keys.session(session_id)
        raw = self._table.get(key, strong=False) or self._table.get(key)
        return _to_session(raw) if raw else None

    def open(self, session: Session) -> None:
        """Once: a repetition after a lost answer finds it stored, and perhaps ended in the meantime."""
        with suppress(Lost):
            self._table.write(creation(MAPPINGS[Session], session, self._tenancy))

    def extend(self, session: Session) -> None:
        with suppress(Lost):
            condition = f"{STILL_OPEN} AND expires_at < :expires_at"
            self._set(session, {"expires_at": ms(session.expires_at)}, condition)

    def revoke(self, session: Session) -> None:
        if session.revoked_at is None:
            raise ValueError("A revoked session knows when.")
        with suppress(Lost):
            self._set(session, {"revoked_at": ms(session.revoked_at)}, STILL_OPEN)

    def move(self, session: Session, member_id: str) -> None:
        if session.revoked_at is None:
            raise ValueError("Only a revoked session moves.")
        values: dict[str, int | str] = {
            "revoked_at": ms(session.revoked_at),
            "member_id": member_id,
            "gsi1pk": self._tenancy.keys.owner(member_id),
        }
        with suppress(Lost):
            self._set(session, values, "attribute_exists(pk)")

    def find_sweep(self, sweep_id: str) -> Sweep | None:
        raw = self._table.get(self._tenancy.keys.sweep(sweep_id))
        if raw is None:
            return None
        item = SweepItem.from_raw_data(raw)
        version, at = int(item.member_version), instant(item.at)
        return Sweep(sweep_id, item.member_id, version, at, item.spared, item.identity)

    def of_member(self, member_id: str, limit: int, position: str | None = None) -> Page[Session]:
        pk = self._tenancy.keys.owner(member_id)
        # The position is the sort key of the last session shown; going on just below it skips that one.
        part = Range(pk, index=OWNER_INDEX, first="K#", last=position or "K#~", backwards=True)
        extra = 2 if position else 1
        found = self._table.query(part, limit + extra)
        rest = [raw for raw in found if raw["gsi1sk"]["S"] != position]
        items = tuple(_to_session(raw) for raw in rest[:limit])
        return Page(items, rest[limit - 1]["gsi1sk"]["S"] if len(rest) > limit else None)

    def _set(self, session: Session, values: dict[str, int | str], condition: str) -> None:
        key = self._tenancy.keys.session(session.session_id)
        arguments = {
            "Key": raw_key(key),
            "UpdateExpression": "SET " + ", ".join(f"{name} = {_value(name)}" for name in values),
            "ConditionExpression": condition,
            "ExpressionAttributeValues": {
                f":{name}": {"N": str(value)} if isinstance(value, int) else {"S": value}
                for name, value in values.items()
            },
        }
        self._table.write([Write("update", key, arguments)])


def _value(name: str) -> str:
    """What has ended keeps its end."""
    return f"if_not_exists({name}, :{name})" if name == "revoked_at" else f":{name}"


class DynamoSweeps:
    """Implements `domain.session.ports.Sweeps`."""

    def __init__(self, table: Table, shards: int) -> None:
        self._table, self._shards = table, shards

    def waiting(self) -> Iterator[tuple[str, str]]:
        return sagas(self._table, self._shards, "SW")
