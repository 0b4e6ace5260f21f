"""Card numbers, and the member code (会员码) that a phone shows at the till."""

import hmac
from datetime import datetime

from domain.clock import epoch_seconds
from domain.errors import RuleBroken
from domain.ids import Ids
from domain.keyring import Keyring

MEMBER_NUMBER_DIGITS = 9
CARD_NUMBER_DIGITS = 12
CODE_PREFIX = "77"
"""Neither WeChat Pay's codes (10-15) nor Alipay's (25-30) nor UnionPay's (62) begin so."""
CODE_DIGITS = 18
CODE_MARK_DIGITS = 7
WINDOW_SECONDS = 30
WINDOWS_ACCEPTED = 2


class CodeNotValid(RuleBroken):
    code = "member-code-not-valid"
    title = "This member code is wrong or older than 60 seconds; ask for a new one."
    message = "会员码无效或已过期，请刷新后重试"


def new_card_number(prefix: str, ids: Ids) -> str:
    """Two digits of the tenant's choice, nine random ones and a check digit."""
    body = prefix + ids.digits(MEMBER_NUMBER_DIGITS)
    return body + check_digit(body)


def check_digit(body: str) -> str:
    """Luhn's check digit: finds each single wrong digit and most swapped neighbours."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def is_card_number(text: str) -> bool:
    """Twelve ASCII digits whose last one checks the others."""
    return (
        len(text) == CARD_NUMBER_DIGITS
        and text.isascii()
        and text.isdigit()
        and check_digit(text[:-1]) == text[-1]
    )


def member_code(card_number: str, keyring: Keyring, now: datetime) -> tuple[str, int]:
    """The code to show now, and for how many seconds it is accepted (31 to 60)."""
    number = card_number[2:-1]
    window = epoch_seconds(now) // WINDOW_SECONDS
    left = (window + WINDOWS_ACCEPTED) * WINDOW_SECONDS - epoch_seconds(now)
    return CODE_PREFIX + number + _mark(number, keyring, window), left


def card_number_of(code: str, prefix: str, keyring: Keyring, now: datetime) -> str:
    """The card number behind a member code. Raises CodeNotValid."""
    if not (len(code) == CODE_DIGITS and code.isascii() and code.isdigit() and code.startswith(CODE_PREFIX)):
        raise CodeNotValid
    number, mark = code[2:-CODE_MARK_DIGITS], code[-CODE_MARK_DIGITS:]
    window = epoch_seconds(now) // WINDOW_SECONDS
    fits = [
        hmac.compare_digest(_mark(number, keyring, window - back), mark) for back in range(WINDOWS_ACCEPTED)
    ]
    if not any(fits):
        raise CodeNotValid
    body = prefix + number
    return body + check_digit(body)


def _mark(number: str, keyring: Keyring, window: int) -> str:
    digest = keyring.sign("member-code", f"{number}:{window}")
    return str(int.from_bytes(digest[:8]) % 10**CODE_MARK_DIGITS).zfill(CODE_MARK_DIGITS)
