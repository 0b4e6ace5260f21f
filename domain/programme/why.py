"""Why a rule gave nothing."""

from enum import StrEnum


class Why(StrEnum):
    """The first condition that did not hold."""

    NOT_YET = "not_yet"
    OVER = "over"
    OTHER_DAY = "other_day"
    OTHER_TIME = "other_time"
    OTHER_STORE = "other_store"
    OTHER_TIER = "other_tier"
    MEMBERS_ONLY = "members_only"
    NO_BIRTHDAY = "no_birthday"
    TOO_LITTLE = "too_little"
    OTHER_GOODS = "other_goods"
    OTHER_ORDER = "other_order"
    NOTHING_COUNTS = "nothing_counts"
    NOTHING_TO_MULTIPLY = "nothing_to_multiply"
    HIGHER_COUNTS = "higher_counts"
    CAP_OF_DAY = "cap_of_day"
    CAP_OF_MEMBER = "cap_of_member"
    BUDGET_SPENT = "budget_spent"
