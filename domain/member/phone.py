"""Phone numbers in one form, E.164, and how they may be shown."""

import re

from domain.errors import InvalidInput, invalid

_MAINLAND = re.compile(r"1[3-9]\d{9}")
_ABROAD = re.compile(r"\+[1-9]\d{5,14}")
_HYPHENED = re.compile(r"([1-9]\d{0,3})-\d{4,14}")
_TYPED_MAX = 24


def normalise(typed: str, field: str = "phone") -> str:
    """The number in E.164. Eleven digits without a plus are a mainland number.

    With one hyphen, what stands before it is a country code, unless that makes a mainland number.
    Raises InvalidInput.
    """
    text = typed.strip()
    if not text.isascii() or len(text) > _TYPED_MAX:
        raise invalid(field, "invalid-format")
    digits = text.replace(" ", "").replace("-", "")
    if _MAINLAND.fullmatch(digits):
        return "+86" + digits
    abroad = _HYPHENED.fullmatch(text)
    if abroad:
        digits = "+" + digits
        if digits.startswith("+86") and abroad[1] != "86":
            raise invalid(field, "invalid-format")  # `8-613…` names no country, and nobody in China.
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if _ABROAD.fullmatch(digits) and (not digits.startswith("+86") or _MAINLAND.fullmatch(digits[3:])):
        return digits
    raise invalid(field, "invalid-format")


def is_phone(typed: str) -> bool:
    """Whether `normalise` would accept it."""
    try:
        normalise(typed)
    except InvalidInput:
        return False
    return True


def mask(number: str) -> str:
    """`138****1234` for a mainland number; other numbers keep their ends."""
    national = number.removeprefix("+86")
    return (
        f"{national[:3]}****{national[-4:]}" if len(national) >= 10 else f"{national[:2]}****{national[-2:]}"
    )
