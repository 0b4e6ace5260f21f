"""Refusals as RFC 9457 problems. The only file that pairs a refusal with an HTTP status."""

import json
import logging
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from flask import Flask, Response, g, request
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from domain import errors
from handlers.json_body import Unreadable

STATUS_OF_KIND: Mapping[type[errors.DomainError], int] = {
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.RuleBroken: 422,
    errors.NotAuthenticated: 401,
    errors.NotPermitted: 403,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}

FIELD_PROBLEMS: Mapping[str, tuple[str, str]] = {
    "required": ("This field must be sent.", "必填"),
    "null-not-allowed": ("This field is not null; leave it out instead.", "不能为空"),
    "invalid-type": ("This is another type than docs/openapi.json says.", "类型不正确"),
    "invalid-format": ("This is not written as docs/openapi.json says.", "格式不正确"),
    "mistyped": ("A digit of this number is wrong or missing; read it again.", "号码有误，请核对"),
    "invalid-choice": ("This is none of the values that docs/openapi.json lists.", "不在可选范围内"),
    "unknown-field": ("There is no such field here.", "不支持的字段"),
    "too-long": ("This is longer, or more, than allowed.", "超出长度限制"),
    "too-short": ("This is shorter, or less, than allowed.", "长度不足"),
    "out-of-range": ("This is too large or too small.", "超出允许范围"),
    "sum-differs": ("These do not add up to the total.", "金额合计不一致"),
    "duplicate": ("This names something twice.", "重复"),
    "out-of-order": ("These stand in the wrong order.", "顺序不正确"),
    "in-the-future": ("This is later than now.", "时间晚于当前时间"),
    "too-old": ("This is too long ago.", "时间过早"),
    "not-supported": ("This is not possible yet.", "暂不支持"),
    "choose-one": ("Send exactly one of these.", "只能提供其中一项"),
}
"""Each code that a field can be refused with: what to do in English, and a message in Chinese."""
UNKNOWN_PROBLEM = ("This cannot be accepted.", "内容有误")

HTTP_PROBLEMS: Mapping[int, tuple[str, str, str]] = {
    400: ("bad-request", "The request cannot be read.", "请求格式不正确"),
    404: ("route-not-found", "There is no such address.", "接口不存在"),
    405: ("method-not-allowed", "This address does not know that method.", "不支持的请求方法"),
    413: ("body-too-large", "The body is larger than 256 KB, or an image larger than 2 MB.", "请求内容过大"),
    415: ("unsupported-media-type", "Send JSON.", "请使用JSON格式"),
}

FIELDS_NAMED_MAX = 100

log = logging.getLogger("tongka.problems")


def status_of(error: type[errors.DomainError]) -> int:
    return next((status for kind, status in STATUS_OF_KIND.items() if issubclass(error, kind)), 500)


def register(app: Flask) -> None:
    """Every answer that is not a success leaves the app through here."""
    app.register_error_handler(errors.DomainError, _refused)
    app.register_error_handler(ValidationError, _invalid)
    app.register_error_handler(Unreadable, _unreadable)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _bug)


def _refused(error: errors.DomainError) -> Response:
    if isinstance(error, errors.Unavailable):
        log.warning("unavailable", extra={"code": error.code})
    fields = [_told(each.field, each.code, error) for each in error.fields]
    response = _problem(
        status_of(type(error)), error.code, error.title, error.message, error.detail, fields, error.context
    )
    if error.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, errors.NotAuthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _invalid(error: ValidationError) -> Response:
    found = islice(_flat(error.messages, ""), FIELDS_NAMED_MAX)
    fields = [_told(field, code) for field, code in found]
    invalid = errors.InvalidInput
    return _problem(422, invalid.code, invalid.title, invalid.message, invalid.title, fields)


def _flat(messages: Any, path: str) -> Iterator[tuple[str, str]]:
    """marshmallow's nested messages as paths with codes; our fields put codes where messages stand."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            # marshmallow's mark for the object itself, unless a client sent a field of that name.
            is_own = name == "_schema" and inner != ["unknown-field"]
            yield from _flat(inner, path if is_own else f"{path}.{name}" if path else str(name))
    else:
        for code in messages:
            yield path, str(code)


def _unreadable(error: Unreadable) -> Response:
    code, title, message = HTTP_PROBLEMS[400]
    return _problem(400, code, title, message, error.reason)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status >= 500:
        return _bug(error)
    code, title, message = HTTP_PROBLEMS.get(status, HTTP_PROBLEMS[400])
    response = _problem(status, code, title, message, title)
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _bug(error: Exception) -> Response:
    log.error("unhandled error", exc_info=error)
    title = "Something went wrong on our side; it was recorded."
    return _problem(500, "internal-error", title, "系统异常，请稍后重试", title)


def _problem(
    status: int,
    code: str,
    title: str,
    message: str,
    detail: str,
    fields: list[dict[str, str]] | None = None,
    extra: Mapping[str, object] | None = None,
) -> Response:
    body = {
        **(extra or {}),
        "type": f"/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "code": code,
        "message": message,
        "trace_id": g.get("trace_id", ""),
    }
    if fields:
        body["errors"] = fields
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status, content_type="application/problem+json")


def _told(field: str, code: str, error: errors.DomainError | None = None) -> dict[str, str]:
    """What is the matter with a field; a refusal that is about one says the same of it as of the whole."""
    said = (error.title, error.message) if error is not None and error.code == code else UNKNOWN_PROBLEM
    title, message = FIELD_PROBLEMS.get(code, said)
    return {"field": field, "code": code, "title": title, "message": message}
