"""Every field of every request, with all that can be wrong with it: refused, named, nothing written."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from marshmallow import Schema
from msgspec.structs import replace

from handlers.operation import Operation
from tests.handlers.bad_values import UNKNOWN, Path, Place, bad_json, bad_texts, objects, places
from tests.handlers.objects import BUILDERS
from tests.handlers.problems import complaints, fields
from tests.handlers.scene import Sample, Scene, nobody, operation_of, operations, raw_body
from tests.shop import Answer, Door

HERE = "\u2603 here \u2603"
LONG = 80

BODIES = [
    (b"", 400),
    (b" ", 400),
    (b"nothing like JSON", 400),
    (b"[]", 400),
    (b"[{}]", 400),
    (b'"text"', 400),
    (b"1", 400),
    (b"null", 400),
    (b"true", 400),
    (b"{", 400),
    (b"{}{}", 400),
    (b"{'a': 1}", 400),
    (b'{"a": 1,}', 400),
    (b"\xff\xfe{}", 400),
    ('{"code": "x"}'.encode("utf-16"), 400),
    ('{"code": "x"}'.encode("utf-16-be"), 400),
    ('{"code": "x"}'.encode("utf-32"), 400),
    (b'\xef\xbb\xbf{"code": "x"}', 400),
    (b'{"code": "\xff"}', 400),
    (b'{"code": "\xed\xa0\x80"}', 400),
    (b'{"code": "a\nb"}', 400),
    (b'{"a":' * 20 + b"1" + b"}" * 20, 422),
    (b'{"a":' * 21 + b"1" + b"}" * 21, 400),
    (b'{"a":' + b"[" * 20 + b"]" * 20 + b"}", 400),
    (b'{"a":' * 40_000 + b"1" + b"}" * 40_000, 400),
    (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
    (b"[" * 100_000, 400),
    (b'{"a":"' + b"x" * (256 * 1024 - 8) + b'"}', 422),
    (b'{"a":"' + b"x" * (256 * 1024 - 7) + b'"}', 413),
]
"""Whole bodies; no operation has a field `a`."""

UNKNOWN_ADDRESSES = [
    *("/", "/v1", "/v1/me/", "/v1/me/points/", "/v1/you", "/v2/me", "/V1/me", "/v1/me/\u0000", "/.env", "/é"),
    *("/v1/staff/members/", "/v1/staff/members/a/b", "/v1/me/../staff/merges", "/" + "x" * 5000, "/static/x"),
]


def test_each_route_has_a_valid_request_to_start_from(scene: Scene) -> None:
    assert set(BUILDERS) == {endpoint for endpoint, _ in operations(scene.shop.people, scene.shop.staff)}


@pytest.mark.parametrize("endpoint", BUILDERS)
def test_whatever_is_wrong_with_a_request_it_is_refused_and_nothing_is_written(
    scene: Scene, endpoint: str
) -> None:
    door = scene.door(endpoint)
    facts = operation_of(door.app, endpoint)
    sample = BUILDERS[endpoint](scene.shop)
    before = scene.items()

    wrong = list(Walk(door, sample, facts).complaints())

    assert not wrong, f"{len(wrong)} complaints:\n" + "\n".join(wrong[:60])
    assert scene.items() == before
    assert sample.send(door, raw_body(sample)).status_code == facts.status, "the request itself is valid"


class Walk:
    """Sends one operation's request in all its wrong forms."""

    def __init__(self, door: Door, sample: Sample, facts: Operation) -> None:
        self.door, self.sample, self.facts = door, sample, facts

    def complaints(self) -> Iterator[str]:
        if self.facts.takes:
            yield from self._bodies()
            yield from self._fields(self.facts.takes())
            yield from self._unknown_fields(self.facts.takes())
        elif self.facts.bytes_max:
            yield from self._content()
        else:
            yield from self._no_body()
        yield from self._query(self.facts.query() if self.facts.query else None)
        if self.facts.path:
            yield from self._path(self.facts.path())

    def _bodies(self) -> Iterator[str]:
        for raw, status in BODIES:
            expected = ["a"] if status == 422 else []
            answer = self.sample.send(self.door, raw)
            yield from self._judge(f"body {raw[:LONG]!r}", answer, status, expected, among=True)
        doubled = json.dumps(self.sample.body)
        first = next(iter(self.sample.body or {}))
        doubled = f'{{"{first}": null, {doubled[1:]}'
        yield from self._judge("a field twice", self.sample.send(self.door, doubled.encode()), 400, [])

    def _fields(self, schema: Schema) -> Iterator[str]:
        for number, place in enumerate(places(schema)):
            if place.field.required:
                yield from self._missing(place)
            for raw, status in bad_json(place.field):
                if number and status != 422:
                    continue  # What cannot be read is refused before any field is looked at.
                body = json.dumps(_with(self.sample.body, place, HERE)).replace(json.dumps(HERE), raw)
                expected = [place.name] if status == 422 else []
                answer = self.sample.send(self.door, body.encode())
                what = f"{place.name} = {raw[:LONG]}"
                yield from self._judge(what, answer, status, expected, inside=place.is_container)

    def _missing(self, place: Place) -> Iterator[str]:
        body = _with(self.sample.body, place, HERE)
        parent = _parent(body, place.path)
        del parent[place.path[-1]]
        answer = self.sample.send(self.door, json.dumps(body).encode())
        yield from self._judge(f"{place.name} missing", answer, 422, [place.name])

    def _unknown_fields(self, schema: Schema) -> Iterator[str]:
        for at, inner in objects(schema):
            for name in (*UNKNOWN, "member_id", "phone", "amount", "tenant"):
                if name in inner.fields:
                    continue
                body = copy.deepcopy(self.sample.body)
                _parent(body, (*at, name))[name] = 1_000_000
                path = ".".join(str(part) for part in (*at, name))
                answer = self.sample.send(self.door, json.dumps(body).encode())
                yield from self._judge(f"unknown {path}", answer, 422, [path])

    def _content(self) -> Iterator[str]:
        good = self.sample.content or b""
        for raw in (b"", b"{}", b"GIF89a", good[:-1], good + b"\0", good[1:], good[:8] + good[-12:]):
            yield from self._judge(f"body {raw[:LONG]!r}", self.sample.send(self.door, raw), 422, [])
        answer = self.sample.send(self.door, good + b"\0" * self.facts.bytes_max)
        yield from self._judge("a large body", answer, 413, [])

    def _no_body(self) -> Iterator[str]:
        for raw in (b"[]", b"{", b'"x"', b'{"balance": 1}', b"\xff", b"[" * 100_000, b"null"):
            answer = self.sample.send(self.door, raw)
            yield from self._judge(f"body {raw[:LONG]!r}", answer, 400, [])
        answer = self.sample.send(self.door, b"{" + b" " * 256 * 1024)
        yield from self._judge("a large body", answer, 413, [])

    def _query(self, schema: Schema | None) -> Iterator[str]:
        raw = raw_body(self.sample)
        known = self.sample.query

        def sent(query: tuple[tuple[str, str], ...]) -> Answer:
            return replace(self.sample, query=query).send(self.door, raw)

        unknown = (*known, ("balance", "1"))
        yield from self._judge(
            "unknown parameter", sent(unknown), 422 if schema else 400, ["balance"] if schema else []
        )
        if schema is None:
            return
        for place in places(schema):
            others = tuple(pair for pair in known if pair[0] not in {place.name, *place.rivals})
            for text in bad_texts(place.field):
                answer = sent((*others, (place.name, text)))
                yield from self._judge(f"{place.name} = {text[:LONG]!r}", answer, 422, [place.name])
            twice = (*others, (place.name, "1"), (place.name, "1"))
            yield from self._judge(f"{place.name} twice", sent(twice), 400, [])

    def _path(self, schema: Schema) -> Iterator[str]:
        raw = raw_body(self.sample)
        for place in places(schema):
            rule = next(
                rule.rule
                for rule in self.door.app.url_map.iter_rules()
                if operation_of(self.door.app, rule.endpoint) is self.facts
            )
            here = rule.split("/").index(f"<{place.name}>")
            for text in bad_texts(place.field):
                if not text or "/" in text:
                    continue
                parts = self.sample.path.split("/")
                parts[here] = text
                answer = replace(self.sample, path="/".join(parts)).send(self.door, raw)
                yield from self._judge(f"{place.name} = {text[:LONG]!r}", answer, 422, [place.name])

    def _judge(
        self,
        what: str,
        answer: Answer,
        status: int,
        expected: list[str],
        *,
        among: bool = False,
        inside: bool = False,
    ) -> Iterator[str]:
        for complaint in complaints(answer, self.facts, status):
            yield f"{what}: {complaint}"
        named = fields(answer)
        if among:
            named = [name for name in named if name in expected]
        if inside and named and all(f"{name}.".startswith(f"{expected[0]}.") for name in named):
            return
        if named != expected:
            yield f"{what}: names the fields {named[:5]} instead of {expected}"


