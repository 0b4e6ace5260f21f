"""Everything the business can refuse.

DomainError
├── NotFound          the thing does not exist
├── Conflict          somebody else got there first; reading again may help
├── RuleBroken        understood, and the rules say no
├── NotAuthenticated  nobody proved who is asking
├── NotPermitted      this actor may not do this
├── TooMany           allowed, but not so often
└── Unavailable       a system we depend on did not answer, or the outcome is unknown
"""

from typing import ClassVar

from msgspec import Struct


class FieldProblem(Struct, frozen=True):
    """One field of a request that cannot be accepted, by its path on the wire (`lines.0.sku`)."""

    field: str
    code: str


class DomainError(Exception):
    """A refusal: a stable `code` for machines, a `title` in English, a `message` in Chinese for a toast."""

    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "The request was refused."
    message: ClassVar[str] = "操作未能完成"

    def __init__(
        self,
        detail: str = "",
        *,
        fields: tuple[FieldProblem, ...] = (),
        retry_after_seconds: int | None = None,
        **context: object,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.fields = fields
        self.retry_after_seconds = retry_after_seconds
        self.context = context


class NotFound(DomainError):
    code = "not-found"
    title = "There is no such thing."
    message = "未找到"


class Conflict(DomainError):
    code = "conflict"
    title = "Something changed at the same moment; please try again."
    message = "数据刚刚发生变化，请重试"


class RuleBroken(DomainError):
    code = "rule-broken"
    title = "The rules do not allow this."
    message = "不符合规则"


class NotAuthenticated(DomainError):
    code = "not-authenticated"
    title = "Log in first."
    message = "请先登录"


class NotPermitted(DomainError):
    code = "not-permitted"
    title = "This caller may not do this."
    message = "没有权限"


class TooMany(DomainError):
    code = "too-many"
    title = "Too many requests; wait and try again."
    message = "操作过于频繁，请稍后再试"


class Unavailable(DomainError):
    code = "unavailable"
    title = "The service is not available right now; repeat the same request."
    message = "服务暂时不可用，请稍后重试"


class InvalidInput(RuleBroken):
    """One or more fields cannot be accepted; `fields` names them."""

    code = "invalid-input"
    title = "Some fields are not valid."
    message = "提交的内容有误"


class KeyReused(RuleBroken):
    code = "idempotency-key-reused"
    title = "This idempotency key was used before for another request."
    message = "该幂等键已用于其他请求"


def invalid(field: str, code: str, detail: str = "") -> InvalidInput:
    """The refusal of one field."""
    return InvalidInput(detail, fields=(FieldProblem(field, code),))
