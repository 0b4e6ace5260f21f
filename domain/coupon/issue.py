"""Use case of head office: coupons of a template are issued to people, by a list (C-49, C-55)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from domain.actor import Operator
from domain.coupon.code import new_codes
from domain.coupon.mint import CouponLimitReached, Reason, limits_of, make
from domain.coupon.model import Source
from domain.coupon.ports import Repositories
from domain.coupon.template import CouponsGone, Template, TemplateNotFound
from domain.errors import invalid
from domain.ids import Ids
from domain.member.model import Member, MemberNotFound
from domain.stock import Stocks
from domain.unit_of_work import Change, Created, Plan, Record, RequestKey, Runner

ISSUED_MAX = 20
"""People in one request: all that is written for them has to fit into one transaction."""

SAME_PERSON = "duplicate"
"""Two ids on the list are one person by now."""


class Handed(Struct, frozen=True):
    """What came of it for one of the people on the list: a code, or why there is none."""

    member_id: str
    code: str | None = None
    refused: str | None = None
    """The code of a refusal."""


class Issued(Struct, frozen=True):
    """In the order of the list."""

    template_id: str
    handed: tuple[Handed, ...]
    is_repeated: bool = False

    def record(self) -> Record:
        lines = [[each.member_id, each.code, each.refused] for each in self.handed]
        return {"template_id": self.template_id, "handed": lines}


def issued_from(record: Mapping[str, Any]) -> Issued:
    """The reverse of `Issued.record`."""
    handed = tuple(Handed(*line) for line in record["handed"])
    return Issued(record["template_id"], handed, is_repeated=True)


class IssueWish(Struct, frozen=True):
    """To whom."""

    template_id: str
    member_ids: tuple[str, ...]
    key: RequestKey[Issued]


class IssueCoupons(Struct, frozen=True):
    """Whoever can have one gets one; the answer says why the others did not.

    Raises TemplateNotFound or TemplateStopped.
    """

    runner: Runner[Repositories]
    ids: Ids

    def __call__(self, actor: Operator, wish: IssueWish, *, dry_run: bool = False) -> Issued:
        if len(set(wish.member_ids)) != len(wish.member_ids):
            raise invalid("member_ids", "duplicate", "Name each member once.")

        def plan(repositories: Repositories, now: datetime) -> Plan[Issued]:
            template = repositories.templates.find(wish.template_id)
            if template is None:
                raise TemplateNotFound
            people = repositories.members.people(wish.member_ids)
            batch = _Batch(repositories, template, people, actor.caller, now)
            codes = new_codes(self.ids, len(wish.member_ids))
            handed = tuple(map(batch.hand, wish.member_ids, codes))
            return Plan(Issued(wish.template_id, handed), batch.changes())

        return self.runner.run_once(actor.tenant_id, plan, wish.key, dry_run=dry_run)


class _Batch:
    """Coupons for several people in one transaction."""

    def __init__(
        self,
        repositories: Repositories,
        template: Template,
        people: Mapping[str, Member],
        caller: str,
        now: datetime,
    ) -> None:
        self._template, self._people, self._caller, self._now = template, people, caller, now
        self._limits = {member.member_id: limits_of(template, member, now) for member in people.values()}
        counters = [
            name
            for limits in self._limits.values()
            for limit in limits
            for name in (limit.own, *limit.others)
        ]
        self._counted = repositories.limits.counted(counters) if counters else {}
        self._pieces = _Pieces(repositories.stocks, template, len(people))
        self._owners: set[str] = set()
        self._changes: list[Change] = []

    def hand(self, member_id: str, code: str) -> Handed:
        """One coupon, or why not."""
        member = self._people.get(member_id)
        if member is None:
            return Handed(member_id, refused=MemberNotFound.code)
        limits = self._limits[member.member_id]
        if member.member_id in self._owners:
            return Handed(member_id, refused=SAME_PERSON)
        if any(limit.is_reached(self._counted) for limit in limits):
            return Handed(member_id, refused=CouponLimitReached.code)
        bucket = self._pieces.take()
        if bucket is None and self._template.stock is not None:
            return Handed(member_id, refused=CouponsGone.code)
        self._owners.add(member.member_id)
        reason = Reason(Source.ISSUED, code, self._caller, self._now)
        self._changes.append(Created(make(self._template, member.member_id, reason, bucket)))
        self._changes.extend(limit.one_more(self._counted, None) for limit in limits)
        return Handed(member_id, code)

    def changes(self) -> tuple[Change, ...]:
        return (*self._changes, *self._pieces.changes())


class _Pieces:
    """Pieces of a stock for several coupons: from one bucket, or from the fullest on once that ran short."""

    def __init__(self, stocks: Stocks, template: Template, wanted: int) -> None:
        self._stock = template.stock
        self._taken: dict[int, int] = {}
        self._left: list[int] = []
        if self._stock is not None:
            is_short = stocks.ran_short(self._stock)
            self._left = list(stocks.left(self._stock)) if is_short else [wanted]

    def take(self) -> int | None:
        if self._stock is None or max(self._left) <= 0:
            return None
        bucket = self._left.index(max(self._left))
        self._left[bucket] -= 1
        self._taken[bucket] = self._taken.get(bucket, 0) + 1
        return bucket

    def changes(self) -> tuple[Change, ...]:
        if self._stock is None:
            return ()
        return tuple(self._stock.take(bucket).more(count - 1) for bucket, count in self._taken.items())
