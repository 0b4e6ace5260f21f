"""Paths, queries and headers as raw bytes, and the events in which Lambda hands them over."""

import base64
import json
import re
from typing import Any
from urllib.parse import unquote_to_bytes

from domain.page import PAGE_MAX
from serverless.http import FUNCTION_URL, entry
from tests.fuzz.target import Target, Unfounded
from tests.fuzz.till import REFUND, pairs_of, parsed, signed, written
from tests.fuzz.tokens import ISSUED, TOKEN, issued
from tests.fuzz.wire import Ask, Said, ask_environ, people, staff
from tests.fuzz.world import MEMBER, MERGE, ORDER, TENANT, world

OFFICE = f"{TENANT}.office"
PATHS = {
    "read": ("GET", f"/v1/staff/members/{MEMBER}", ""),
    "logins": ("GET", f"/v1/staff/members/{MEMBER}", "/logins"),
    "points": ("GET", f"/v1/staff/members/{MEMBER}", "/points"),
    "merge": ("GET", f"/v1/staff/merges/{MERGE}", ""),
    "undo": ("POST", f"/v1/staff/merges/{MERGE}", "/undo"),
    "refund": ("POST", f"/v1/till/orders/{ORDER}", "/refunds"),
}
"""What stands before and behind the part that is fuzzed: the id."""
PAGES = {
    "logins": ("/v1/me/logins", "logins"),
    "entries": ("/v1/me/points/entries", "entries"),
    "office": (f"/v1/staff/members/{MEMBER}/points/entries", "office"),
}
WORDS = (
    *(
        b"%00",
        b"%0a",
        b"%2F",
        b"%2e%2e",
        b"%C3%28",
        b"%ed%a0%80",
        b"%",
        b"%%",
        b"/",
        b"//",
        b"..",
        b";",
        b"?",
        b"#",
    ),
    *(b"limit=1", b"cursor=", b"&", b"=", b"+", b"\xff", b"\x00", "会".encode(), b"{}", b"<member_id>", b"_"),
)


def walk(data: bytes) -> bool:
    """The name of a path, a line break, and the id in it, percent-encoded or not."""
    name, _, raw = data.partition(b"\n")
    method, known, rest = PATHS[name.decode("latin-1") if name.decode("latin-1") in PATHS else "read"]
    before, _, thing_id = known.rpartition("/")
    path = f"{before}/".encode() + raw + rest.encode()
    body = json.dumps(REFUND).encode() if rest == "/refunds" else b""
    answer = staff(signed(Ask(method, path, body=body), OFFICE))
    is_found = answer.is_accepted or answer.code == "merge-not-done"
    if is_found and unquote_to_bytes(raw).decode(errors="replace").split("/")[0] not in {thing_id, MEMBER}:
        raise Unfounded(f"{path!r} found something.")
    return is_found


def question(data: bytes) -> bool:
    """The name of a list, a line break, and a raw query."""
    name, _, query = data.partition(b"\n")
    which = name.decode("latin-1") if name.decode("latin-1") in PAGES else "logins"
    path, list_name = PAGES[which]
    ask = Ask("GET", path.encode(), query)
    token = (("Authorization", f"Bearer {TOKEN}".encode()),)
    answer = staff(signed(ask, OFFICE)) if which == "office" else people(Ask("GET", ask.path, query, token))
    if answer.is_accepted and not _is_page(query, issued(list_name)):
        raise Unfounded(f"{query!r} was understood.")
    return answer.is_accepted


def _is_page(query: bytes, cursor: str) -> bool:
    pairs = pairs_of(query)
    given = dict(pairs)
    limit = given.get("limit", "1")
    return (
        len(given) == len(pairs)
        and set(given) <= {"limit", "cursor"}
        and re.fullmatch(r"[0-9]{1,9}", limit) is not None
        and 1 <= int(limit) <= PAGE_MAX
        and given.get("cursor", cursor) == cursor
    )


