"""Random texts in the shapes in which the platforms write their identifiers."""

import secrets
import string

LETTERS_AND_DIGITS = string.ascii_letters + string.digits
URL_SAFE = LETTERS_AND_DIGITS + "-_"
HEX = "0123456789abcdef"


def pick(alphabet: str, length: int) -> str:
    """So many characters of an alphabet."""
    return "".join(secrets.choice(alphabet) for _ in range(length))


def digits(length: int) -> str:
    """So many decimal digits."""
    return pick(string.digits, length)


def hexadecimal(length: int) -> str:
    """So many lower-case hexadecimal digits."""
    return pick(HEX, length)
