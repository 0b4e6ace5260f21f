"""The chain of hashes: an entry cannot be changed without breaking every later one."""

import hashlib
import json
from collections.abc import Iterable

from msgspec.structs import replace

from domain.money import Rounding
from domain.points.model import EARNING, Entry, Gain, Given, Posting
from domain.programme.event import Birthday


def sealed(entry: Entry) -> Entry:
    """The entry with its hash."""
    return replace(entry, hash=hash_of(entry))


def hash_of(entry: Entry) -> bytes:
    """SHA-256 of the previous hash and the entry's fields as canonical JSON."""
    cause = entry.cause
    fields = {
        "member_id": entry.member_id,
        "sequence": entry.sequence,
        "kind": entry.kind.value,
        "points": entry.points.count,
        "balance": entry.balance.count,
        "postings": [_posting(posting) for posting in entry.postings],
        "debt": entry.debt.count,
        "orders": entry.tally.orders,
        "spend": entry.tally.spend.fen,
        "reason": cause.reason,
        "order": [cause.order_id.source, cause.order_id.number] if cause.order_id else None,
        "refund": cause.refund_number,
        "merge": cause.merge_id,
        "other_member": cause.other_member_id,
        "programme": cause.programme_version,
        "store": cause.store_id,
        "occurred_at": int(cause.occurred_at.timestamp()) if cause.occurred_at else None,
        "caller": entry.caller,
        "at": round(entry.at.timestamp() * 1000),
    }
    fields |= {name: value for name, value in _later_fields(entry).items() if value}
    if entry.given is not None:
        fields["given"] = given_parts(entry.given)
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(entry.previous + text.encode()).digest()


def _posting(posting: Posting) -> list[object]:
    lot = posting.lot
    held = [str(lot.held_through)] if lot.held_through else []
    return [str(lot.valid_through or ""), lot.source, posting.points.count, *held]


def _later_fields(entry: Entry) -> dict[str, object]:
    """What the first version did not know; left out where it is nothing."""
    return {
        "earned": entry.tally.earned.count if entry.kind not in EARNING else 0,
        "activities": entry.tally.activities,
        "month": entry.month,
        "note": entry.cause.note,
        "reward": entry.cause.reward_id,
        "reward_name": entry.cause.reward_name,
        "exchange": entry.cause.exchange_id,
        "template": entry.cause.template_id,
        "coupons": entry.cause.coupons,
    }


def _gains(gains: Iterable[Gain]) -> list[list[object]]:
    return [[gain.rule_id, gain.rule_version, str(gain.exact)] for gain in gains]


def given_parts(given: Given) -> dict[str, object]:
    """Plain values, the same for the hash and for the table; what is as usual is left out."""
    person = given.person
    facts: dict[str, object] = {
        "fan": not person.is_member,
        "tier": person.tier_id,
        "birthday": person.birthday.value if person.birthday is not Birthday.UNKNOWN else None,
        "orders": person.order_count,
        "streak": person.streak,
        "used": {rule_id: [used.today, used.ever] for rule_id, used in sorted(person.used.items())},
    }
    parts: dict[str, object] = {
        "gains": _gains(given.gains),
        "granted": _gains(given.granted),
        "rounding": given.rounding.value if given.rounding is not Rounding.DOWN else None,
        "person": {name: value for name, value in facts.items() if value},
        "left": dict(given.left),
        "over": given.was_over,
    }
    return {name: value for name, value in parts.items() if value}
