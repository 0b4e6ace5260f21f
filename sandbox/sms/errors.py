"""What the service refuses: calls that do not get in, and messages that are not sent."""


class NotAdmitted(Exception):
    """The gateway turns the call away, with an HTTP status of its own."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message


class NotSent(Exception):
    """The call was fine and is answered with 200, but there will be no message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


NOT_ADMITTED = {
    "Throttling": (400, "Request was denied due to request throttling."),
    "Throttling.User": (400, "Request was denied due to user flow control."),
    "Forbidden.RAM": (
        403,
        "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
    ),
    "ServiceUnavailable": (503, "The request has failed due to a temporary failure of the server."),
    "InternalError": (500, "The request processing has failed due to some unknown error."),
}
"""Refusals that only a planned fault brings about."""
