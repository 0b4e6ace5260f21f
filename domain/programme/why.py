"""Why a rule gave nothing."""

from collections.abc import Mapping
from enum import StrEnum

from domain.programme.said import Sentence


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


SENTENCES: Mapping[Why, Sentence] = {
    Why.NOT_YET: Sentence("活动尚未开始", "It had not started yet."),
    Why.OVER: Sentence("活动已结束", "It was over."),
    Why.OTHER_DAY: Sentence("不在活动日期", "It counts on other days."),
    Why.OTHER_TIME: Sentence("不在活动时段", "It counts at other hours."),
    Why.OTHER_STORE: Sentence("该门店不参加", "It counts in other stores."),
    Why.OTHER_TIER: Sentence("当前会员等级不适用", "It counts for other tiers."),
    Why.MEMBERS_ONLY: Sentence("仅限注册会员", "It counts for members only."),
    Why.NO_BIRTHDAY: Sentence("不在生日期间", "It was not the birthday."),
    Why.TOO_LITTLE: Sentence("未达到所需金额", "Too little was spent."),
    Why.OTHER_GOODS: Sentence("没有购买指定商品", "None of its goods was bought."),
    Why.OTHER_ORDER: Sentence("不是指定的第几笔订单", "It counts for another order in the row."),
    Why.NOTHING_COUNTS: Sentence("没有可计分的金额", "There was nothing that counts."),
    Why.NOTHING_TO_MULTIPLY: Sentence("没有可翻倍的积分", "There was nothing to multiply."),
    Why.HIGHER_COUNTS: Sentence("已按更高的倍数计算", "A higher multiple counted instead."),
    Why.CAP_OF_DAY: Sentence("已达到当日上限", "Its limit for a day was reached."),
    Why.CAP_OF_MEMBER: Sentence("已达到个人上限", "Its limit for a member was reached."),
    Why.BUDGET_SPENT: Sentence("活动积分已发完", "Its budget was spent."),
}
