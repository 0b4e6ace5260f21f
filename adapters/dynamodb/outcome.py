"""What can come back from the store instead of success (docs/data.md, error table)."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
)

RawItem = dict[str, dict[str, Any]]

CONDITION_FAILED = "ConditionalCheckFailed"
NOT_APPLIED_FOR_NOW = frozenset({"TransactionConflict", "TransactionInProgress"})
THROTTLED = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"})


class StoreProblem(Exception):
    """Not success. Never leaves the unit of work."""


class Lost(StoreProblem):
    """Nothing was written: at these positions the stored item was not as the plan had read it."""

    def __init__(self, images: Mapping[int, RawItem | None]) -> None:
        super().__init__(f"conditions failed at {sorted(images)}")
        self.images = images


class Busy(StoreProblem):
    """Nothing was written or read; trying again soon may help."""

    def __init__(self, code: str, *, throttled: bool) -> None:
        super().__init__(code)
        self.throttled = throttled


class Unknown(StoreProblem):
    """No answer: the write may have happened or not."""


NOT_ASKED = (NoCredentialsError, PartialCredentialsError)
"""Somebody has to set something; asking again helps nobody."""


def outcome_of(error: Exception) -> Exception:
    """The problem behind a client's error; an error that says nothing about the store comes back as it is."""
    if isinstance(error, ClientError):
        return _of_answer(error.response) or error
    if isinstance(error, ConnectTimeoutError | EndpointConnectionError):
        return Busy(type(error).__name__, throttled=True)
    is_of_the_store = isinstance(error, BotoCoreError) and not isinstance(error, NOT_ASKED)
    return Unknown(type(error).__name__) if is_of_the_store else error


def _of_answer(response: dict[str, Any]) -> StoreProblem | None:
    code: str = response["Error"]["Code"].removesuffix("Exception")
    if code == "TransactionCanceled":
        return _of_reasons(response.get("CancellationReasons", []))
    if code == "ConditionalCheckFailed":
        return Lost({0: response.get("Item")})
    if code in NOT_APPLIED_FOR_NOW:
        return Busy(code, throttled=False)
    if code in THROTTLED or code == "Throttling":
        return Busy(code, throttled=True)
    if response["ResponseMetadata"].get("HTTPStatusCode", 500) >= 500:
        return Unknown(code)
    return None


def _of_reasons(reasons: list[dict[str, Any]]) -> StoreProblem | None:
    codes = [reason.get("Code", "None") for reason in reasons]
    # While something is busy, a failed condition beside it proves nothing yet.
    if any(code in THROTTLED for code in codes):
        return Busy("throttled", throttled=True)
    if any(code in NOT_APPLIED_FOR_NOW for code in codes):
        return Busy("conflict", throttled=False)
    failed = {
        place: reasons[place].get("Item") for place, code in enumerate(codes) if code == CONDITION_FAILED
    }
    if failed:
        return Lost(failed)
    return None
