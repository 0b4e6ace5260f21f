"""What rules and coupons may know of a person: from the account, and from the member where that was read."""

from datetime import date, datetime

from domain.member.model import Member
from domain.points.model import Account
from domain.points.usage import is_limit
from domain.programme.event import Person, Used, birthday_of


def person_of(account: Account, member: Member | None, at: datetime, today: date) -> Person:
    """The person before what happens at that instant, with the tier that is written down."""
    born = member.profile.birthday if member else None
    return Person(
        is_member=member.joined_at is not None if member else True,
        tier_id=account.standing.tier_id if account.standing else None,
        birthday=birthday_of((born.month, born.day) if born else None, at),
        order_count=account.order_count,
        streak=account.streak.before(today),
        used={
            rule_id: Used(usage.today if usage.on == today else 0, usage.ever)
            for rule_id, usage in account.used.items()
            if not is_limit(rule_id)
        },
    )
