"""Signed requests: what the till's secret did not sign is nobody's request, whatever was changed."""

import hashlib
import hmac
import json
import re
from urllib.parse import unquote_to_bytes

from tests.fuzz.target import Target, Unfounded
from tests.fuzz.wire import Ask, Said, staff
from tests.fuzz.world import (
    MEMBER,
    MERGE,
    NOW,
    OFFICE_SECRET,
    ORDER,
    RIVAL,
    TENANT,
    TILL_SECRET,
    secret_of,
)
from tests.handlers.signing import canonical

SECRETS = {
    f"{tenant_id}.{key_id}": secret_of(tenant_id, secret)
    for tenant_id in (TENANT, RIVAL)
    for key_id, secret in (("till", TILL_SECRET), ("office", OFFICE_SECRET))
}
STAMP = str(int(NOW.timestamp()))
PARAMETERS_MAX = 20
VISIBLE = re.compile(r"[!-~]+")
SIGN_HERE = b"sign"
"""In the place of the signature: the till signs what it sends, odd as it may be."""
UNROUTED = frozenset({"route-not-found", "method-not-allowed", "body-too-large"})
LINE = {"sku": "latte", "category": "coffee", "quantity": 1, "amount_fen": 5000}
BILL = {
    "order_number": "N-2",
    "store_id": "nanjing-road",
    "paid_at": NOW.isoformat(),
    "member": {"member_id": MEMBER},
    "lines": [LINE],
    "payments": [{"method": "cash", "amount_fen": 5000}],
    "total_fen": 5000,
}
REFUND = {
    "refund_number": "R-1",
    "store_id": "nanjing-road",
    "refunded_at": NOW.isoformat(),
    "payments": [{"method": "cash", "amount_fen": 100}],
    "total_fen": 100,
}


def parsed(data: bytes) -> Ask:
    """`METHOD /path?query`, header lines, an empty line, the body."""
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, _, target = first.decode("latin-1").partition(" ")
    path, _, query = target.encode("latin-1").partition(b"?")
    path = path if path.startswith(b"/") else b"/" + path
    headers = tuple(
        (name.decode("latin-1").strip().title(), value.strip())
        for name, colon, value in (line.partition(b":") for line in lines)
        if colon and name.strip()
    )
    return Ask(method or "GET", path, query, headers, body)


def written(request: Ask) -> bytes:
    """The reverse of `parsed`."""
    target = request.path + (b"?" + request.query if request.query else b"")
    lines = [name.encode() + b": " + value for name, value in request.headers]
    return b"\n".join([request.method.encode() + b" " + target, *lines]) + b"\n\n" + request.body


def signed(request: Ask, key: str = f"{TENANT}.till", stamp: str = STAMP, nonce: str = "n-1") -> Ask:
    """As docs/signing.md says, with the secret of the key."""
    unsigned = request.with_headers(Tongka_Key=key, Tongka_Timestamp=stamp, Tongka_Nonce=nonce)
    return unsigned.with_headers(Tongka_Signature=signature_of(unsigned, key, stamp, nonce))


def signature_of(request: Ask, key: str, stamp: str, nonce: str) -> str:
    """Nothing that fits, if the query cannot be read."""
    try:
        pairs = tuple(pairs_of(request.query))
    except UnicodeDecodeError:
        return "0" * 64
    path = unquote_to_bytes(request.path).decode(errors="replace")
    idempotency_key = dict(request.headers).get("Idempotency-Key", b"").decode("latin-1")
    text = canonical(key, request.method.upper(), path, pairs, request.body, stamp, nonce, idempotency_key)
    return hmac.new(SECRETS.get(key, "nobody's").encode(), text.encode(), hashlib.sha256).hexdigest()


def pairs_of(query: bytes) -> list[tuple[str, str]]:
    """What the bytes of a query mean. Raises UnicodeDecodeError if they mean nothing."""
    pieces = (piece.partition(b"=") for piece in query.split(b"&") if piece)
    return [(_text(name), _text(value)) for name, _, value in pieces]


def _text(piece: bytes) -> str:
    return unquote_to_bytes(piece.replace(b"+", b" ")).decode()


