"""Members and the sentinels of their identities."""

from collections.abc import Iterable
from collections.abc import Mapping as Mapped
from typing import Any

from pynamodb.attributes import BinaryAttribute, ListAttribute, NumberAttribute, UnicodeAttribute

from adapters.dynamodb.cache import Cache
from adapters.dynamodb.item import (
    Item,
    Mapping,
    Tenancy,
    day,
    day_number,
    instant,
    ms,
    seal,
    stored,
)
from adapters.dynamodb.keys import Key
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.table import Lag, Table
from domain.member.identity import Identity, parse_identity
from domain.member.model import (
    REDIRECTS_MAX,
    Alias,
    Consent,
    Gender,
    Member,
    MemberNotFound,
    MemberState,
    Phone,
    Profile,
    Sentinel,
)


class MemberItem(Item, discriminator="member"):
    """Phone and real name are sealed; what may be shown of the phone stands beside it."""

    member_id = UnicodeAttribute()
    state = UnicodeAttribute()
    version = NumberAttribute()
    met_at = NumberAttribute()
    met_through = UnicodeAttribute()
    joined_at = NumberAttribute(null=True)
    phone_index = UnicodeAttribute(null=True)
    phone_mask = UnicodeAttribute(null=True)
    phone_sealed = BinaryAttribute(null=True, legacy_encoding=False)
    card_number = UnicodeAttribute(null=True)
    nickname = UnicodeAttribute(null=True)
    name_sealed = BinaryAttribute(null=True, legacy_encoding=False)
    gender = UnicodeAttribute(null=True)
    birthday = NumberAttribute(null=True)
    city = UnicodeAttribute(null=True)
    identities: ListAttribute[str] = ListAttribute()
    consents: ListAttribute[list[object]] = ListAttribute()
    aliases: ListAttribute[list[object]] = ListAttribute()
    redirect_to = UnicodeAttribute(null=True)


class SentinelItem(Item, discriminator="sentinel"):
    """One identity, one member."""

    member_id = UnicodeAttribute()