def shout(data: bytes) -> bool:
    """A request with whatever headers, to the app of people; a token is among the words."""
    return _by_token(people(parsed(data)), dict(parsed(data).headers))


def _by_token(answer: Said, headers: dict[str, bytes]) -> bool:
    is_person = answer.is_accepted and "member_id" in answer.json
    token = headers.get("Authorization", b"").decode("latin-1").partition(" ")[2].strip(" ")
    if is_person and ISSUED.get(token) != answer.json["member_id"]:
        raise Unfounded(f"{answer.json['member_id']} was told to somebody with {token!r}.")
    return is_person


def invoke(data: bytes) -> bool:
    """The same as an event of an HTTP API, or with `urlevent` in the path, as one of a function URL."""
    request, heard = parsed(data), []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        heard.append(ask_environ(world().people, environ))
        start_response("200 OK", [])
        return []

    entry(app)(_event(request, is_url=b"urlevent" in data), None)
    headers = {name: value.decode(errors="replace").encode() for name, value in request.headers}
    return _by_token(heard[0], headers)


def _event(request: Ask, *, is_url: bool) -> dict[str, Any]:
    path = request.path if is_url else unquote_to_bytes(request.path)
    return {
        "version": "2.0",
        "rawPath": path.decode(errors="replace"),
        "rawQueryString": request.query.decode(errors="replace"),
        "headers": {name.lower(): value.decode(errors="replace") for name, value in request.headers},
        "requestContext": {
            "domainName": f"x{FUNCTION_URL if is_url else '.execute-api.'}cn-north-1.example",
            "http": {"method": request.method, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9"},
            "stage": "$default",
        },
        "body": base64.b64encode(request.body).decode(),
        "isBase64Encoded": True,
    }


def targets() -> tuple[Target, ...]:
    odd = (
        "..",
        "%2e%2e/merges",
        "m_cam.ellia",
        "M_CAMELLIA",
        "m_camellia%00",
        "m_camellia%0a",
        "%6d_camelli",
        "_",
    )
    nobody = tuple(f"read\n{thing_id}".encode() for thing_id in odd)
    paths = tuple(f"{name}\n{known.rpartition('/')[2]}".encode() for name, (_, known, _) in PATHS.items())
    pages = tuple(f"{name}\nlimit=1&cursor={issued(which)}".encode() for name, (_, which) in PAGES.items())
    queries = (
        b"logins\nlimit=0",
        b"logins\nlimit=1&limit=1",
        b"office\ncursor=AAAA",
        b"entries\nmember_id=m_fan",
    )
    token = (("Authorization", f"Bearer {TOKEN}".encode()),)
    me = Ask(
        "GET", b"/v1/me", b"", (*token, ("Host", b"api.example.com"), ("X-Amzn-Trace-Id", b"Root=1-67891233"))
    )
    change = Ask("PATCH", b"/v1/me", b"", (*token, ("Content-Type", b"application/json")), b"{}")
    health = Ask(
        "GET", b"/v1/auth/health", b"", (("Content-Length", b"-1"), ("Transfer-Encoding", b"chunked"))
    )
    names = (
        b"Host: ",
        b"Content-Length: ",
        b"Content-Type: ",
        b"Expect: 100-continue",
        b"X-Http-Method-Override: GET",
    )
    headers = (*names, b"Transfer-Encoding: ", b"Cookie: ", b"Range: ", b"X-Forwarded-Host: ", b"\r", b"\x7f")
    good, other = (written(me), written(change)), (written(health),)
    return (
        Target("path", walk, paths, nobody, WORDS, 700),
        Target("query", question, pages, queries, WORDS, 800),
        Target("header", shout, good, other, (*WORDS, *headers), 700),
        Target("lambda-event", invoke, good, (*other, b"GET /urlevent\n\n"), (*WORDS, *headers), 600),
    )