def _with(body: Any, place: Place, value: object) -> Any:
    """A copy of the body with the value in its place, and nothing that excludes it."""
    body = copy.deepcopy(body)
    parent = _parent(body, place.path)
    for rival in place.rivals:
        parent.pop(rival, None)
    parent[place.path[-1]] = value
    return body


def _parent(body: Any, path: Path) -> Any:
    for part in path[:-1]:
        body = body[part]
    return body


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("endpoint", BUILDERS)
def test_a_wrong_method_is_refused(scene: Scene, endpoint: str, method: str) -> None:
    door = scene.door(endpoint)
    rule = next(rule for rule in door.app.url_map.iter_rules() if rule.endpoint == endpoint)
    there = [each.methods or () for each in door.app.url_map.iter_rules() if each.rule == rule.rule]
    method = "POST" if any(method in methods for methods in there) else method
    path = rule.rule.replace("<", "").replace(">", "")

    answer = Sample(method, path).send(door, b"")

    assert (answer.status_code, answer.json["code"]) == (405, "method-not-allowed")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "Allow" in answer.headers
    assert answer.json["message"] == "不支持的请求方法"


@pytest.mark.parametrize("path", UNKNOWN_ADDRESSES)
def test_an_unknown_address_is_not_found(scene: Scene, path: str) -> None:
    for door in (scene.shop.people, scene.shop.staff):
        answer = Sample("GET", path, nobody).send(door, b"")

        assert (answer.status_code, answer.json["code"]) == (404, "route-not-found")
        assert answer.headers["Content-Type"] == "application/problem+json"
