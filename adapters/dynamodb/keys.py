"""Every key pattern of the table, on one page. `<t>` is the tenant.

| thing                | pk                        | sk          | index keys                               |
| -------------------- | ------------------------- | ----------- | ---------------------------------------- |
| tenant               | T#<t>#T                   | T           |                                          |
| store                | T#<t>#ST#<store>          | ST          |                                          |
| channel              | T#<t>#CH#<channel>        | CH          |                                          |
| API key              | T#<t>#A#KEY#<key>         | A           |                                          |
| request nonce        | T#<t>#X#<key>#<nonce>     | X           |                                          |
| counter              | T#<t>#W#<name>            | W           |                                          |
| member               | T#<t>#M#<member>          | P           |                                          |
| programme, version   | T#<t>#PG                  | V#<version> |                                          |
| rule                 | T#<t>#PG                  | R#<rule>    |                                          |
| reward               | T#<t>#RW                  | R#<reward>  |                                          |
| code nobody has yet  | T#<t>#RC#<reward>         | F#<index>   |                                          |
| mark of a code       | T#<t>#RK#<index>          | RK          |                                          |
| exchange             | T#<t>#M#<member>          | EX#<seq>    |                                          |
| entitlement          | T#<t>#M#<member>          | EN#<seq>:<n>|                                          |
| points account       | T#<t>#M#<member>          | A#PTS       | GSI-2 DUE#PTS#<shard> / <day>#<member>   |
| points entry         | T#<t>#M#<member>          | L#PTS#<seq> |                                          |
| change of tier       | T#<t>#M#<member>          | TL#<number> |                                          |
| day of checking in   | T#<t>#M#<member>          | CI#<day>    |                                          |
| sentinel             | T#<t>#U#<kind>#<value>    | U           |                                          |
| idempotency record   | T#<t>#I#<caller>#<key>    | I           |                                          |
| order                | T#<t>#O#<source>#<number> | O           |                                          |
| long list of lines   | the order's               | L           |                                          |
| refund               | the order's               | R#<number>  |                                          |
| comment              | the order's               | CM          |                                          |
| hold                 | the order's               | H           | GSI-2 HOLD#<shard> / <ms>#<order>        |
| coupon template      | T#<t>#CT                  | T#<template>|                                          |
| its versions         | T#<t>#CE#<template>       | V#<version> |                                          |
| discount code        | T#<t>#CC#<code>           | CC          |                                          |
| coupon               | T#<t>#C#<code>            | C           | GSI-1 T#<t>#OWN#<member> / C#<list>#<pl.>|
|                      |                           |             | GSI-2 DUE#CPN#<shard> / <day>#<code>     |
| what is counted of it| the coupon's              | S#<count>   |                                          |
| gift                 | T#<t>#GF#<mark>           | GF          |                                          |
| counts of coupons    | T#<t>#CS                  | CS          |                                          |
| sum: all of template | T#<t>#CS#<count>#<templ.> | A           |                                          |
| sum: of a store      | the template's sum        | S#<store>   |                                          |
| sum: of a day, store | the template's sum        | D#<day>#<s.>|                                          |
| image                | T#<t>#IM#<image>          | IM          |                                          |
| session              | T#<t>#K#<hash>            | K           | GSI-1 T#<t>#OWN#<member> / K#<ms>#<hash> |
| code by message      | T#<t>#V#<phone index>     | V           |                                          |
| phone proof          | T#<t>#H#<digest>          | H           |                                          |
| number welcomed      | T#<t>#WL#<phone index>    | WL          |                                          |
| merge                | T#<t>#G#<merge>           | G           | GSI-1 T#<t>#WAITING / <ms>#<merge>       |
|                      |                           |             | GSI-2 SAGA#<shard> / <ms>#<merge>        |
| session sweep        | T#<t>#SW#<sweep>          | SW          | GSI-2 SAGA#<shard> / <ms>#<sweep>        |

GSI-3 (whom to tell: OUT#, DIRTY#) has no items yet. Keys of GSI-2 and GSI-3 carry no tenant: the
projected partition key does.
"""

