"""The code of a coupon: fourteen digits that cannot be guessed, shown as 1234-1234-1234-12 (C-53)."""

from domain.ids import Ids
from domain.member.card import check_digit

DIGITS = 14
GROUP = 4


def new_code(ids: Ids) -> str:
    """Thirteen random digits, and one that finds typing errors."""
    body = ids.digits(DIGITS - 1)
    return body + check_digit(body)


def new_codes(ids: Ids, count: int, *but: str) -> tuple[str, ...]:
    """So many, no two of them the same, and none of these."""
    found: set[str] = set()
    while len(found) < count:
        found |= {new_code(ids)} - set(but)
    return tuple(sorted(found))


def read_code(text: str) -> str | None:
    """The digits of a code as it was scanned or typed, in one piece or in groups; None: this is no code."""
    code = text.replace("-", "").replace(" ", "")
    is_code = len(code) == DIGITS and code.isascii() and code.isdigit()
    is_grouped = text in {code, shown(code), shown(code).replace("-", " ")}
    return code if is_code and is_grouped and check_digit(code[:-1]) == code[-1] else None


def shown(code: str) -> str:
    """In groups, for people."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))
