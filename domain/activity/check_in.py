"""Use cases of checking in (签到): once a business day, with a streak; and the calendar of a month."""

from calendar import monthrange
from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from domain.activity.mine import DONE, mine
from domain.activity.model import CheckInDay, NotOffered
from domain.activity.ports import Repositories
from domain.actor import MemberSelf
from domain.clock import shop_date
from domain.money import NO_POINTS
from domain.points.give import Occasion, give
from domain.points.model import Account, Cause
from domain.programme.event import CheckedIn
from domain.unit_of_work import Created, Plan, Runner


class CheckIn(Struct, frozen=True):
    """The day is the idempotency record: once more on the same day gives nothing more.

    Raises NotOffered, IdentityMoved or AccountFrozen.
    """

    runner: Runner[Repositories]

    def __call__(self, actor: MemberSelf, *, dry_run: bool = False) -> CheckInDay:
        days: list[date] = []

        def plan(repositories: Repositories, now: datetime) -> Plan[CheckInDay]:
            days.append(shop_date(now))
            today = days[0]  # One request is one day, also if midnight passes before its outcome is known.
            who, account, _ = mine(repositories, actor)
            streak = account.streak
            if streak.is_done(today):
                return Plan(_before(repositories, account, today, now))
            programme = repositories.programmes.current()
            if not programme.giving(CheckedIn):
                raise NotOffered
            occasion = Occasion(
                kind=CheckedIn,
                event=lambda person: CheckedIn(now, person),
                at=now,
                cause=Cause("check_in", occurred_at=now.replace(microsecond=0)),
                name=f"{account.member_id}#{today}",
                tally=DONE,
                streak=streak.on(today),
            )
            gift = give(repositories, programme, who, occasion, now, actor.caller)
            day = CheckInDay(
                member_id=gift.entry.member_id,
                on=today,
                streak=streak.on(today).days,
                points=gift.entry.points,
                balance=gift.entry.balance,
                entry_sequence=gift.entry.sequence,
                at=now,
            )
            return Plan(day, (Created(day), *gift.changes))

        return self.runner.run(actor.tenant_id, plan, dry_run=dry_run)


def _before(repositories: Repositories, account: Account, today: date, now: datetime) -> CheckInDay:
    """What today's check-in gave; the day may stand with somebody who was merged into this one."""
    day = repositories.check_ins.find(account.member_id, today)
    if day is not None:
        streak = account.streak.days if account.streak.last_on == today else day.streak
        return replace(day, streak=streak, is_repeated=True)
    return CheckInDay(
        account.member_id,
        today,
        account.streak.days,
        NO_POINTS,
        account.live(today),
        None,
        now,
        is_repeated=True,
    )


class Calendar(Struct, frozen=True):
    """A month as it may be drawn."""

    first: date
    days: tuple[CheckInDay, ...]
    streak: int
    """Days in a row up to today, or up to yesterday while there is still time; 0 if one was missed."""
    is_done_today: bool


class ReadCalendar(Struct, frozen=True):
    """The days on which somebody checked in, those before a merge included."""

    runner: Runner[Repositories]

    def __call__(self, actor: MemberSelf, month: date | None = None) -> Calendar:
        def plan(repositories: Repositories, now: datetime) -> Plan[Calendar]:
            _, account, member = mine(repositories, actor)
            today = shop_date(now)
            first = (month or today).replace(day=1)
            last = first.replace(day=monthrange(first.year, first.month)[1])
            found = [
                day for owner in member.ids for day in repositories.check_ins.of_month(owner, first, last)
            ]
            streak = account.streak
            days = tuple(sorted(found, key=lambda day: day.on))
            return Plan(Calendar(first, days, streak.until(today), streak.last_on == today))

        return self.runner.run(actor.tenant_id, plan)