from datetime import date, datetime
from zlib import crc32

from msgspec import Struct

from domain.clock import epoch_milliseconds

Key = tuple[str, str]

SEQUENCE_DIGITS = 10
NUMBER_DIGITS = 3


class Keys(Struct, frozen=True):
    """The keys of one tenant. No other tenant's key can be written down with it."""

    tenant_id: str
    shards: int

    def tenant(self) -> Key:
        return self._pk("T"), "T"

    def store(self, store_id: str) -> Key:
        return self._pk("ST", store_id), "ST"

    def channel(self, channel_id: str) -> Key:
        return self._pk("CH", channel_id), "CH"

    def api_key(self, key_id: str) -> Key:
        return self._pk("A", "KEY", key_id), "A"

    def nonce(self, key_id: str, nonce: str) -> Key:
        return self._pk("X", key_id, nonce), "X"

    def counter(self, name: str) -> Key:
        return self._pk("W", name), "W"

    def member(self, member_id: str) -> Key:
        return self._pk("M", member_id), "P"

    def programme(self, version: int) -> Key:
        return self._pk("PG"), f"V#{version:0{SEQUENCE_DIGITS}}"

    def rule(self, rule_id: str) -> Key:
        return self._pk("PG"), f"R#{rule_id}"

    def reward(self, reward_id: str) -> Key:
        return self._pk("RW"), f"R#{reward_id}"

    def free_code(self, reward_id: str, index: str) -> Key:
        return self._pk("RC", reward_id), f"F#{index}"

    def code_mark(self, index: str) -> Key:
        return self._pk("RK", index), "RK"

    def exchange(self, member_id: str, sequence: int) -> Key:
        return self._pk("M", member_id), f"EX#{sequence:0{SEQUENCE_DIGITS}}"

    def entitlement(self, member_id: str, sequence: int, number: int) -> Key:
        return self._pk("M", member_id), f"EN#{sequence:0{SEQUENCE_DIGITS}}:{number:0{NUMBER_DIGITS}}"

    def account(self, member_id: str) -> Key:
        return self._pk("M", member_id), "A#PTS"

    def entry(self, member_id: str, sequence: int) -> Key:
        return self._pk("M", member_id), f"L#PTS#{sequence:0{SEQUENCE_DIGITS}}"

    def tier_change(self, member_id: str, number: int) -> Key:
        return self._pk("M", member_id), f"TL#{number:0{SEQUENCE_DIGITS}}"

    def sentinel(self, kind: str, value: str) -> Key:
        return self._pk("U", kind, value), "U"

    def idempotency(self, caller: str, key: str) -> Key:
        return self._pk("I", caller, key), "I"

    def order(self, source: str, number: str) -> Key:
        return self._pk("O", source, number), "O"

    def order_lines(self, source: str, number: str) -> Key:
        return self._pk("O", source, number), "L"

    def refund(self, source: str, number: str, refund_number: str) -> Key:
        return self._pk("O", source, number), f"R#{refund_number}"

    def hold(self, source: str, number: str) -> Key:
        return self._pk("O", source, number), "H"

    def comment(self, source: str, number: str) -> Key:
        return self._pk("O", source, number), "CM"

    def check_in(self, member_id: str, on: date) -> Key:
        return self._pk("M", member_id), f"CI#{on:%Y%m%d}"

    def template(self, template_id: str) -> Key:
        return self._pk("CT"), f"T#{template_id}"

    def edition(self, template_id: str, version: int) -> Key:
        return self._pk("CE", template_id), f"V#{version:0{SEQUENCE_DIGITS}}"

    def claim_code(self, claim_code: str) -> Key:
        return self._pk("CC", claim_code), "CC"

    def coupon(self, code: str) -> Key:
        return self._pk("C", code), "C"

    def counted_coupon(self, count: int, code: str) -> Key:
        return self._pk("C", code), f"S#{count}"

    def count(self) -> Key:
        return self._pk("CS"), "CS"

    def sum_of_template(self, count: int, template_id: str) -> Key:
        return self._pk("CS", str(count), template_id), "A"

    def sum_of_store(self, count: int, template_id: str, store_id: str) -> Key:
        return self._pk("CS", str(count), template_id), f"S#{store_id}"

    def sum_of_day(self, count: int, template_id: str, day: date, store_id: str) -> Key:
        return self._pk("CS", str(count), template_id), f"D#{day:%Y%m%d}#{store_id}"

    def gift(self, mark: str) -> Key:
        return self._pk("GF", mark), "GF"

    def image(self, image_id: str) -> Key:
        return self._pk("IM", image_id), "IM"

    def session(self, session_id: str) -> Key:
        return self._pk("K", session_id), "K"

    def challenge(self, phone_index: str) -> Key:
        return self._pk("V", phone_index), "V"

    def phone_proof(self, digest: str) -> Key:
        return self._pk("H", digest), "H"

    def welcome(self, phone_index: str) -> Key:
        return self._pk("WL", phone_index), "WL"

    def merge(self, merge_id: str) -> Key:
        return self._pk("G", merge_id), "G"

    def owner(self, member_id: str) -> str:
        return self._pk("OWN", member_id)

    def session_of_owner(self, opened_at: datetime, session_id: str) -> str:
        return f"K#{time_key(opened_at)}#{session_id}"

    def coupon_of_owner(self, is_live: bool, place: str) -> str:
        """What is live and what is ended are two lists."""
        return f"C#{'L' if is_live else 'Z'}#{place}"

    def waiting_merges(self) -> str:
        return self._pk("WAITING")

    def sweep(self, sweep_id: str) -> Key:
        return self._pk("SW", sweep_id), "SW"

    def by_time(self, at: datetime, thing_id: str) -> str:
        return f"{time_key(at)}#{thing_id}"

    def due(self, next_expiry: date, member_id: str) -> Key:
        return due_shard(shard_of(member_id, self.shards)), f"{next_expiry:%Y%m%d}#{member_id}"

    def coupon_due(self, last_day: date, code: str) -> Key:
        return coupon_shard(shard_of(code, self.shards)), f"{last_day:%Y%m%d}#{code}"

    def hold_due(self, until: datetime, source: str, number: str) -> Key:
        order = f"{source}#{number}"
        return hold_shard(shard_of(order, self.shards)), self.by_time(until, order)

    def saga(self, at: datetime, thing_id: str) -> Key:
        return saga_shard(shard_of(thing_id, self.shards)), self.by_time(at, thing_id)

    def _pk(self, *parts: str) -> str:
        return "#".join(("T", self.tenant_id, *parts))


def time_key(instant: datetime) -> str:
    """Sorts instants as texts."""
    return f"{epoch_milliseconds(instant):015}"


def shard_of(thing_id: str, shards: int) -> int:
    """Always the same shard for one thing."""
    return crc32(thing_id.encode()) % shards


def due_shard(shard: int) -> str:
    return f"DUE#PTS#{shard:03}"


def coupon_shard(shard: int) -> str:
    return f"DUE#CPN#{shard:03}"


def hold_shard(shard: int) -> str:
    return f"HOLD#{shard:03}"


def saga_shard(shard: int) -> str:
    return f"SAGA#{shard:03}"


def tenant_of(pk: str) -> str:
    """Every partition key begins with it."""
    return pk.split("#", 2)[1]


def tenant_and_thing(pk: str) -> tuple[str, str]:
    """From a projected partition key `T#<t>#<kind>#<id>`: the tenant and the id."""
    _, tenant_id, _, thing_id = pk.split("#", 3)
    return tenant_id, thing_id
