"""The OpenAPI document, from the facts that each route declares."""

import json
import re
from collections.abc import Iterator
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask
from marshmallow import Schema, fields

from domain.actor import Anyone, KeyHolder, MemberSelf
from domain.errors import DomainError, InvalidInput, KeyReused, Unavailable
from handlers import actors
from handlers.actors import KEY_HEADER
from handlers.operation import DRY_HEADER, KEY_MAX, KEY_MIN, REPLAYED_HEADER, Operation
from handlers.problems import HTTP_PROBLEMS, status_of
from handlers.schemas import fields as ours
from handlers.schemas.members import MaskedName, Opened
from handlers.schemas.points import ExactPoints
from serverless.apps.member import member_app
from serverless.apps.staff import staff_app
from serverless.settings import Settings
from serverless.wiring import Wiring

VERSION = "0.1.0"
IMAGES = ("image/jpeg", "image/png")
SECURITY: dict[type, list[dict[str, list[str]]]] = {
    Anyone: [],
    MemberSelf: [{"session": []}],
    KeyHolder: [{"key": [], "timestamp": [], "nonce": [], "signature": []}],
}

WAIT = {"description": "After so many seconds it may work.", "schema": {"type": "integer", "minimum": 0}}
HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"required": True, "schema": {"type": "string", "enum": ["Bearer"]}}},
    409: {"Retry-After": WAIT},
    429: {"Retry-After": {"required": True, **WAIT}},
    503: {"Retry-After": WAIT},
}
"""What a refusal carries beside its body, by status."""


OUR_NUMBERS = re.compile(r" ?\((?:decisions? )?[CD]-\d+[^()]*\)")
"""Of promises and decisions: for whoever reads the code."""


def text() -> str:
    """The document as it is committed: sorted, indented, ending with a line break."""
    plugin = MarshmallowPlugin(schema_name_resolver=_name_of)
    spec = APISpec(
        title="Tongka",
        version=VERSION,
        openapi_version="3.1.0",
        plugins=[plugin],
        info={
            "description": "One membership for WeChat, Alipay and the shop counter. "
            "Money is whole fen, points are whole numbers, times are RFC 3339 with offset.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
    )
    converter: Any = plugin.converter
    if converter is None:
        raise RuntimeError("apispec did not set up its plugin.")
    converter.add_attribute_function(_describe)
    _components(spec)
    for app in apps():
        for path, methods in sorted(_paths(app).items()):
            spec.path(path=path, operations=methods)
    return (
        OUR_NUMBERS.sub("", json.dumps(spec.to_dict(), indent=2, ensure_ascii=False, sort_keys=True)) + "\n"
    )


def apps() -> tuple[Flask, Flask]:
    """Both apps with their routes; nothing is called, so nothing needs to run."""
    settings = Settings(
        table="tongka",
        region="cn-north-1",
        master_key="file:unused",
        shards=1,
        wechat_url="https://api.weixin.qq.com",
        alipay_url="https://openapi.alipay.com/gateway.do",
        sms_url="https://dysmsapi.aliyuncs.com",
        dynamodb_url=None,
        clock_url=None,
    )
    services = Wiring(settings, client=object())
    return member_app(services), staff_app(services)


def operations() -> Iterator[tuple[str, str, str, Operation]]:
    """Method, path, view's name and facts of every route."""
    for app in apps():
        for rule in app.url_map.iter_rules():
            view: Any = app.view_functions[rule.endpoint]
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, rule.rule, rule.endpoint, view.operation


def _paths(app: Flask) -> dict[str, dict[str, Any]]:
    paths: dict[str, dict[str, Any]] = {}
    for rule in app.url_map.iter_rules():
        view: Any = app.view_functions[rule.endpoint]
        path = re.sub(r"<(\w+)>", r"{\1}", rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            paths.setdefault(path, {})[method.lower()] = _operation(
                rule.endpoint, view.operation, view.__doc__
            )
    return paths


def _operation(endpoint: str, facts: Operation, more: str | None) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": endpoint.replace(".", "_"),
        "summary": facts.summary,
        "description": more or facts.summary,
        "tags": [endpoint.split(".", maxsplit=1)[0]],
        "security": next(found for kind, found in SECURITY.items() if issubclass(facts.actor, kind)),
        "parameters": _parameters(facts),
        "responses": _responses(facts),
    }
    if facts.takes:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": facts.takes}},
        }
    if facts.bytes_max:
        binary = {"schema": {"type": "string", "format": "binary", "maxLength": facts.bytes_max}}
        described["requestBody"] = {"required": True, "content": dict.fromkeys(IMAGES, binary)}
    return described