def send(data: bytes) -> bool:
    request = parsed(data)
    if not _is_readable(request.query):
        answer = staff(request)
        if not (answer.status == 400 or _is_open(request, answer)) and answer.code != "credential-missing":
            raise Unfounded(f"{answer.status} {answer.code} for a query that says nothing")
        return False
    request = _with_signature(request)
    answer = staff(request)
    is_signed = _is_signed(request, dict(request.headers))
    if not _is_open(request, answer) and is_signed != (answer.status != 401):
        raise Unfounded(f"{answer.status} {answer.code} for {'a' if is_signed else 'no'} good signature")
    return answer.is_accepted


def _is_open(request: Ask, answer: Said) -> bool:
    """Nobody needs to sign for that."""
    return answer.code in UNROUTED or request.path.endswith(b"/health")


def _is_readable(query: bytes) -> bool:
    try:
        return len(pairs_of(query)) <= PARAMETERS_MAX
    except UnicodeDecodeError:
        return False


def _with_signature(request: Ask) -> Ask:
    """Signed by the till itself, if the input says so and the headers can be written down."""
    given = {name: value.decode("latin-1") for name, value in request.headers}
    key, stamp, nonce = (given.get(f"Tongka-{name}", "") for name in ("Key", "Timestamp", "Nonce"))
    if given.get("Tongka-Signature", "").encode("latin-1") != SIGN_HERE:
        return request
    return request.with_headers(Tongka_Signature=signature_of(request, key, stamp, nonce))


def _is_signed(request: Ask, given: dict[str, bytes]) -> bool:
    """Our own opinion, from the documentation."""
    names = ("Key", "Timestamp", "Nonce", "Signature")
    key, stamp, nonce, signature = (given.get(f"Tongka-{name}", b"").decode("latin-1") for name in names)
    if key not in SECRETS or not VISIBLE.fullmatch(nonce) or len(nonce) > 64:
        return False
    if not re.fullmatch(r"[0-9]{1,12}", stamp) or abs(int(stamp) - int(STAMP)) > 300:
        return False
    return hmac.compare_digest(signature_of(request, key, stamp, nonce).encode(), signature.encode())


def targets() -> tuple[Target, ...]:
    office = f"{TENANT}.office"
    json_type = (("Content-Type", b"application/json"),)
    questions = (
        Ask("GET", b"/v1/till/members", b"member_id=" + MEMBER.encode()),
        Ask("POST", b"/v1/till/orders", b"", json_type, json.dumps(BILL).encode()),
        Ask("POST", f"/v1/till/orders/{ORDER}/refunds".encode(), b"", json_type, json.dumps(REFUND).encode()),
    )
    decisions = (
        Ask("GET", f"/v1/staff/members/{MEMBER}/points/entries".encode(), b"limit=1"),
        Ask("POST", f"/v1/staff/merges/{MERGE}/reject".encode(), b"", json_type, b'{"release_phone": false}'),
    )
    adjustment = Ask(
        "POST",
        f"/v1/staff/members/{MEMBER}/points/adjustments".encode(),
        b"",
        (*json_type, ("Idempotency-Key", b"made-before-the-first-try")),
        b'{"points": 5, "reason": "x"}',
    )
    good = [signed(ask) for ask in questions]
    good += [signed(ask, office) for ask in (*decisions, adjustment)]
    unsigned = [
        ask.with_headers(
            Tongka_Key=office, Tongka_Timestamp=STAMP, Tongka_Nonce="n-1", Tongka_Signature="sign"
        )
        for ask in (*questions, *decisions)
    ]
    bad = (
        signed(questions[0], f"{RIVAL}.till"),
        signed(questions[0], stamp=str(int(STAMP) - 301)),
        signed(questions[1], f"{TENANT}.nobody"),
        signed(adjustment, office).with_headers(Idempotency_Key="the-key-of-somebody-else"),
    )
    words = (
        b"%0A",
        b"%00",
        b"%ff",
        b"+",
        b"%2B",
        b"&",
        b"=",
        b"limit=1",
        b"..",
        b"//",
        *map(str.encode, SECRETS),
    )
    genuine = tuple(written(ask) for ask in (*good, *unsigned))
    return (Target("till", send, genuine, tuple(written(ask) for ask in bad), words, 1_500),)
