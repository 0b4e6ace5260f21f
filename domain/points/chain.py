"""The chain of hashes: an entry cannot be changed without breaking every later one."""

import hashlib
import json
from dataclasses import replace

from domain.points.model import Entry


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
        "postings": [
            [str(posting.lot.valid_through or ""), posting.lot.source, posting.points.count]
            for posting in entry.postings
        ],
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
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(entry.previous + text.encode()).digest()