def _parameters(facts: Operation) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = []
    if facts.path:
        parameters.append({"in": "path", "schema": facts.path})
    if facts.query:
        parameters.append({"in": "query", "schema": facts.query})
    if facts.is_keyed:
        key = {"type": "string", "minLength": KEY_MIN, "maxLength": KEY_MAX, "pattern": "^[!-~]+$"}
        parameters.append({"in": "header", "name": KEY_HEADER, "required": True, "schema": key})
    return parameters


def _responses(facts: Operation) -> dict[str, Any]:
    answered: dict[str, Any] = {"description": facts.summary}
    if facts.gives:
        answered["content"] = {"application/json": {"schema": facts.gives}}
    marks = [REPLAYED_HEADER] if facts.is_keyed else []
    marks += [DRY_HEADER] if facts.query and "dry_run" in facts.query().fields else []
    if marks:
        answered["headers"] = {mark: {"schema": {"type": "string", "enum": ["true"]}} for mark in marks}
    codes: dict[int, set[str]] = {400: {HTTP_PROBLEMS[400][0]}, 500: {"internal-error"}}
    if facts.takes or facts.bytes_max:
        codes[413] = {HTTP_PROBLEMS[413][0]}
    for refusal in (*facts.refuses, *_implied(facts)):
        codes.setdefault(status_of(refusal), set()).add(refusal.code)
    problems = {str(status): _problem(status, sorted(found)) for status, found in codes.items()}
    return {str(facts.status): answered, **problems}


def _implied(facts: Operation) -> Iterator[type[DomainError]]:
    yield from actors.refusals(facts.actor, once=facts.stores_nonce)
    if facts.takes or facts.query or facts.path:
        yield InvalidInput
    if facts.is_keyed:
        yield KeyReused
    if facts.actor is not Anyone or facts.takes:
        yield Unavailable


def _problem(status: int, codes: list[str]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": "Refused: " + ", ".join(f"`{code}`" for code in codes),
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in HEADERS:
        described["headers"] = HEADERS[status]
    return described


def _components(spec: APISpec) -> None:
    field_problem = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("field", "code", "title", "message")},
    }
    names = ("type", "title", "detail", "instance", "code", "message", "trace_id")
    properties: dict[str, Any] = {name: {"type": "string"} for name in names}
    properties |= {"status": {"type": "integer"}, "errors": {"type": "array", "items": field_problem}}
    spec.components.schema(
        "Problem", {"type": "object", "required": [*names, "status"], "properties": properties}
    )
    spec.components.security_scheme("session", {"type": "http", "scheme": "bearer"})
    for name in ("key", "timestamp", "nonce", "signature"):
        scheme = {"type": "apiKey", "in": "header", "name": f"Tongka-{name.capitalize()}"}
        spec.components.security_scheme(name, scheme)


def _describe(converter: Any, field: fields.Field[Any], **_: Any) -> dict[str, Any]:
    """apispec calls this for each field."""
    return limits_of(field)


def _name_of(schema: type[Schema] | Schema | str) -> str:
    name = schema if isinstance(schema, str) else getattr(schema, "__name__", type(schema).__name__)
    return str(name)


TYPES: tuple[tuple[tuple[type, ...], dict[str, str]], ...] = (
    ((ours.WholeNumber, ours.PointsField), {"type": "integer"}),
    ((ours.Flag,), {"type": "boolean"}),
    ((ours.Instant,), {"type": "string", "format": "date-time"}),
    ((ours.Day,), {"type": "string", "format": "date"}),
    ((ours.ImageUrl,), {"type": "string", "format": "uri"}),
    ((ours.Text, ours.PhoneField, ours.Choice, Opened, MaskedName, ExactPoints), {"type": "string"}),
)
"""How our own fields look to a client."""


def limits_of(field: fields.Field[Any]) -> dict[str, Any]:
    """The type and the limits of our own fields; the others describe themselves."""
    limits: dict[str, Any] = {}
    for kinds, described in TYPES:
        if isinstance(field, kinds):
            limits |= described
            break
    if field.allow_none and limits:
        limits["type"] = [limits["type"], "null"]
    if isinstance(field, ours.Text):
        limits |= {"minLength": field.shortest, "maxLength": field.longest}
        if field.pattern:
            limits["pattern"] = f"^(?:{field.pattern.pattern})$"
    if isinstance(field, ours.WholeNumber):
        limits |= {"minimum": field.least, "maximum": field.most}
    if isinstance(field, ours.Choice):
        limits["enum"] = [*(choice.value for choice in field.choices), *([None] if field.allow_none else [])]
    if isinstance(field, ours.Described):
        limits |= field.schema()
    if isinstance(field, ours.Parts):
        limits |= {"minItems": field.least, "maxItems": field.most}
    return limits
