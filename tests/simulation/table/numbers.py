"""DynamoDB's numbers: up to 38 digits, a limited range, and one way of writing each."""

import re
from decimal import Context, Decimal, InvalidOperation
from functools import lru_cache

from tests.simulation.table.refusals import Invalid, InvalidForItem

DIGITS_MAX = 38
EXPONENT_MAX = 125
EXPONENT_MIN = -130
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
EXACT = Context(prec=400)
"""Wide enough to add the smallest number to the largest without rounding."""


@lru_cache(maxsize=65536)
def written(text: str) -> str:
    """The one way this number is stored."""
    if not NUMBER.fullmatch(text):
        raise Invalid(f"The parameter cannot be converted to a numeric value: {text}")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Invalid("Number overflow or underflow") from None
    problem = _problem(number)
    if problem:
        raise Invalid(problem)
    return _plain(number)


@lru_cache(maxsize=65536)
def written_and_sized(text: str) -> tuple[str, int]:
    form = written(text)
    return form, size_bytes(form)


@lru_cache(maxsize=65536)
def value(text: str) -> Decimal:
    return Decimal(text)


def total(left: str, right: str, sign: str) -> str:
    """The exact sum or difference, or a refusal that belongs to the item."""
    first, second = value(left), value(right)
    number = EXACT.add(first, second) if sign == "+" else EXACT.subtract(first, second)
    problem = _problem(number)
    if problem:
        raise InvalidForItem(problem)
    return _plain(number)


@lru_cache(maxsize=65536)
def size_bytes(text: str) -> int:
    """Two digits to a byte, counted in pairs from the decimal point; one byte more, and one for a minus."""
    digits, exponent = _significant(value(text))
    if not digits:
        return 1
    pairs = (len(digits) + exponent % 2 + 1) // 2
    return pairs + 1 + text.startswith("-")


def _significant(number: Decimal) -> tuple[str, int]:
    """Digits without zeros at either end, and the exponent of the last one."""
    _, digits, exponent = number.as_tuple()
    all_digits = "".join(map(str, digits)).lstrip("0")
    kept = all_digits.rstrip("0")
    return kept, int(exponent) + len(all_digits) - len(kept)


def _problem(number: Decimal) -> str | None:
    digits, exponent = _significant(number)
    if not digits:
        return None
    if len(digits) > DIGITS_MAX:
        return "Attempting to store more than 38 significant digits in a Number"
    first = exponent + len(digits) - 1
    if first > EXPONENT_MAX:
        return "Number overflow. Attempting to store a number with magnitude larger than supported range"
    if first < EXPONENT_MIN:
        return "Number underflow. Attempting to store a number with magnitude smaller than supported range"
    return None


def _plain(number: Decimal) -> str:
    digits, exponent = _significant(number)
    if not digits:
        return "0"
    sign = "-" if number.is_signed() else ""
    if exponent >= 0:
        return sign + digits + "0" * exponent
    whole, fraction = digits[:exponent], digits[exponent:]
    return f"{sign}{whole or '0'}.{fraction.rjust(-exponent, '0')}"
