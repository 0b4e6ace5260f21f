"""What the table refuses, and the form in which botocore's client raises it."""

from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

Reason = dict[str, Any]
CONFLICT: Reason = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
"""The reason at a place whose item another transaction holds."""


class Refusal(Exception):
    """An answer that is not success; `beside` is what stands next to Error in the response."""

    def __init__(self, code: str, message: str, **beside: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.beside = code, message, beside

    def to_client_error(self, operation: str) -> ClientError:
        response: Any = {
            "Error": {"Code": self.code, "Message": self.message},
            "ResponseMetadata": {"HTTPStatusCode": 400, "RetryAttempts": 0},
            **self.beside,
        }
        name = "".join(word.capitalize() for word in operation.split("_"))
        return ClientError(response, name)


class Invalid(Refusal):
    """The request is wrong by itself, whatever is stored."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


class InvalidForItem(Invalid):
    """Wrong for the table's keys or for the item: inside a transaction, a reason of the cancellation."""

    @property
    def reason(self) -> Reason:
        return {"Code": "ValidationError", "Message": self.message}


class ConditionFailed(Refusal):
    """The stored item is handed back where the request asks for it."""

    def __init__(self, item: dict[str, Any] | None) -> None:
        beside = {} if item is None else {"Item": item}
        super().__init__("ConditionalCheckFailedException", "The conditional request failed", **beside)

    @property
    def reason(self) -> Reason:
        return {"Code": "ConditionalCheckFailed", "Message": self.message, **self.beside}


def conflict() -> Refusal:
    """A single write met an item that a transaction holds."""
    return Refusal("TransactionConflictException", CONFLICT["Message"])


def missing_table() -> Refusal:
    return Refusal("ResourceNotFoundException", "Requested resource not found")


def other_request() -> Refusal:
    """The token stands for another request."""
    return Refusal(
        "IdempotentParameterMismatchException",
        "The request uses the same client token as a previous, but non-identical request.",
    )


def cancelled(reasons: list[Reason]) -> Refusal:
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return Refusal("TransactionCanceledException", message, CancellationReasons=reasons)


def malformed(report: str) -> ParamValidationError:
    """What the client refuses before it sends anything."""
    return ParamValidationError(report=report)
