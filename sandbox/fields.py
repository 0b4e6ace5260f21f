"""The fields of a JSON request to the control API, taken one by one and refused by name."""

from datetime import datetime
from typing import Any

from flask import Request

from sandbox.refusals import NotValid

TEXT_LENGTH_MAX = 10_000


class Fields:
    """One JSON object."""

    def __init__(self, request: Request) -> None:
        values = request.get_json(force=True, silent=True) if request.get_data() else {}
        if not isinstance(values, dict):
            raise NotValid("the body is a JSON object")
        self._values: dict[str, Any] = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def raw(self, name: str) -> Any:
        """The value as it came."""
        return self._values.get(name)

    def optional_text(self, name: str) -> str | None:
        """A text, or nothing."""
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > TEXT_LENGTH_MAX:
            raise NotValid(f"{name} is a text")
        return value

    def text(self, name: str) -> str:
        """A text that is not empty."""
        value = self.optional_text(name)
        if not value:
            raise NotValid(f"{name} is missing")
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """One of a few texts."""
        value = self.optional_text(name) or default
        if value not in choices:
            raise NotValid(f"{name} is one of " + ", ".join(choices))
        return value

    def number(self, name: str, default: float | None = None) -> float:
        """A number, which a JSON true is not."""
        value = self._values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise NotValid(f"{name} is a number")
        return value

    def whole_number(self, name: str, default: int | None = None) -> int:
        """A number without a fraction."""
        value = self.number(name, default)
        if int(value) != value:
            raise NotValid(f"{name} is a whole number")
        return int(value)

    def truth(self, name: str) -> bool:
        """True or false."""
        value = self._values.get(name)
        if not isinstance(value, bool):
            raise NotValid(f"{name} is true or false")
        return value

    def instant(self, name: str) -> datetime:
        """An RFC 3339 instant, with its offset."""
        try:
            instant = datetime.fromisoformat(self.text(name))
        except ValueError:
            raise NotValid(f"{name} is an RFC 3339 instant") from None
        if instant.tzinfo is None:
            raise NotValid(f"{name} needs an offset such as +08:00")
        return instant
