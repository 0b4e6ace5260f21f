"""What every refusal looks like, and which codes a route may refuse with."""

import re
from collections.abc import Iterator

from domain.errors import DomainError, InvalidInput
from handlers.actors import refusals
from handlers.operation import Operation
from tests.shop import Answer

CHINESE = re.compile(r"[\u4e00-\u9fff]")
HTTP_CODES = frozenset({"bad-request", "body-too-large"})


def complaints(answer: Answer, facts: Operation, status: int) -> Iterator[str]:
    """What is wrong with a refusal; nothing if all is well."""
    body = answer.json
    if answer.status_code != status:
        yield f"status {answer.status_code} instead of {status}: {answer.text[:200]}"
    if answer.headers.get("Content-Type") != "application/problem+json":
        yield f"content type {answer.headers.get('Content-Type')}"
    if answer.headers.get("Cache-Control") != "no-store":
        yield "may be cached"
    if not str(body.get("title", "")).isascii() or not body.get("title"):
        yield f"title {body.get('title')!r}"
    if not CHINESE.search(str(body.get("message", ""))):
        yield f"message {body.get('message')!r}"
    if body.get("status") != answer.status_code or not body.get("trace_id"):
        yield f"status or trace_id in {answer.text[:200]}"
    if not is_declared(str(body.get("code")), facts):
        yield f"code {body.get('code')!r} is not among those that the operation refuses with"


def fields(answer: Answer) -> list[str]:
    """The names in `errors`."""
    return [error["field"] for error in answer.json.get("errors", [])]


def is_declared(code: str, facts: Operation) -> bool:
    """Whether the operation says that it may refuse so."""
    general = {InvalidInput.code} | HTTP_CODES
    general |= {each.code for each in refusals(facts.actor, once=facts.stores_nonce)}
    return code in general or any(code == kind.code for refusal in facts.refuses for kind in _kinds(refusal))


def _kinds(refusal: type[DomainError]) -> Iterator[type[DomainError]]:
    yield refusal
    for kind in refusal.__subclasses__():
        yield from _kinds(kind)
