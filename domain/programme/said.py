"""What is said to people, in Chinese and in English."""

from fractions import Fraction

from msgspec import Struct

from domain.money import Money

DIGITS = 4
"""Decimals of a fraction that people are shown at most."""


class Sentence(Struct, frozen=True):
    """The same in both languages."""

    zh: str
    en: str


def yuan(money: Money) -> str:
    """`99.00`."""
    sign, fen = ("-", -money.fen) if money.fen < 0 else ("", money.fen)
    return f"{sign}{fen // 100}.{fen % 100:02}"


def price(money: Money) -> str:
    """As shops write it: `99`, or `99.50`."""
    return yuan(money).removesuffix(".00")


def number(exact: Fraction) -> str:
    """`14.85`; a fraction that never ends is cut off, with `…`."""
    sign = "-" if exact < 0 else ""
    whole, rest = divmod(abs(exact.numerator), exact.denominator)
    scaled, left = divmod(rest * 10**DIGITS, exact.denominator)
    decimals = f"{scaled:0{DIGITS}}" if left else f"{scaled:0{DIGITS}}".rstrip("0")
    text = f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"
    return f"{text}…" if left else text


def times(permille: int) -> str:
    """`1.5` for 1500."""
    return number(Fraction(permille, 1000))