def _member_items(member: Member, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = key = tenancy.keys.member(member.member_id)
    phone, profile = member.phone, member.profile
    item = MemberItem(
        pk=pk,
        sk=sk,
        member_id=member.member_id,
        state=member.state.value,
        version=member.version,
        met_at=ms(member.met_at),
        met_through=member.met_through,
        joined_at=ms(member.joined_at) if member.joined_at else None,
        phone_index=phone.index if phone else None,
        phone_mask=phone.mask if phone else None,
        phone_sealed=seal(tenancy, key, "phone", phone.number if phone else None),
        card_number=member.card_number,
        nickname=profile.nickname,
        name_sealed=seal(tenancy, key, "name", profile.name),
        gender=profile.gender.value if profile.gender else None,
        birthday=day_number(profile.birthday) if profile.birthday else None,
        city=profile.city,
        identities=[identity.text() for identity in member.identities],
        consents=[[consent.version, ms(consent.at), consent.channel_id] for consent in member.consents],
        aliases=[[alias.member_id, alias.merge_id, ms(alias.merged_at)] for alias in member.aliases],
        redirect_to=member.redirect_to,
    )
    return (item,)


def to_member(raw: RawItem, tenancy: Tenancy) -> Member:
    item = MemberItem.from_raw_data(raw)
    key = item.key
    number = stored(tenancy, key, "phone", item.phone_sealed)
    phone = Phone(item.phone_index or "", item.phone_mask or "", number) if number else None
    profile = Profile(
        nickname=item.nickname,
        name=stored(tenancy, key, "name", item.name_sealed),
        gender=Gender(item.gender) if item.gender else None,
        birthday=day(item.birthday) if item.birthday else None,
        city=item.city,
    )
    return Member(
        member_id=item.member_id,
        state=MemberState(item.state),
        met_at=instant(item.met_at),
        met_through=item.met_through,
        joined_at=instant(item.joined_at) if item.joined_at else None,
        phone=phone,
        card_number=item.card_number,
        profile=profile,
        identities=tuple(parse_identity(text) for text in item.identities),
        consents=tuple(Consent(str(one[0]), instant(_number(one[1])), str(one[2])) for one in item.consents),
        aliases=tuple(Alias(str(one[0]), str(one[1]), instant(_number(one[2]))) for one in item.aliases),
        redirect_to=item.redirect_to,
        version=int(item.version),
    )


def _number(value: object) -> float:
    return float(str(value))


def _sentinel_items(sentinel: Sentinel, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = _sentinel_key(sentinel.identity, tenancy)
    return (SentinelItem(pk=pk, sk=sk, member_id=sentinel.member_id),)


def _sentinel_key(identity: Identity, tenancy: Tenancy) -> Key:
    return tenancy.keys.sentinel(identity.kind.value, identity.value)


MAPPINGS: dict[type, Mapping[Any]] = {
    Member: Mapping(_member_items, lambda member: MemberItem.version == member.version),
    Sentinel: Mapping(_sentinel_items, lambda sentinel: SentinelItem.member_id == sentinel.member_id),
}


class DynamoMembers:
    """Implements `domain.member.ports.Members`."""

    def __init__(self, table: Table, tenancy: Tenancy, cache: Cache, lag: Lag) -> None:
        self._table, self._tenancy, self._cache, self._lag = table, tenancy, cache, lag

    def get(self, member_id: str) -> Member:
        return self.way(member_id)[-1]

    def way(self, member_id: str) -> tuple[Member, ...]:
        way: list[Member] = []
        while len(way) <= REDIRECTS_MAX and (member := self.exact(member_id)) is not None:
            way.append(member)
            if member.redirect_to is None:
                return tuple(way)
            member_id = member.redirect_to
        raise MemberNotFound

    def exact(self, member_id: str) -> Member | None:
        raw = self._table.get(self._tenancy.keys.member(member_id))
        return to_member(raw, self._tenancy) if raw else None

    def people(self, member_ids: Iterable[str]) -> Mapped[str, Member]:
        keys = {member_id: self._tenancy.keys.member(member_id) for member_id in member_ids}
        found = self._table.get_many(list(keys.values()))
        people = {
            member_id: to_member(found[key], self._tenancy) for member_id, key in keys.items() if key in found
        }
        return {
            member_id: self.get(member_id) if member.redirect_to else member
            for member_id, member in people.items()
        }

    def glance(
        self, member_id: str, identities: Iterable[Identity]
    ) -> tuple[tuple[Member, ...], dict[Identity, str]]:
        keys = _sentinel_keys(identities, self._tenancy)
        own, tenant = self._tenancy.keys.member(member_id), self._tenancy.keys.tenant()
        found = self._table.get_many([own, tenant, *keys.values()], strong=not self._lag.take())
        self._cache.put_found(tenant, found)
        raw = found.pop(own, None)
        member = to_member(raw, self._tenancy) if raw else None
        if member is None or member.redirect_to is not None:
            return self.way(member_id), _holders(keys, found)
        return (member,), _holders(keys, found)


class DynamoIdentities:
    """Implements `domain.member.ports.Identities`."""

    def __init__(self, table: Table, tenancy: Tenancy, cache: Cache, lag: Lag) -> None:
        self._table, self._tenancy, self._cache, self._lag = table, tenancy, cache, lag

    def holders(
        self, identities: Iterable[Identity], *, may_lag: bool = False, with_settings: bool = False
    ) -> dict[Identity, str]:
        keys, tenant = _sentinel_keys(identities, self._tenancy), self._tenancy.keys.tenant()
        wanted = [*keys.values(), *([tenant] if with_settings else [])]
        found = self._table.get_many(wanted, strong=not (may_lag and self._lag.take()))
        self._cache.put_found(tenant, found)
        return _holders(keys, found)


def _sentinel_keys(identities: Iterable[Identity], tenancy: Tenancy) -> dict[Identity, Key]:
    return {identity: _sentinel_key(identity, tenancy) for identity in identities}


def _holders(keys: dict[Identity, Key], found: dict[Key, RawItem]) -> dict[Identity, str]:
    return {
        identity: SentinelItem.from_raw_data(found[key]).member_id
        for identity, key in keys.items()
        if key in found
    }
